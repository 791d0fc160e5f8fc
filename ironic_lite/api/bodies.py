# SPDX-License-Identifier: Apache-2.0
"""Request bodies: their type and size, and when they are read.

A handler reads the body after it has checked access. The HTTP server of this service reads a small body at once. For a
larger one, the application gets the head first, and the server reads the body only if the handler needs it.
Other WSGI servers pass a stream, which is read when the handler needs it.
"""

import io
import time
from typing import Any, Protocol

from ironic_lite.common import exception

Environ = dict[str, Any]

HEAD_ONLY = "ironic_lite.head_only"
"""Key in the WSGI environment of a request whose body has not been read."""
MOST = "ironic_lite.most_body"
"""Key in the WSGI environment for the number of body bytes that the application accepts."""
SINK = "ironic_lite.body_sink"
"""Key in the WSGI environment for the :class:`Sink` of a body that is not kept in memory."""
WHOLE = "ironic_lite.whole_body"
"""Key in the WSGI environment for the bytes of a body that has been read."""

_PATIENCE = 15.0
"""Seconds for the first chunk and all small bodies; each further chunk adds one."""
_CHUNK = 64 * 1024

_JSON = frozenset(("application/json", "application/json-patch+json"))


class BodyRefused(exception.Invalid):
    """The body is refused; ``code`` is 408 (too slow), 413 (too large) or 415 (wrong type)."""


def too_large(limit: int) -> BodyRefused:
    """Return the error for a body of more than ``limit`` bytes."""
    text = f"Request body is too large: at most {limit} bytes are accepted here."
    return BodyRefused(text, code=413)


def too_slow() -> BodyRefused:
    """Return the error for a body that came too late or incompletely."""
    return BodyRefused("The request body did not arrive in time, or is incomplete.", code=408)


class BodyWanted(exception.IronicLiteError):
    """The client may send the body, and the server must read it now. Only the HTTP server sees this error."""

    code = 417
    template = "The request body is to be read."


class Sink(Protocol):
    """Takes a body piece by piece; the server calls it in a thread that may wait for a disk."""

    def add(self, chunk: bytes) -> None:
        """Take the next bytes.

        :raises IronicLiteError: they are refused; the server answers with this error, and reads no more.
        """

    def end(self, whole: bool) -> None:
        """Free what the sink holds; it is called once, whatever happens.

        :param whole: the body is complete; otherwise the client has left, or ``add`` has refused it.
        :raises IronicLiteError: the whole body is refused.
        """


def is_here(environ: Environ) -> bool:
    """Tell whether the body can be read without waiting."""
    return HEAD_ONLY not in environ


def read(environ: Environ, limit: int) -> bytes:
    """Return the body.

    :param limit: in bytes.
    :raises BodyRefused: it is too large, too slow, incomplete, or not JSON by its Content-Type.
    :raises BodyWanted: the server must read the body first.
    """
    body: bytes | None = environ.get(WHOLE)
    if body is None:
        length = declared(environ)
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
    """Read the whole body before scarce resources are taken. The reader reports what is wrong with it.

    :raises BodyRefused: it is too large, too slow or incomplete.
    """
    if WHOLE not in environ and HEAD_ONLY not in environ:
        length = declared(environ)
        if length is not None and length > limit:
            raise too_large(limit)
        environ[WHOLE] = b"" if length == 0 else _read_stream(environ, length, limit)


def _check_type(environ: Environ) -> None:
    """Require JSON: a web page can make a browser send any other type to any host without asking the host first."""
    given = environ.get("CONTENT_TYPE", "").partition(";")[0].strip().lower()
    if given not in _JSON and (given or "HTTP_ORIGIN" in environ):
        raise BodyRefused(
            "The request body must be JSON, with the header 'Content-Type: application/json'.",
            code=415,
        )
    check_uncompressed(environ)


def check_uncompressed(environ: Environ) -> None:
    """:raises BodyRefused: the client has compressed the body for the transport."""
    if environ.get("HTTP_CONTENT_ENCODING", "").strip().lower() not in ("", "identity"):
        raise BodyRefused(
            "The request body must not be compressed; send it without the header 'Content-Encoding'.",
            code=415,
        )


def declared(environ: Environ) -> int | None:
    """Return the length in the head; None for a body without a length.

    :raises Invalid: it is not a number.
    """
    if "chunked" in environ.get("HTTP_TRANSFER_ENCODING", "").lower():
        return None
    text = environ.get("CONTENT_LENGTH") or "0"
    if not (text.isascii() and text.isdigit()):
        raise exception.Invalid("Content-Length is not a number.")
    return int(text)


def _read_stream(environ: Environ, length: int | None, limit: int) -> bytes:
    """Read at most ``limit`` bytes and one, with a deadline, so that a slow client does not block the thread."""
    stream, wanted = environ["wsgi.input"], limit + 1 if length is None else length
    deadline = time.monotonic() + _PATIENCE
    body = io.BytesIO()
    while body.tell() < wanted:
        try:
            chunk = stream.read(min(_CHUNK, wanted - body.tell()))
        except OSError as exc:
            # The socket timed out, or the connection is gone.
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
