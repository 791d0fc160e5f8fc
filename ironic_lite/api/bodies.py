# SPDX-License-Identifier: Apache-2.0
"""The body of a request: of which type and size it may be, and when it is read.

A handler asks for the body after it has asked who may send it. The HTTP server of this service reads a small body at
once; of a larger one it shows the application the head alone, and reads the body only if the handler asks for it.
Other WSGI servers hand over a stream, which is read when the handler asks.
"""

import io
import time
from typing import Any

from ironic_lite.common import exception

Environ = dict[str, Any]

HEAD_ONLY = "ironic_lite.head_only"
"""Stands in the WSGI environment of a request whose body is still to be read."""
MOST = "ironic_lite.most_body"
"""Where the application leaves how many bytes of the body it would take."""
WHOLE = "ironic_lite.whole_body"
"""Stands in the WSGI environment of a request whose body has been read: its bytes."""

_PATIENCE = 15.0
"""Seconds for the first chunk and all small bodies; each further chunk adds one."""
_CHUNK = 64 * 1024

_JSON = frozenset(("application/json", "application/json-patch+json"))


class BodyRefused(exception.Invalid):
    """``code`` is 408: it is late, 413: it is too large, 415: it is of another form."""


def too_large(limit: int) -> BodyRefused:
    """:param limit: bytes that would have been accepted."""
    text = f"Request body is too large: at most {limit} bytes are accepted here."
    return BodyRefused(text, code=413)


def too_slow() -> BodyRefused:
    """It came late, or in part."""
    return BodyRefused("The request body did not arrive in time, or not whole.", code=408)


class BodyWanted(exception.IronicLiteError):
    """Whoever asks may send the body, and it is to be read now. Only the HTTP server sees this."""

    code = 417
    template = "The request body is to be read."


def is_here(environ: Environ) -> bool:
    """Whether reading the body costs nobody anything any more."""
    return HEAD_ONLY not in environ


def read(environ: Environ, limit: int) -> bytes:
    """The body.

    :param limit: in bytes.
    :raises BodyRefused: it is too large, late or cut off, or by what its header says no JSON.
    :raises BodyWanted: it may come now.
    """
    body: bytes | None = environ.get(WHOLE)
    if body is None:
        length = _declared(environ)
        if length == 0:
            return b""
        _check_type(environ)
        if length is not None and length > limit:
            raise too_large(limit)
        if HEAD_ONLY in environ:
            environ[MOST] = limit
            raise BodyWanted
        body = environ[WHOLE] = _read_stream(environ, length, limit)
    elif body:
        _check_type(environ)
    if len(body) > limit:
        raise too_large(limit)
    return body


def complete(environ: Environ, limit: int) -> None:
    """Have the body whole before anything scarce is taken. What is wrong with it is said to whoever reads it.

    :raises BodyRefused: it is too large, late or cut off.
    """
    if WHOLE not in environ and HEAD_ONLY not in environ:
        length = _declared(environ)
        if length is not None and length > limit:
            raise too_large(limit)
        environ[WHOLE] = b"" if length == 0 else _read_stream(environ, length, limit)


def _check_type(environ: Environ) -> None:
    """A web page can make a browser send anything but JSON to any host without asking it first."""
    given = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if given not in _JSON and (given or "HTTP_ORIGIN" in environ):
        raise BodyRefused(
            "The request body has to be JSON, with the header 'Content-Type: application/json'.",
            code=415,
        )
    if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("", "identity"):
        raise BodyRefused(
            "The request body has to be sent as it is, without the header 'Content-Encoding'.",
            code=415,
        )


def _declared(environ: Environ) -> int | None:
    """The length that the head tells; None: it does not, and there is a body.

    :raises Invalid: it is no number.
    """
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    text = environ.get("CONTENT_LENGTH") or "0"
    if not (text.isascii() and text.isdigit()):
        raise exception.Invalid("Content-Length is not a number.")
    return int(text)


def _read_stream(environ: Environ, length: int | None, limit: int) -> bytes:
    """At most ``limit`` bytes and one. A request thread is not to be held for long by a client that dawdles."""
    stream, wanted = environ["wsgi.input"], limit + 1 if length is None else length
    deadline = time.monotonic() + _PATIENCE
    body = io.BytesIO()
    while body.tell() < wanted:
        try:
            chunk = stream.read(min(_CHUNK, wanted - body.tell()))
        except OSError as exc:
            # A timeout of the socket, or a connection that is gone.
            raise too_slow() from exc
        if not chunk:
            break
        body.write(chunk)
        deadline += 1
        if time.monotonic() > deadline:
            raise too_slow()
    if length is not None and body.tell() < length:
        raise too_slow()
    return body.getvalue()
