# SPDX-License-Identifier: Apache-2.0
"""The HTTP server as a service that starts and stops."""

import asyncio
import logging
import socket
import threading
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Any

from oslo_service import service
from uvicorn import Config
from uvicorn.protocols.http.httptools_impl import RequestResponseCycle
from uvicorn.server import ServerState

from ironic_lite.api import routes
from ironic_lite.api.app import make_app
from ironic_lite.api.consoles import streams as consoles
from ironic_lite.api.front import limits, listening, metrics_page, tls
from ironic_lite.api.front.bridge import Bridge
from ironic_lite.api.front.budget import Budget, keep_large_blocks_apart
from ironic_lite.api.front.connection import Connection
from ironic_lite.api.front.limits import Guest, Guests, Networks
from ironic_lite.api.front.untaken import Untaken
from ironic_lite.api.front.workers import Workers
from ironic_lite.api.image_store.keeper import Keeper
from ironic_lite.api.images.streams import PREFIX, ImageStreams
from ironic_lite.api.routing import Weight
from ironic_lite.conf import CONF
from ironic_lite.objects.base import are_at_hand

LOG = logging.getLogger(__name__)

_ANY = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what to call a wildcard

Weigh = Callable[[str, str], Weight]
"""Tells the weight of a request by its method and path."""

Stream = Callable[[Any, Any, Any], Awaitable[None]]
"""An ASGI application."""


def _weigh() -> Weigh:
    """Return the function for the weights of the API's own requests.

    The loop answers reads of one record only without authentication and with a database file, because a database or
    identity server could block it.
    """
    if CONF.auth_strategy == "noauth" and are_at_hand():
        return routes.weight
    return lambda method, path: (
        Weight.LIGHT if routes.weight(method, path) is Weight.LIGHT else Weight.FULL
    )


def _websockets(streams: Mapping[str, Stream]) -> Any:
    """Return uvicorn's name for what speaks WebSockets, whose library is loaded only if a stream takes them."""
    wanted = any(getattr(stream, "takes_websockets", True) for stream in streams.values())
    return "websockets-sansio" if wanted else "none"


def own_streams() -> dict[str, Stream]:
    """Return the ASGI applications for images, consoles and metrics, by their path prefixes."""
    return {
        PREFIX: ImageStreams(),
        consoles.PREFIX: consoles.ConsoleStreams(),
        metrics_page.PATH: metrics_page.MetricsPage(),
    }


class Door:
    """All connections of this process. Use it in the loop's thread only.

    :param app: a WSGI application.
    :param weigh: tells the weight of a request.
    :param streams: ASGI applications by path prefix; they need no thread.
    """

    def __init__(
        self,
        app: Any,
        weigh: Weigh,
        listening_on: Sequence[socket.socket],
        streams: Mapping[str, Stream],
    ):
        self.loop = asyncio.get_running_loop()
        self._streams = dict(streams)
        self.certificate = tls.certificate()
        trusted = Networks(CONF.api.trusted_proxies)
        most = limits.most_connections()
        self.guests = Guests(most, CONF.api.max_connections_per_address, trusted)
        self.untaken = Untaken(CONF.api.max_replies_in_flight)
        self.state = ServerState()
        self.config = Config(
            self._stream,
            http=Connection,
            ws=_websockets(streams),
            loop="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            date_header=False,
            timeout_keep_alive=int(limits.KEEP_ALIVE),
        )
        self.config.load()
        self._workers = Workers(app, CONF.api.threads, self.loop)
        largest = max(
            CONF.api.max_body_size,
            CONF.api.max_provision_body_size,
            CONF.api.max_inspection_body_size,
        )
        keep_large_blocks_apart()
        budget = Budget(max(CONF.api.max_bodies_in_flight, largest))
        self._bridge = Bridge(self._workers, budget, weigh)
        self._entrance = listening.Entrance(
            self.loop, listening_on, self.guests, self._welcome, self.certificate
        )

    def open(self) -> None:
        """Start to serve."""
        self._workers.start()
        self._entrance.open()

    async def close(self) -> None:
        """Stop listening, give running requests ``limits.SHUTDOWN_TIMEOUT`` seconds, and end the connections."""
        self._entrance.close()
        for connection in list(self.state.connections):
            connection.shutdown()
        deadline = self.loop.time() + limits.SHUTDOWN_TIMEOUT
        while self.state.connections and self.loop.time() < deadline:
            await asyncio.sleep(0.02)
        if any(getattr(each, "is_busy", False) for each in self.state.connections):
            LOG.warning("Some requests did not end within %d s", limits.SHUTDOWN_TIMEOUT)
        for connection in list(self.state.connections):
            connection.transport.abort()
        self._workers.stop()

    def _welcome(self, guest: Guest) -> asyncio.Protocol:
        return Connection(self, guest, self.loop)

    def serve(self, connection: Connection, cycle: RequestResponseCycle) -> None:
        """Answer a request whose head is complete."""
        self._bridge.serve(connection, cycle)

    def streams(self, path: str) -> bool:
        """Whether an ASGI application answers this path."""
        return self._find(path) is not None

    def _find(self, path: str) -> Stream | None:
        for prefix, stream in self._streams.items():
            if path.startswith(prefix):
                return stream
        return None

    async def _stream(self, scope: Any, receive: Any, send: Any) -> None:
        stream = self._find(scope["path"])
        assert stream is not None
        await stream(scope, receive, send)


