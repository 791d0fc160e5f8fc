# SPDX-License-Identifier: Apache-2.0
"""The HTTP server, as a service that starts and stops."""

import errno
import logging
import queue
import socket
import threading
from pathlib import Path
from typing import Any

from cheroot import makefile, wsgi
from cheroot import server as http_server
from cheroot.ssl.builtin import BuiltinSSLAdapter
from oslo_service import service

from ironic_lite.api.app import make_app
from ironic_lite.common import concurrency, exception
from ironic_lite.conf import CONF

LOG = logging.getLogger(__name__)

SHUTDOWN_TIMEOUT = 5
"""Seconds that running requests have to end when the service stops."""

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what to call a wildcard

_BACKLOG = 4096
"""Connections that may wait to be accepted: agents of a whole room that has got its power back. The kernel cuts it to
net.core.somaxconn."""
_SILENCE = 10
"""Seconds that a client may be silent in the middle of a request, or between two."""
_MAX_HEADER_SIZE = 64 * 1024


def listen() -> socket.socket:
    """A socket on ``[api] host_ip`` and ``port`` for several processes.

    :raises ConfigInvalid: the address cannot be listened on.
    """
    host, port = CONF.api.host_ip, CONF.api.port
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    try:
        return socket.create_server((host, port), family=family, backlog=_BACKLOG)
    except OSError as exc:
        raise _cannot_listen(exc) from None


def _cannot_listen(failure: OSError) -> exception.ConfigInvalid:
    host, port = CONF.api.host_ip, CONF.api.port
    why = {
        errno.EADDRINUSE: "another process listens there. Stop it, or set [api] port.",
        errno.EADDRNOTAVAIL: "this machine has no such address. Set [api] host_ip.",
        errno.EACCES: "this user may not use that port. Set [api] port to 1024 or more.",
        errno.EAFNOSUPPORT: "this machine does not speak IPv6. Set [api] host_ip.",
    }.get(failure.errno or 0, f"{failure.strerror or failure}. Set [api] host_ip and port.")
    return exception.ConfigInvalid(error_msg=f"The API cannot listen on {host} port {port}: {why}")


class _Writer(makefile.StreamWriter):
    """Keeps the head of a response until its body comes: to send the two apart costs twice as much."""

    keeps = False

    def _flush_unlocked(self) -> None:
        if not self.keeps:
            super()._flush_unlocked()  # type: ignore[misc]  # the stub lacks it


def _make_file(sock: socket.socket, mode: str = "r", bufsize: int = -1) -> Any:
    kind = makefile.StreamReader if "r" in mode else _Writer
    return kind(sock, mode, bufsize)


class _Request(http_server.HTTPRequest):
    """Its response begins with one packet. Nothing more is read from a client that was too slow."""

    def send_headers(self) -> None:
        if self.status.startswith(b"408"):  # type: ignore[arg-type]  # the stub is wrong: it is bytes
            self.close_connection = True
        self.conn.wfile.keeps = True
        try:
            super().send_headers()
        finally:
            self.conn.wfile.keeps = False

    def respond(self) -> None:
        super().respond()
        # There may have been no body.
        self.conn.wfile.flush()


class _Connection(http_server.HTTPConnection):
    RequestHandlerClass = _Request

    def __init__(self, server: Any, sock: socket.socket, _makefile: Any = None):
        super().__init__(server, sock, _make_file)


class _Server(wsgi.Server):
    """The HTTP server; on a socket that other processes accept from as well, where there is one."""

    ConnectionClass = _Connection

    shared: socket.socket | None = None

    def bind(self, family: int, type: int, proto: int = 0) -> socket.socket:
        if self.shared is None:
            return super().bind(family, type, proto)
        self.shared.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.socket = self.shared
        self.bind_addr = self.resolve_real_bind_addr(self.shared)
        return self.shared

    def prepare(self) -> None:
        super().prepare()
        if self.shared is not None:
            # The connection that woke us may be another process's by now; to wait for the next would keep ours waiting.
            self.shared.setblocking(False)


