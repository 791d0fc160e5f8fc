# SPDX-License-Identifier: Apache-2.0
"""Passes requests from the event loop to the WSGI application in a thread, and the replies back.

Of a request with a large body, or with ``Expect: 100-continue``, the application gets the head first. The handler runs
until it asks for the body (``Call.document``), so authentication, route, microversion and access are checked in their
usual order. Then the loop reads the body, when ``budget`` has room for it, and a thread runs the request again, whole.
"""

import asyncio
import io
from collections.abc import Callable
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from ironic_lite.api import bodies
from ironic_lite.api.call import CONTEXT
from ironic_lite.api.front import environ, limits, replies
from ironic_lite.api.front.budget import Budget, NoRoom
from ironic_lite.api.front.connection import Connection
from ironic_lite.api.front.filling import Filling, Gone
from ironic_lite.api.front.replies import Reply
from ironic_lite.api.front.workers import Environ, Workers
from ironic_lite.api.middleware.request_id import GLOBAL_ID, REQUEST_ID
from ironic_lite.api.routing import Weight
from ironic_lite.common import at_once, exception

_CARRIED = (CONTEXT, REQUEST_ID, GLOBAL_ID)
"""Values that the application derived from the head, and reuses when it gets the body."""


class Bridge:
    """Serves requests with a WSGI application.

    :param budget: memory budget for large bodies.
    :param weigh: tells the weight of a request (method, path). The loop answers light requests itself, and short ones
        as long as nothing has to wait: handing a request to a thread costs as much time as answering a short one.
    """

    def __init__(
        self, workers: Workers, budget: Budget, weigh: Callable[[str, str], Weight]
    ) -> None:
        self._workers, self._budget, self._weigh = workers, budget, weigh
        self._filling = Filling()

    def serve(self, connection: Connection, cycle: RequestResponseCycle) -> None:
        """Answer a request whose head is complete."""
        if cycle.disconnected:
            return
        if cycle.more_body:
            receiving = connection.loop.create_task(self._receive(connection, cycle))
            connection.tasks.add(receiving)
            receiving.add_done_callback(connection.tasks.discard)
            return
        connection.is_served()
        body = bytes(cycle.body)
        cycle.body = bytearray()
        request = environ.make(cycle.scope, body)
        weight = self._weigh(request["REQUEST_METHOD"], request["PATH_INFO"])
        if weight is Weight.LIGHT:
            connection.reply(cycle, self._workers.run(request))
            return
        if weight is Weight.SHORT:
            try:
                with at_once.only():
                    reply = self._workers.run(request)
            except at_once.WouldWait:
                # The application has emptied the environment.
                request = environ.make(cycle.scope, body)
            else:
                connection.reply(cycle, reply)
                return
        job = self._workers.submit(request, lambda reply: connection.reply(cycle, reply))
        connection.give_up = job.drop

    async def _receive(self, connection: Connection, cycle: RequestResponseCycle) -> None:
        """Read the body, if it is accepted, and then answer the request."""
        try:
            declared = _declared(cycle)
            body = b""
            is_small = declared is None or declared <= limits.SMALL_BODY
            # With ``Expect: 100-continue`` the application sees the head first, even for a small body.
            if is_small and not cycle.waiting_for_100_continue:
                body = await _read(cycle, limits.SMALL_BODY)
                if not cycle.more_body:
                    await self._answer(connection, cycle, environ.make(cycle.scope, body))
                    return
            await self._receive_large(connection, cycle, declared, body)
        except Gone:
            return
        except bodies.BodyRefused as exc:
            connection.refuse(replies.error(exc.code, exc.message))
        except NoRoom:
            agent = next((v for n, v in cycle.scope["headers"] if n == b"user-agent"), b"")
            connection.reply(cycle, replies.busy(agent.decode("latin-1")))

    async def _receive_large(
        self,
        connection: Connection,
        cycle: RequestResponseCycle,
        declared: int | None,
        begun: bytes,
    ) -> None:
        """Let the application decide by the head alone, and read the body when there is room for it."""
        asked = environ.make(cycle.scope, None)
        reply = await self._ask(connection, cycle, asked)
        sink: bodies.Sink | None = asked.get(bodies.SINK)
        if sink is not None:
            await self._fill(connection, cycle, sink, begun, asked)
            return
        most = asked.get(bodies.MOST)
        if most is None:
            # The application has refused the request, or does not need its body.
            connection.reply(cycle, reply)
            return
        waits = asyncio.current_task()
        assert waits is not None
        # When the client leaves, its body must not keep waiting for room.
        connection.give_up = waits.cancel
        async with self._budget.hold(most if declared is None else declared):
            connection.give_up = None
            _invite(connection, cycle)
            body = await _read(cycle, most, begun)
            if cycle.more_body:
                refused = bodies.too_large(most)
                connection.reply(cycle, replies.error(refused.code, refused.message))
                return
            request = environ.make(cycle.scope, body)
            del body
            request.update((name, asked[name]) for name in _CARRIED if name in asked)
            await self._answer(connection, cycle, request)

    async def _fill(
        self,
        connection: Connection,
        cycle: RequestResponseCycle,
        sink: bodies.Sink,
        begun: bytes,
        asked: Environ,
    ) -> None:
        """Pass the body on to a sink as it arrives, and then let the application answer."""
        try:
            _invite(connection, cycle)
            await self._filling.fill(cycle, sink, begun)
        except exception.IronicLiteError as exc:
            connection.reply(cycle, replies.error(exc.code, exc.message))
            return
        request = environ.make(cycle.scope, b"")
        request.update((name, asked[name]) for name in (*_CARRIED, bodies.SINK) if name in asked)
        await self._answer(connection, cycle, request)

    async def _answer(
        self, connection: Connection, cycle: RequestResponseCycle, request: Environ
    ) -> None:
        connection.reply(cycle, await self._ask(connection, cycle, request))

    async def _ask(
        self, connection: Connection, cycle: RequestResponseCycle, request: Environ
    ) -> Reply:
        if cycle.disconnected:
            raise Gone
        connection.is_served()
        answer: asyncio.Future[Reply] = connection.loop.create_future()

        def done(reply: Reply) -> None:
            if not answer.done():
                answer.set_result(reply)

        connection.give_up = self._workers.submit(request, done).drop
        return await answer


