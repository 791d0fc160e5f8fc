# SPDX-License-Identifier: Apache-2.0
"""One connection: uvicorn's HTTP protocol with our own deadlines, limits and refusals."""

import asyncio
from collections.abc import Callable
from typing import Any, Protocol

import httptools
from uvicorn.protocols.http.flow_control import FlowControl
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol, RequestResponseCycle

from ironic_lite.api.front import heads, limits, replies, tls
from ironic_lite.api.front.deadlines import Deadline
from ironic_lite.api.front.heads import HeadTooLarge, Malformed
from ironic_lite.api.front.limits import Guest, Guests
from ironic_lite.api.front.replies import Reply
from ironic_lite.api.front.untaken import Untaken

_PIECE = 256 * 1024
_MORSEL = 1024
"""Bytes to parse at once. It bounds how many pipelined requests are created before their turn."""
_MOST_LINGERED = 128 * 1024 * 1024
_MALFORMED = "The request is not valid HTTP/1.1."


class _Flow(FlowControl):
    """Flow control that also pauses parsing; it calls ``resumed`` when reading resumes."""

    def __init__(self, transport: asyncio.Transport, resumed: Callable[[], None]):
        super().__init__(transport)
        self._resumed = resumed

    def resume_reading(self) -> None:
        if self.read_paused:
            super().resume_reading()
            self._resumed()


class Server(Protocol):
    """The part of the server that a connection uses."""

    config: Any
    state: Any
    guests: Guests
    untaken: Untaken

    def serve(self, connection: "Connection", cycle: RequestResponseCycle) -> None:
        """Answer a request whose head is complete."""

    def streams(self, path: str) -> bool:
        """Whether an ASGI application answers this path."""


