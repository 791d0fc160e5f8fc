# SPDX-License-Identifier: Apache-2.0
"""TLS of the API's port: version 1.2 or newer; the files are read again when they change."""

import asyncio
import logging
import ssl
import time
from asyncio import sslproto
from pathlib import Path
from typing import Any

from ironic_lite.common import exception
from ironic_lite.conf import CONF

LOG = logging.getLogger(__name__)

_LOOK_SECONDS = 1.0

# Size of asyncio's buffer per connection: two TLS records instead of 256 KiB.
sslproto.SSLProtocol.max_size = 32 * 1024

_TLS: Any = sslproto.SSLProtocol
_written = _TLS._get_write_buffer_size


def _written_in_all(self: Any) -> int:
    """Also count the bytes in the socket's transport, where most unread bytes are; asyncio counts TLS alone."""
    below = self._transport
    return int(_written(self)) + (below.get_write_buffer_size() if below is not None else 0)


_TLS._get_write_buffer_size = _written_in_all


def notice_all_that_waits(transport: asyncio.WriteTransport) -> None:
    """Pause the connection's protocol while any written byte waits for the client, with TLS or without.

    ``get_write_buffer_size`` returns the number of these bytes.
    """
    transport.set_write_buffer_limits(high=1, low=0)
    protocol = getattr(transport, "_ssl_protocol", None)
    if protocol is not None:
        protocol._transport.set_write_buffer_limits(high=1, low=0)


Stamp = tuple[tuple[int, int, int], ...]


class Certificate:
    """The certificate for new connections. If changed files cannot be used, the previous certificate stays.

    :raises ConfigInvalid: the files cannot be used at the start.
    """

    def __init__(self, cert: str, key: str):
        self._cert, self._key = cert, key
        self._stamp = self._look()
        self._context = _load(cert, key)
        self._looked_at = time.monotonic()

    @property
    def context(self) -> ssl.SSLContext:
        """Return the context for the next connection; it notices changed files within a second."""
        now = time.monotonic()
        if now - self._looked_at >= _LOOK_SECONDS:
            self._looked_at = now
            self._read_again_if_changed()
        return self._context

    def _read_again_if_changed(self) -> None:
        stamp = self._look()
        if stamp == self._stamp:
            return
        try:
            # A new context, because running handshakes use the old one.
            self._context = _load(self._cert, self._key)
        except exception.ConfigInvalid as exc:
            LOG.error("The certificate in use is kept: %s", exc)
        else:
            LOG.info("Read the changed certificate %s", self._cert)
        self._stamp = stamp

    def _look(self) -> Stamp:
        found = []
        for path in (self._cert, self._key):
            try:
                status = Path(path).stat()
                found.append((status.st_mtime_ns, status.st_size, status.st_ino))
            except OSError:
                found.append((0, 0, 0))
        return tuple(found)


def certificate() -> Certificate | None:
    """Return the certificate of ``[api] ssl_cert_file`` and ``ssl_key_file``; None for plain HTTP.

    :raises ConfigInvalid: the files cannot be used.
    """
    cert, key = CONF.api.ssl_cert_file, CONF.api.ssl_key_file
    if not cert and not key:
        return None
    if not (cert and key):
        raise exception.ConfigInvalid(
            error_msg="[api] ssl_cert_file and ssl_key_file must be set together"
        )
    return Certificate(cert, key)


def _load(cert: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    try:
        # With an empty password a protected key is refused, instead of asking for its password on the terminal.
        context.load_cert_chain(cert, key, password="")
    except (OSError, ValueError) as exc:
        raise exception.ConfigInvalid(error_msg=_why_no_certificate(cert, key, exc)) from None
    return context


def _why_no_certificate(cert: str, key: str, failure: Exception) -> str:
    """Say which file is wrong and why; the library's message says neither."""
    for option, file in (("ssl_cert_file", cert), ("ssl_key_file", key)):
        try:
            text = Path(file).read_text("ascii")
        except (OSError, UnicodeDecodeError) as exc:
            reason = getattr(exc, "strerror", None) or "it is not a PEM file"
            return f"[api] {option} {file} cannot be read: {reason}."
        if "-----BEGIN" not in text:
            return f"[api] {option} {file} is not a PEM file."
    return f"[api] ssl_cert_file {cert} and ssl_key_file {key} cannot be used together: {failure}"