def _invite(connection: Connection, cycle: RequestResponseCycle) -> None:
    """Tell a client that waits for it to send the body."""
    if cycle.waiting_for_100_continue:
        cycle.waiting_for_100_continue = False
        connection.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")


def _declared(cycle: RequestResponseCycle) -> int | None:
    for name, value in cycle.scope["headers"]:
        if name == b"content-length":
            return int(value)
    return None


async def _read(cycle: RequestResponseCycle, most: int, begun: bytes = b"") -> bytes:
    """Return the body; if it is larger than ``most``, the part that has come so far.

    :raises BodyRefused: it is too slow. New bytes extend the deadline only as fast as ``BODY_RATE`` allows.
    """
    received = io.BytesIO()
    received.write(begun)
    start = asyncio.get_running_loop().time() + limits.BODY_PATIENCE
    try:
        async with asyncio.timeout_at(start) as deadline:
            while True:
                if cycle.disconnected or cycle.response_complete:
                    raise Gone
                chunk: Any = cycle.body
                cycle.body = bytearray()
                received.write(chunk)
                if not cycle.more_body or received.tell() > most:
                    return received.getvalue()
                deadline.reschedule(start + received.tell() / limits.BODY_RATE)
                cycle.message_event.clear()
                cycle.flow.resume_reading()
                await cycle.message_event.wait()
    except TimeoutError:
        raise bodies.too_slow() from None
