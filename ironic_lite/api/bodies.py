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


class BodyTooLarge(exception.Invalid):
    code = 413
    template = "Request body is too large: at most %(limit)s bytes are accepted here."


class BodyTooSlow(exception.Invalid):
    code = 408
    template = "The request body did not arrive in time, or not whole."


class NotJSON(exception.Invalid):
    code = 415
    template = "The request body has to be JSON, with the header 'Content-Type: application/json'."


class Encoded(exception.Invalid):
    code = 415
    template = "The request body has to be sent as it is, without the header 'Content-Encoding'."


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
    :raises NotJSON: by what its header says; ``Encoded`` likewise.
    :raises BodyTooLarge: ``BodyTooSlow`` when it does not come in time, or not whole.
    :raises BodyWanted: it may come now.
    """
    body: bytes | None = environ.get(WHOLE)
    if body is None:
        length = _declared(environ)
        if length == 0:
            return b""
        _check_type(environ)
        if length is not None and length > limit:
            raise BodyTooLarge(limit=limit)
        if HEAD_ONLY in environ:
            environ[MOST] = limit
            raise BodyWanted
        body = environ[WHOLE] = _read_stream(environ, length, limit)
    elif body:
        _check_type(environ)
    if len(body) > limit:
        raise BodyTooLarge(limit=limit)
    return body


def complete(environ: Environ, limit: int) -> None:
    """Have the body whole before anything scarce is taken. What is wrong with it is said to whoever reads it.

    :raises BodyTooLarge: ``BodyTooSlow`` when it does not come in time, or not whole.
    """
    if WHOLE not in environ and HEAD_ONLY not in environ:
        length = _declared(environ)
        if length is not None and length > limit:
            raise BodyTooLarge(limit=limit)
        environ[WHOLE] = b"" if length == 0 else _read_stream(environ, length, limit)


def _check_type(environ: Environ) -> None:
    """A web page can make a browser send anything but JSON to any host without asking it first."""
    given = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if given not in _JSON and (given or "HTTP_ORIGIN" in environ):
        raise NotJSON
    if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("", "identity"):
        raise Encoded


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
            raise BodyTooSlow from exc
        if not chunk:
            break
        body.write(chunk)
        deadline += 1
        if time.monotonic() > deadline:
            raise BodyTooSlow
    if length is not None and body.tell() < length:
        raise BodyTooSlow
    return body.getvalue()
