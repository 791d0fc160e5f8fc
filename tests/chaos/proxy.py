# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy: in front of several APIs, or to slow down a database."""

import asyncio
import contextlib
import itertools
import threading
from types import TracebackType
from typing import Self

CHUNK = 65536


class Proxy:
    """Forwards connections to ``targets`` (ports of 127.0.0.1) in turns, and skips those that refuse a connection.

    ``delay`` is the time in seconds by which it delays what the servers send; it can be changed at any time.
    """

    def __init__(self, *targets: int) -> None:
        self.targets = list(targets)
        self.delay = 0.0
        self.port = 0
        self._turn = itertools.count()
        self._loop = asyncio.new_event_loop()
        self._started = threading.Event()
        self._thread = threading.Thread(target=self._run, name="proxy", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        assert self._started.wait(10), "the proxy did not start"
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(10)

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        server = self._loop.run_until_complete(
            asyncio.start_server(self._serve, "127.0.0.1", 0, backlog=512)
        )
        self.port = server.sockets[0].getsockname()[1]
        self._started.set()
        self._loop.run_forever()
        server.close()
        for task in asyncio.all_tasks(self._loop):
            task.cancel()
        self._loop.run_until_complete(asyncio.sleep(0))

    async def _serve(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        # When the proxy stops, it cancels all connections, which asyncio would log as an error.
        with contextlib.suppress(asyncio.CancelledError):
            await self._pass_on(client, answer)

    async def _pass_on(self, client: asyncio.StreamReader, answer: asyncio.StreamWriter) -> None:
        upstream = await self._connect()
        if upstream is None:
            answer.transport.abort()
            return
        reader, writer = upstream
        pumps = {
            asyncio.create_task(_pump(client, writer)),
            asyncio.create_task(self._pump_back(reader, answer)),
        }
        try:
            await asyncio.wait(pumps, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for pump in pumps:
                pump.cancel()
            # Data that has arrived is delivered before the connections close.
            for end in (writer, answer):
                with contextlib.suppress(OSError, RuntimeError):
                    end.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter] | None:
        first = next(self._turn)
        for offset in range(len(self.targets)):
            target = self.targets[(first + offset) % len(self.targets)]
            with contextlib.suppress(OSError):
                return await asyncio.open_connection("127.0.0.1", target)
        return None

    async def _pump_back(self, source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
        with contextlib.suppress(OSError):
            while data := await source.read(CHUNK):
                if self.delay:
                    await asyncio.sleep(self.delay)
                sink.write(data)
                await sink.drain()


async def _pump(source: asyncio.StreamReader, sink: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while data := await source.read(CHUNK):
            sink.write(data)
            await sink.drain()