class APIService(service.ServiceBase):
    """Serves the API on ``[api] host_ip`` and ``port``.

    :param app: a WSGI application; by default the API's, which is created when the service starts.
    :param listening_on: the socket from ``listen``; by default the service opens its own.
    :param streams: ASGI applications by path prefix. They take precedence over the WSGI application. By default, images
        and metrics beside the API's own application, and none beside another.
    :param weigh: tells the weight of a request; by default each request of an application of the caller's is full.
    :param also_on: more sockets from ``listen``.
    """

    def __init__(
        self,
        app: Any = None,
        listening_on: socket.socket | None = None,
        streams: Mapping[str, Stream] | None = None,
        weigh: Weigh | None = None,
        also_on: Sequence[socket.socket] = (),
    ):
        self._app = app
        self._weigh = weigh
        self._listening_on = listening_on
        self._also_on = also_on
        self._streams = streams
        self._address: tuple[str, str, int] | None = None
        self._door: Door | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._closing: asyncio.Event | None = None
        self._thread: threading.Thread | None = None
        self._keeper: Keeper | None = None

    def start(self) -> None:
        """Listen, and serve in own threads.

        :raises ConfigInvalid: it is not possible to listen on the address, or to use the certificate.
        """
        app = self._app or make_app()
        streams = self._streams
        if streams is None:
            streams = {} if self._app else own_streams()
        weigh = self._weigh or ((lambda *_: Weight.FULL) if self._app else _weigh())
        listening_on = self._listening_on or listening.listen()
        host, port = listening_on.getsockname()[:2]
        every = [listening_on, *self._also_on]
        started = threading.Event()
        failures: list[BaseException] = []

        def serve() -> None:
            try:
                asyncio.run(self._serve(app, weigh, streams, every, started))
            except BaseException as exc:
                failures.append(exc)
            finally:
                started.set()

        self._thread = threading.Thread(target=serve, name="api-front", daemon=True)
        self._thread.start()
        started.wait()
        if failures:
            for each in every:
                each.close()
            raise failures[0]
        assert self._door is not None
        self._address = ("https" if self._door.certificate else "http", host, port)
        LOG.info("The API listens on %s", self.url)
        if self._app is None:
            self._keeper = Keeper()
            self._keeper.start()

    async def _serve(
        self,
        app: Any,
        weigh: Weigh,
        streams: Mapping[str, Stream],
        listening_on: Sequence[socket.socket],
        started: threading.Event,
    ) -> None:
        self._loop = asyncio.get_running_loop()
        self._closing = asyncio.Event()
        door = Door(app, weigh, listening_on, streams)
        door.open()
        self._door = door
        started.set()
        await self._closing.wait()
        await door.close()

    @property
    def url(self) -> str:
        """The URL at which the service listens.

        :raises RuntimeError: the service is not started.
        """
        if self._address is None:
            raise RuntimeError("The API is not started.")
        scheme, host, port = self._address
        host = _ANY.get(host, host)
        return f"{scheme}://{f'[{host}]' if ':' in host else host}:{port}"

    def stop(self, graceful: bool = False) -> None:
        """Stop listening, and wait up to ``SHUTDOWN_TIMEOUT`` seconds for running requests."""
        if self._keeper is not None:
            self._keeper.stop()
        if self._door is None or self._loop is None or self._closing is None:
            return
        self._loop.call_soon_threadsafe(self._closing.set)
        self.wait()

    def wait(self) -> None:
        """Wait until the service has stopped."""
        if self._thread is not None:
            self._thread.join(limits.SHUTDOWN_TIMEOUT + 5)

    def reset(self) -> None:
        """Do nothing: the users file and the certificate are read again automatically."""
