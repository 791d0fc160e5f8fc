# SPDX-License-Identifier: Apache-2.0
"""HTTP connections to addresses that others have named.

A name is resolved once. Denied addresses are dropped before anything is sent, and the address of the connected socket
is checked again. One deadline bounds everything, however slowly the other side answers.
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
"""All errors below HTTP."""
Unreachable = requests.ConnectionError
"""Those of them that mean that there is no connection."""
Timeout = requests.Timeout
Response = requests.Response


_NO_CHECK_TIME = 0x200000
"""OpenSSL's X509_V_FLAG_NO_CHECK_TIME, which the standard library does not define."""


class Denied(Exception):
    """The service does not connect to the address. Not an error of requests or urllib3, so that neither retries."""


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
    """Context manager: send one request. The body is not read yet, and redirects are not followed.

    :param seconds: seconds from the start to the end of the block.
    :param connect_seconds: seconds to connect to each address.
    :param certificate: PEM of the only certificate to trust; None: trust the usual authorities.
    :param before_sending: called after connecting and before sending; its exception ends the request.
    :param request: more arguments of ``requests.Session.request``.
    :raises Denied: all addresses of the host are denied.
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
                # A response that the deadline cut off may look complete.
                deadline.check()
        except (Failure, ValueError, OSError):
            deadline.check()
            raise


def never_arrived(failure: Failure) -> bool:
    """Tell whether a request certainly did not reach the other side."""
    reason = getattr(failure.args[0], "reason", None) if failure.args else None
    return isinstance(failure, requests.ConnectTimeout) or isinstance(
        reason, urllib3_exceptions.NewConnectionError
    )


class _Deadline:
    """Shuts the connections of a request down at its deadline; a socket's timeout starts again with each read."""

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
        """Return the remaining seconds; always more than 0."""
        return max(0.01, self._ends - time.monotonic())

    def watch(self, sock: socket.socket) -> None:
        # TLS detaches the socket; a duplicate stays usable.
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
        """Verify with our own context, without the library's list of authorities."""
        if self._context is None:
            super().cert_verify(conn, url, verify, cert)
        else:
            conn.cert_reqs = "CERT_REQUIRED"
            conn.assert_hostname = False


def _trusting(certificate: str) -> ssl.SSLContext:
    """Return a context that trusts only this certificate, even if its dates or its address are wrong: the clock of an
    agent may be off by days, and its address may have changed.

    :param certificate: PEM.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname = False
    context.load_verify_locations(cadata=certificate)
    context.verify_flags |= ssl.VerifyFlags.VERIFY_X509_PARTIAL_CHAIN | _NO_CHECK_TIME
    return context


def _pools(deadline: _Deadline, before_sending: Callable[[], None] | None) -> Mapping[str, Any]:
    """Return connection pool classes whose connections check the addresses."""

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
    """Connect to a host's first address that is allowed and answers."""
    try:
        # Keep the trailing dot of the name, so that the resolver does not append the machine's domains. Pass the
        # arguments by position, because the green version names them differently.
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
