# SPDX-License-Identifier: Apache-2.0
"""Certificate and key of the port: TLS 1.2 or newer, read again when the files change."""

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

# The buffer that asyncio gives each connection for its whole life, instead of 256 KiB: two records.
sslproto.SSLProtocol.max_size = 32 * 1024

_TLS: Any = sslproto.SSLProtocol
_written = _TLS._get_write_buffer_size


def _written_in_all(self: Any) -> int:
    """What the client has not taken is mostly below, in the transport of the socket; asyncio looks at TLS alone."""
    below = self._transport
    return int(_written(self)) + (below.get_write_buffer_size() if below is not None else 0)


_TLS._get_write_buffer_size = _written_in_all


def notice_all_that_waits(transport: asyncio.WriteTransport) -> None:
    """Have the protocol of a connection, with TLS or without, paused while anything that it has written waits for the
    client; ``get_write_buffer_size`` says how much that is."""
    transport.set_write_buffer_limits(high=1, low=0)
    protocol = getattr(transport, "_ssl_protocol", None)
    if protocol is not None:
        protocol._transport.set_write_buffer_limits(high=1, low=0)


Stamp = tuple[tuple[int, int, int], ...]


class Certificate:
    """What new connections are greeted with. While changed files cannot be used, the former ones stay.

    :raises ConfigInvalid: they cannot be used at the start.
    """

    def __init__(self, cert: str, key: str):
        self._cert, self._key = cert, key
        self._stamp = self._look()
        self._context = _load(cert, key)
        self._looked_at = time.monotonic()

    @property
    def context(self) -> ssl.SSLContext:
        """For the next connection; changed files are noticed within a second."""
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
            # A context of its own: connections that are greeted now keep theirs.
            self._context = _load(self._cert, self._key)
        except exception.ConfigInvalid as exc:
            LOG.error("Keeping the certificate that was in use: %s", exc)
        else:
            LOG.info("The certificate %s is read again", self._cert)
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
    """That of ``[api] ssl_cert_file`` and ``ssl_key_file``; None: plain HTTP.

    :raises ConfigInvalid: they cannot be used.
    """
    cert, key = CONF.api.ssl_cert_file, CONF.api.ssl_key_file
    if not cert and not key:
        return None
    if not (cert and key):
        raise exception.ConfigInvalid(
            error_msg="[api] ssl_cert_file and ssl_key_file have to be set together"
        )
    return Certificate(cert, key)


def _load(cert: str, key: str) -> ssl.SSLContext:
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    context.options |= ssl.OP_NO_RENEGOTIATION | ssl.OP_NO_COMPRESSION
    context.set_alpn_protocols(["http/1.1"])
    try:
        # An empty password: a key that wants one is refused instead of asked for on the terminal.
        context.load_cert_chain(cert, key, password="")
    except (OSError, ValueError) as exc:
        raise exception.ConfigInvalid(error_msg=_why_no_certificate(cert, key, exc)) from None
    return context


def _why_no_certificate(cert: str, key: str, failure: Exception) -> str:
    """What to look at; the library's own words name neither the file nor what is wrong with it."""
    for option, file in (("ssl_cert_file", cert), ("ssl_key_file", key)):
        try:
            text = Path(file).read_text("ascii")
        except (OSError, UnicodeDecodeError) as exc:
            reason = getattr(exc, "strerror", None) or "it is no PEM file"
            return f"[api] {option} {file} cannot be read: {reason}."
        if "-----BEGIN" not in text:
            return f"[api] {option} {file} is no PEM file."
    return f"[api] ssl_cert_file {cert} and ssl_key_file {key} cannot be used together: {failure}"