class APIService(service.ServiceBase):
    """Serves the API on ``[api] host_ip`` and ``port``.

    :param app: a WSGI application; the API's by default, made when the service starts.
    :param listening: the socket to accept from, from ``listen``; one of its own by default.
    """

    def __init__(self, app: Any = None, listening: socket.socket | None = None):
        self._app = app
        self._listening = listening
        self._server: wsgi.Server | None = None
        self._thread: threading.Thread | None = None

    def start(self) -> None:
        """Listen, and serve from threads of our own.

        :raises ConfigInvalid: the address cannot be listened on, or the certificate not be used.
        """
        server = self._make_server(self._app or make_app())
        started: queue.Queue[OSError | None] = queue.Queue()
        self._thread = threading.Thread(
            target=_serve, args=(server, started), name="api-server", daemon=True
        )
        self._thread.start()
        failure = started.get()
        if failure is not None:
            raise _cannot_listen(failure)
        self._server = server
        LOG.info("The API listens on %s", self.url)

    def _make_server(self, app: Any) -> _Server:
        server = _Server(
            (CONF.api.host_ip, CONF.api.port),
            app,
            numthreads=CONF.api.threads,
            server_name="ironic-lite",
            request_queue_size=_BACKLOG,
            timeout=_SILENCE,
            shutdown_timeout=SHUTDOWN_TIMEOUT,
        )
        server.shared = self._listening
        server.max_request_header_size = _MAX_HEADER_SIZE
        # Ours says what the limit is; this one stops what never reaches it.
        server.max_request_body_size = (
            max(
                CONF.api.max_body_size,
                CONF.api.max_provision_body_size,
                CONF.api.max_inspection_body_size,
            )
            + 1024
        )
        server.error_log = _log  # type: ignore[method-assign,assignment]
        server.ssl_adapter = _tls()
        if concurrency.green():
            # A green select does not see connections that come back to it while it waits; each of them would sit
            # there for half a second.
            server.keep_alive_conn_limit = 0
        return server

    @property
    def url(self) -> str:
        """Where the service listens.

        :raises RuntimeError: it does not.
        """
        if self._server is None:
            raise RuntimeError("The API is not started.")
        host, port = self._server.bind_addr[:2]
        scheme = "https" if self._server.ssl_adapter else "http"
        if host in _ANY:
            host = _ANY[host]
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    def stop(self, graceful: bool = False) -> None:
        """Stop listening; running requests have ``SHUTDOWN_TIMEOUT`` seconds to end, and are left behind then."""
        if self._server is None:
            return
        # The server itself would wait for a request that waits for its conductor.
        stopping = threading.Thread(target=self._server.stop, name="api-stop", daemon=True)
        stopping.start()
        stopping.join(SHUTDOWN_TIMEOUT + 1)
        if stopping.is_alive():
            LOG.warning("Some requests have not ended within %d s", SHUTDOWN_TIMEOUT)

    def wait(self) -> None:
        """Until the service has stopped."""
        if self._thread is not None:
            self._thread.join()

    def reset(self) -> None:
        """Nothing to read again: the users' file is watched."""


def _serve(server: wsgi.Server, started: "queue.Queue[OSError | None]") -> None:
    """Listen, tell how that went, and serve. Threads of the server inherit from this one that the process need not
    wait for them."""
    try:
        server.prepare()
    except OSError as exc:
        started.put(exc)
        return
    started.put(None)
    server.serve()


def _tls() -> BuiltinSSLAdapter | None:
    cert, key = CONF.api.ssl_cert_file, CONF.api.ssl_key_file
    if not cert and not key:
        return None
    if not (cert and key):
        raise exception.ConfigInvalid(
            error_msg="[api] ssl_cert_file and ssl_key_file have to be set together"
        )
    try:
        return BuiltinSSLAdapter(cert, key)
    except (OSError, ValueError) as exc:
        raise exception.ConfigInvalid(error_msg=_why_no_certificate(cert, key, exc)) from None


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


def check_certificate() -> None:
    """Look whether certificate and key can be used, where there are any.

    :raises ConfigInvalid: they cannot.
    """
    _tls()


def _log(message: str = "", level: int = logging.INFO, traceback: bool = False) -> None:
    LOG.log(level, "%s", message, exc_info=traceback)
