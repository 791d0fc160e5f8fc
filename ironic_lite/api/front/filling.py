# SPDX-License-Identifier: Apache-2.0
"""Passes bodies on to sinks, which write them onto a disk. One chunk of each is in memory."""

import asyncio
import logging
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from uvicorn.protocols.http.httptools_impl import RequestResponseCycle

from ironic_lite.api import bodies
from ironic_lite.api.front import limits
from ironic_lite.common import exception

LOG = logging.getLogger(__name__)

_WRITERS = 4
"""Threads that write. One chunk at a time, so a slow client holds none."""


class Gone(Exception):
    """The client has left."""


class _Failed(exception.IronicLiteError):
    code = 500
    template = "The request body could not be stored; see the service's log."


class Filling:
    """The bodies that are on their way to a sink. Use it in the loop's thread only."""

    def __init__(self) -> None:
        self._writers = ThreadPoolExecutor(_WRITERS, thread_name_prefix="api-body-writer")

    async def fill(self, cycle: RequestResponseCycle, sink: bodies.Sink, begun: bytes) -> None:
        """Pass a body on until it is complete.

        :param begun: what has been read of it.
        :raises Gone: the client has left.
        :raises IronicLiteError: the sink refuses it; or it is too slow.
        """
        whole = False
        try:
            await self._pass_on(cycle, sink, begun)
            whole = True
        finally:
            # Also when the task is cancelled: the thread frees what the sink holds.
            ending = asyncio.ensure_future(self._run(sink.end, whole))
            await asyncio.shield(ending)

    async def _pass_on(self, cycle: RequestResponseCycle, sink: bodies.Sink, begun: bytes) -> None:
        passed, waited = 0, 0.0
        loop = asyncio.get_running_loop()
        chunk: Any = begun
        while True:
            chunk += cycle.body
            cycle.body = bytearray()
            if chunk:
                await self._run(sink.add, bytes(chunk))
                passed += len(chunk)
                chunk = b""
                continue
            if not cycle.more_body:
                return
            if cycle.disconnected or cycle.response_complete:
                raise Gone
            cycle.message_event.clear()
            cycle.flow.resume_reading()
            # Only the time that the client takes counts, and not that of the disk.
            before = loop.time()
            try:
                async with asyncio.timeout(
                    limits.BODY_PATIENCE + passed / limits.BODY_RATE - waited
                ):
                    await cycle.message_event.wait()
            except TimeoutError:
                raise bodies.too_slow() from None
            waited += loop.time() - before

    async def _run(self, function: Any, *arguments: Any) -> None:
        loop = asyncio.get_running_loop()
        try:
            await loop.run_in_executor(self._writers, function, *arguments)
        except exception.IronicLiteError:
            raise
        except Exception:
            LOG.exception("A request body could not be stored")
            raise _Failed from None
