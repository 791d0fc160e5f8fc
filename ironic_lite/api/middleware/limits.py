# SPDX-License-Identifier: Apache-2.0
"""How large a request body may be, and how long it may take to come."""

import io
import time
from collections.abc import Iterable
from typing import Any

from ironic_lite.common import exception
from ironic_lite.conf import CONF


class BodyTooLarge(exception.Invalid):
    code = 413
    template = "Request body is too large: at most %(limit)s bytes are accepted here."


class BodyTooSlow(exception.Invalid):
    code = 408
    template = "The request body did not arrive in time, or not whole."


_CHUNK = 64 * 1024
_PATIENCE = 15.0
"""Seconds for the first chunk and all small bodies; each further chunk adds one."""


class BodyLimit:
    """Reads the body, up to the limit, before anything else spends memory on it."""

    def __init__(self, app: Any):
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        length = environ.get("CONTENT_LENGTH")
        chunked = "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower()
        if length not in (None, "", "0") or chunked:
            self._read(environ, None if chunked else str(length))
        return self._app(environ, start_response)

    def _read(self, environ: dict[str, Any], length: str | None) -> None:
        limit = _limit(environ["PATH_INFO"].rstrip("/"))
        if length is not None:
            if not length.isdigit():
                raise exception.Invalid("Content-Length is not a number.")
            if int(length) > limit:
                raise BodyTooLarge(limit=limit)
        body = _read_in_time(environ["wsgi.input"], limit + 1 if length is None else int(length))
        if length is not None and len(body) < int(length):
            raise BodyTooSlow
        if len(body) > limit:
            raise BodyTooLarge(limit=limit)
        environ["wsgi.input"] = io.BytesIO(body)
        environ["CONTENT_LENGTH"] = str(len(body))
        environ.pop("HTTP_TRANSFER_ENCODING", None)


def _limit(path: str) -> int:
    """Config drives and inventories are the two things that are large."""
    if path.endswith("/states/provision"):
        return int(CONF.api.max_provision_body_size)
    if path.endswith("/continue_inspection"):
        return int(CONF.api.max_inspection_body_size)
    return int(CONF.api.max_body_size)


def _read_in_time(stream: Any, size: int) -> bytes:
    """At most ``size`` bytes. A request thread is not to be held for long by a client that dawdles.

    :raises BodyTooSlow: they did not come in time.
    """
    deadline = time.monotonic() + _PATIENCE
    body = bytearray()
    while len(body) < size:
        try:
            chunk = stream.read(min(_CHUNK, size - len(body)))
        except OSError as exc:
            # A timeout of the socket, or a connection that is gone.
            raise BodyTooSlow from exc
        if not chunk:
            break
        body += chunk
        deadline += 1
        if time.monotonic() > deadline:
            raise BodyTooSlow
    return bytes(body)
