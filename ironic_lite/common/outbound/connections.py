# SPDX-License-Identifier: Apache-2.0
"""HTTP connections to addresses that somebody named.

A name is resolved once. What is denied among its addresses is left out before anything is sent there, and the address
that the socket is really connected to is looked at again. Everything ends at one deadline, however slowly the other
side speaks.
"""

import contextlib
import socket
import ssl
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import requests
from requests import adapters
from urllib3 import connection, connectionpool
from urllib3 import exceptions as urllib3_exceptions
from urllib3.util import connection as urllib3_connection

from ironic_lite.common.outbound import addresses

Failure = requests.RequestException
"""Whatever goes wrong below HTTP."""
Unreachable = requests.ConnectionError
"""The part of it that says that there is no connection, or no longer."""
Timeout = requests.Timeout
Response = requests.Response


_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, for which the standard library has no name."""


class Denied(Exception):
    """The service does not connect to the address. Not an error of requests or urllib3, so that neither tries again."""


@contextlib.contextmanager
def ask(
    method: str,
    url: str,
    *,
    seconds: float,
    connect_seconds: float,
    certificate: str | None = None,
    before_sending: Callable[[], None] | None = None,
    **request: Any,
) -> Iterator[Response]:
    """One request; the response's body is still to be read. Redirects are answers like all others.

    :param seconds: from the beginning to the end of the block.
    :param connect_seconds: for each address that is tried.
    :param certificate: PEM of the only certificate to trust; None: those of the usual authorities.
    :param before_sending: called when the connection stands and nothing has been sent; what it raises ends the request.
    :param request: more arguments of ``requests.Session.request``.
    :raises Denied: none of the addresses may be connected to.
    :raises Failure, OSError, ValueError: there is no answer.
    """
    with requests.Session() as session, _Deadline(seconds) as deadline:
        session.trust_env = False
        adapter = _Adapter(deadline, certificate, before_sending)
        session.mount("http://", adapter)
        session.mount("https://", adapter)
        try:
            with session.request(
                method,
                url,
                allow_redirects=False,
                stream=True,
                timeout=(connect_seconds, seconds),
                **request,
            ) as response:
                deadline.check()
                yield response
                # What was cut off may look like a whole answer.
                deadline.check()
        except (Failure, ValueError, OSError):
            deadline.check()
            raise


def never_arrived(failure: Failure) -> bool:
    """Whether a request cannot have reached the other side."""
    reason = getattr(failure.args[0], "reason", None) if failure.args else None
    return isinstance(failure, requests.ConnectTimeout) or isinstance(
        reason, urllib3_exceptions.NewConnectionError
    )


class _Deadline:
    """Shuts the connections of one request down when its time is over: a socket's own timeout begins anew each time."""

    def __init__(self, seconds: float):
        self._ends = time.monotonic() + seconds
        self._timer = threading.Timer(seconds, self._end)
        self._timer.daemon = True
        self._sockets: list[socket.socket] = []
        self._lock = threading.Lock()

    def __enter__(self) -> "_Deadline":
        self._timer.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._timer.cancel()
        with self._lock:
            for each in self._sockets:
                each.close()
            self._sockets.clear()

    def check(self) -> None:
        """:raises Timeout: when the time is over."""
        if time.monotonic() >= self._ends:
            raise Timeout("the exchange took too long")

    @property
    def left(self) -> float:
        """Seconds, never quite none."""
        return max(0.01, self._ends - time.monotonic())

    def watch(self, sock: socket.socket) -> None:
        # TLS takes the socket apart; its duplicate stays.
        with self._lock:
            self._sockets.append(sock.dup())

    def _end(self) -> None:
        with self._lock:
            for each in self._sockets:
                with contextlib.suppress(OSError):
                    each.shutdown(socket.SHUT_RDWR)


class _Adapter(adapters.HTTPAdapter):
    def __init__(
        self,
        deadline: _Deadline,
        certificate: str | None,
        before_sending: Callable[[], None] | None,
    ):
        self._context = _trusting(certificate) if certificate else None
        self._pools = _pools(deadline, before_sending)
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        if self._context is not None:
            kwargs["ssl_context"] = self._context
        super().init_poolmanager(*args, **kwargs)
        self.poolmanager.pool_classes_by_scheme = self._pools

    def proxy_manager_for(self, *args: Any, **kwargs: Any) -> Any:
        manager = super().proxy_manager_for(*args, **kwargs)
        manager.pool_classes_by_scheme = self._pools
        return manager

    def cert_verify(self, conn: Any, url: Any, verify: Any, cert: Any) -> None:
        """A context of ours verifies; the library's own list of authorities stays out of it then."""
        if self._context is None:
            super().cert_verify(conn, url, verify, cert)
        else:
            conn.cert_reqs = "CERT_REQUIRED"
            conn.assert_hostname = False


def _trusting(certificate: str) -> ssl.SSLContext:
    """Trust this one certificate, whatever it says of itself: the clock of who made it may be days off, and its address
    may be another than the one that it names.

    :param certificate: PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=certificate)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    return context


def _pools(deadline: _Deadline, before_sending: Callable[[], None] | None) -> Mapping[str, Any]:
    """Kinds of connection pools whose connections look where they go."""

    def guarded(base: Any) -> Any:
        class Connection(base):
            def _new_conn(self) -> socket.socket:
                sock = _connect(self, deadline)
                deadline.watch(sock)
                return sock

            def connect(self) -> None:
                super().connect()
                if before_sending is not None:
                    before_sending()

        return Connection

    return {
        "http": type(
            "Pool",
            (connectionpool.HTTPConnectionPool,),
            {"ConnectionCls": guarded(connection.HTTPConnection)},
        ),
        "https": type(
            "Pool",
            (connectionpool.HTTPSConnectionPool,),
            {"ConnectionCls": guarded(connection.HTTPSConnection)},
        ),
    }


def _connect(conn: Any, deadline: _Deadline) -> socket.socket:
    """Connect to the first of a host's addresses that is allowed and answers."""
    try:
        # With its trailing dot, which keeps the resolver from trying the machine's own domains. By position, for green
        # threads have other names for the arguments.
        found = socket.getaddrinfo(conn._dns_host, conn.port, 0, socket.SOCK_STREAM)
    except (OSError, UnicodeError) as exc:
        raise urllib3_exceptions.NameResolutionError(conn.host, conn, exc) from exc  # type: ignore[arg-type]
    refusals: list[str] = []
    failure: OSError | None = None
    for *_family, place in found:
        refusal = addresses.refusal(addresses.parse(str(place[0])))
        if refusal is not None:
            refusals.append(refusal)
            continue
        try:
            return _connect_to(str(place[0]), conn, deadline)
        except OSError as exc:
            failure = exc
    if isinstance(failure, TimeoutError):
        raise urllib3_exceptions.ConnectTimeoutError(conn, str(failure)) from failure
    if failure is not None:
        raise urllib3_exceptions.NewConnectionError(conn, str(failure)) from failure
    raise Denied(refusals[0] if refusals else "has no address")


def _connect_to(address: str, conn: Any, deadline: _Deadline) -> socket.socket:
    sock = urllib3_connection.create_connection(
        (address, conn.port),
        min(conn.timeout or deadline.left, deadline.left),
        source_address=conn.source_address,
        socket_options=conn.socket_options,
    )
    try:
        refusal = addresses.refusal(addresses.parse(sock.getpeername()[0]))
        if refusal is not None:
            raise Denied(refusal)
    except BaseException:
        sock.close()
        raise
    return sock