class Connection(HttpToolsProtocol):
    """A client's connection.

    Its requests go to ``server.serve``; requests of streams go to their ASGI application, as in uvicorn.
    """

    def __init__(self, server: Server, guest: Guest, loop: asyncio.AbstractEventLoop):
        super().__init__(server.config, server.state, {}, loop)
        # A parser without uvicorn's leniency about data after the last request.
        self.parser = httptools.HttpRequestParser(self)
        self._server, self._guest = server, guest
        self._in_head = True
        self._head_size = 0
        self._requests = 0
        self._head_due = Deadline(loop, self._head_is_late)
        self._taking_due = Deadline(loop, self._abort)
        self._end_due = Deadline(loop, self._abort)
        self._lingers = 0
        self._sends = False
        self._unparsed = b""
        self._running: RequestResponseCycle | None = None
        self._held_back: tuple[RequestResponseCycle, Any] | None = None
        self.give_up: Callable[[], object] | None = None
        """Called when the client leaves before a thread has started on its request."""

    # Opening and closing.

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        super().connection_made(transport)  # type: ignore[arg-type]
        self.flow = _Flow(self.transport, self._go_on)
        tls.notice_all_that_waits(self.transport)
        self._guest.leave = self.transport.abort
        self._expect_head()

    def connection_lost(self, exc: Exception | None) -> None:
        for deadline in (self._head_due, self._taking_due, self._end_due):
            deadline.end()
        self._unset_keepalive_if_required()
        self._unparsed = b""
        self._held_back = None
        self._server.guests.left(self._guest)
        self._server.untaken.taken(self._guest)
        super().connection_lost(exc)
        if self.give_up is not None:
            self.give_up()

    def eof_received(self) -> bool:  # type: ignore[override]
        """Called when the client has closed its sending side; over plain HTTP it may still wait for the answer."""
        if self._lingers:
            return self.is_busy and self.transport.can_write_eof()
        if (
            not self.is_busy
            or self.cycle.more_body
            or self._server.streams(self.cycle.scope["path"])
        ):
            return False
        self._end_after(self.cycle)
        return self.transport.can_write_eof()

    def shutdown(self) -> None:
        # A stream does not end by itself.
        if (not self.is_busy and self._lingers) or (
            self.is_busy and self._server.streams(self.cycle.scope["path"])
        ):
            self.transport.abort()
        else:
            super().shutdown()

    def _abort(self) -> None:
        self.transport.abort()

    @property
    def is_busy(self) -> bool:
        """Tell whether a request is in progress."""
        return self.cycle is not None and not self.cycle.response_complete

    # Incoming data.

    def data_received(self, data: bytes) -> None:
        if self._lingers:
            self._drop(data)
            return
        self._unset_keepalive_if_required()
        if self._unparsed:
            self._unparsed += data
            return
        view = memoryview(data)
        for start in range(0, len(data), _MORSEL):
            if self.flow.read_paused:
                self._unparsed = bytes(view[start:])
                return
            if self._lingers:
                self._drop(view[start:])
                return
            self._parse(view[start : start + _MORSEL])
            if self.parser is None or self.transport.get_protocol() is not self:
                return

    def _go_on(self) -> None:
        """Resume reading, first with the data that is here already."""
        if self._unparsed:
            self.loop.call_soon(self._parse_the_rest)

    def _parse_the_rest(self) -> None:
        if self._unparsed and not self.flow.read_paused:
            data, self._unparsed = self._unparsed, b""
            self.data_received(data)

    def _parse(self, data: memoryview) -> None:
        began_in_head, requests_before = self._in_head, self._requests
        try:
            self.parser.feed_data(data)
        except httptools.HttpParserUpgrade:
            self._upgrade()
            return
        except httptools.HttpParserError as exc:
            self._refuse_what_came(exc)
            return
        if self._in_head and self.parser is not None:
            if began_in_head and self._requests == requests_before:
                self._head_size += len(data)
                if self._head_size > limits.MAX_HEAD:
                    self._refuse_what_came(HeadTooLarge())
                    return
            if not self.is_busy:
                self._expect_head()

    def _refuse_what_came(self, failure: Exception) -> None:
        cause = failure.__context__ if failure.__context__ is not None else failure
        if isinstance(cause, HeadTooLarge) or isinstance(failure, HeadTooLarge):
            reply = replies.error(
                431,
                f"The request line and its headers are too large: at most {limits.MAX_HEAD} bytes and "
                f"{limits.MAX_HEADERS} headers.",
            )
        else:
            reply = replies.error(400, f"{_MALFORMED} {heads.reason(cause)}".rstrip())
        self.refuse(reply)

    def refuse(self, reply: Reply) -> None:
        """Answer an invalid or incomplete request with this reply, and end the connection."""
        if self.pipeline and self.cycle.more_body:
            # The refused request is the last one in the pipeline.
            self.pipeline.popleft()
            assert self._running is not None
            self.cycle = self.pipeline[0][0] if self.pipeline else self._running
        cycle = self.cycle
        if self.is_busy and not cycle.more_body:
            # Earlier requests are still being answered, so this reply must not be mixed in.
            self._end_after(cycle)
            return
        if self.is_busy:
            cycle.keep_alive = False
            if cycle.response_started:
                self.transport.abort()
                return
            cycle.response_started = cycle.response_complete = True
            cycle.disconnected = True
            cycle.message_event.set()
        self.transport.write(replies.head(reply, keep_alive=False) + reply.body)
        self._linger()

    def _end_after(self, cycle: RequestResponseCycle) -> None:
        """Drop all further data, and end the connection when this request is answered."""
        cycle.keep_alive = False
        self._lingers = _MOST_LINGERED
        self._unparsed = b""
        self._head_due.end()

    def _upgrade(self) -> None:
        if self._should_upgrade():
            self._server.guests.works(self._guest)
            self._head_due.end()
            self.handle_websocket_upgrade()
            self._follow(self.transport.get_protocol())
        elif self.is_busy:
            # Ignore an unknown upgrade, but read nothing after it, because that may be another protocol.
            self._end_after(self.cycle)
        else:
            self._refuse_what_came(Malformed("The protocol of the upgrade is not supported."))

    def _follow(self, successor: Any) -> None:
        """Follow the connection's new protocol, to release the guest when the connection is lost."""
        lost = successor.connection_lost

        def connection_lost(exc: Exception | None) -> None:
            self._server.guests.left(self._guest)
            self._server.untaken.taken(self._guest)
            lost(exc)

        successor.connection_lost = connection_lost

    def _should_upgrade(self) -> bool:
        return self._server.streams(self.url.decode("latin-1").partition("?")[0]) and bool(
            super()._should_upgrade()
        )

    def on_header(self, name: bytes, value: bytes) -> None:
        if not self._in_head:
            # Ignore trailers of a chunked body, which come after the request has been checked.
            self._head_size += len(name) + len(value) + 4
            if self._head_size > limits.MAX_HEAD:
                raise HeadTooLarge
            return
        if len(self.headers) >= limits.MAX_HEADERS:
            raise HeadTooLarge
        super().on_header(name, value)

    def on_headers_complete(self) -> None:
        self._in_head = False
        self._head_size = 0
        self._head_due.end()
        size = len(self.url) + sum(len(name) + len(value) + 4 for name, value in self.headers)
        if size > limits.MAX_HEAD:
            raise HeadTooLarge
        method = self.parser.get_method()
        version = self.parser.get_http_version()
        host = heads.check(version, method, self.headers)
        self.url = heads.origin_form(method, self.url, host)
        if version == "1.0":
            # An HTTP/1.0 client would take an interim response for the final one.
            self.expect_100_continue = False
        super().on_headers_complete()

    def on_message_complete(self) -> None:
        self._in_head = True
        self._head_size = 0
        self._requests += 1
        super().on_message_complete()

    # Deadlines.

    def _expect_head(self) -> None:
        """Start the deadline for the next complete head."""
        self._head_due.begin(limits.HEAD_TIMEOUT)

    def _head_is_late(self) -> None:
        if self.transport.is_closing() or self.is_busy:
            return
        if self._head_size:
            self.refuse(replies.error(408, "The request did not arrive in time."))
        else:
            self.transport.close()

    def _linger(self) -> None:
        """Keep reading for a while: closing a connection with unread bytes would discard the answer."""
        self._lingers = _MOST_LINGERED
        self._server.guests.rests(self._guest)
        self.flow.resume_reading()
        if self.transport.can_write_eof():
            try:
                self.transport.write_eof()
            except OSError:
                # The client has gone; nobody reads the answer.
                self.transport.abort()
                return
        self._head_due.end()
        self._end_due.begin(limits.LINGER)

    def _drop(self, data: bytes | memoryview) -> None:
        self._lingers -= len(data)
        if self._lingers <= 0:
            self.transport.abort()

    # Outgoing data.

    def _start_asgi_task(self, cycle: RequestResponseCycle, app: Any) -> None:
        self._running = cycle
        if self.flow.write_paused:
            # A client that does not read its answers gets no more of them.
            self._held_back = (cycle, app)
            self.flow.pause_reading()
            return
        if self._server.streams(cycle.scope["path"]):
            self.is_served()
            super()._start_asgi_task(cycle, app)
        else:
            # By then a small body is complete, because it comes with the head.
            self.loop.call_soon(self._server.serve, self, cycle)

    def is_served(self) -> None:
        """Note that the request is complete, so that the connection is not closed to make room for another."""
        self._server.guests.works(self._guest)

    def waits(self) -> None:
        """Note that the connection waits for a request, or for the rest of one."""
        self._server.guests.rests(self._guest)

    def on_response_complete(self) -> None:
        self.waits()
        super().on_response_complete()
        if self.pipeline and not self._lingers:
            # The next request in the pipeline comes before unread data.
            self.flow.pause_reading()
        if not self.pipeline and self._head_size and not self.transport.is_closing():
            # A part of the next request has come meanwhile.
            self._expect_head()

    def reply(self, cycle: RequestResponseCycle, reply: Reply) -> None:
        """Answer a request. If its body has not been read, the connection ends."""
        if cycle.disconnected or cycle.response_started or self.transport.is_closing():
            return
        cycle.response_started = True
        unread = cycle.more_body
        keep_alive = cycle.keep_alive and not unread
        try:
            head = replies.head(reply, keep_alive)
        except (ValueError, UnicodeEncodeError):
            reply = replies.error(500, "An unexpected error occurred.")
            head = replies.head(reply, keep_alive)
        body = b"" if cycle.scope["method"] == "HEAD" else reply.body
        if len(body) <= _PIECE:
            self.transport.write(head + body)
            self._replied(cycle, keep_alive, unread)
            return
        self.transport.write(head)
        sending = self.loop.create_task(self._send(cycle, body, keep_alive, unread))
        self.tasks.add(sending)
        sending.add_done_callback(self.tasks.discard)

    async def _send(
        self, cycle: RequestResponseCycle, body: bytes, keep_alive: bool, unread: bool
    ) -> None:
        """Send a long body as fast as the client reads it, without copying it into the write buffer."""
        view = memoryview(body)
        self._sends = True
        self._server.untaken.keep(self._guest, len(body))
        try:
            async with asyncio.timeout(limits.REPLY_PATIENCE + len(body) / limits.BODY_RATE):
                for start in range(0, len(body), _PIECE):
                    if self.flow.write_paused:
                        await self.flow.drain()
                    if cycle.disconnected or self.transport.is_closing():
                        return
                    self.transport.write(view[start : start + _PIECE])
        except TimeoutError:
            self.transport.abort()
            return
        finally:
            self._sends = False
            left = 0 if self.transport.is_closing() else self.transport.get_write_buffer_size()
            self._server.untaken.keep(self._guest, left)
        self._replied(cycle, keep_alive, unread)

    def _replied(self, cycle: RequestResponseCycle, keep_alive: bool, unread: bool) -> None:
        cycle.keep_alive = keep_alive
        cycle.response_complete = True
        cycle.message_event.set()
        if unread or (self._lingers and not keep_alive):
            self._linger()
            return
        if not keep_alive:
            self.transport.close()
        cycle.on_response()

    def pause_writing(self) -> None:
        """Called when the client has not read everything that was written."""
        super().pause_writing()
        left = self.transport.get_write_buffer_size()
        if not self._sends:
            self._server.untaken.keep(self._guest, left)
        patience = limits.REPLY_PATIENCE
        if self.is_busy and self._server.streams(self.cycle.scope["path"]):
            patience = limits.STREAM_PATIENCE
        self._taking_due.begin(patience + left / limits.BODY_RATE)

    def resume_writing(self) -> None:
        """Called when the client has read everything that was written."""
        super().resume_writing()
        self._taking_due.end()
        if not self._sends:
            self._server.untaken.taken(self._guest)
        if self._held_back is not None:
            (cycle, app), self._held_back = self._held_back, None
            self._start_asgi_task(cycle, app)
            if not self.pipeline:
                self.flow.resume_reading()
