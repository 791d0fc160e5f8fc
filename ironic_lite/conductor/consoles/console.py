# SPDX-License-Identifier: Apache-2.0
"""One node's console: a connection that is kept, its log, and those who watch."""

import asyncio
import contextlib
import dataclasses
import random
import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

from oslo_log import log as logging

from ironic_lite.common import redaction
from ironic_lite.conductor.consoles.log import ConsoleLog
from ironic_lite.conductor.consoles.records import Kind
from ironic_lite.drivers.interfaces.console import (
    ConsoleStream,
    ConsoleTaken,
    ConsoleUnavailable,
)

LOG = logging.getLogger(__name__)

CONNECTING, CONNECTED, TAKEN, FAILED = "connecting", "connected", "taken", "failed"

_SOON, _LATE = 1.0, 30.0
"""Seconds to the next attempt after the first failure, and after many."""
_STEADY = 30.0
"""Seconds after which a connection counts as good, so that the next attempt after it comes soon."""
ALIVE = 5.0
"""Seconds between two notes on disk that a quiet console is connected."""
_BEHIND = 1024 * 1024
"""Bytes that somebody who watches may be behind; then they are cut off."""

Connect = Callable[[], Awaitable[ConsoleStream]]


@dataclasses.dataclass(eq=False)
class Watcher:
    """Somebody who watches a console.

    :param name: for the log and for others who watch.
    :param joined: the position in the log from which on ``chunks`` has everything.
    :param told: called when somebody else may write than before.
    :param asked: called with the name of somebody who asks this one to let them write.
    """

    name: str
    joined: int
    told: Callable[[], None]
    asked: Callable[[str], None]
    chunks: "asyncio.Queue[bytes | None]" = dataclasses.field(default_factory=asyncio.Queue)
    behind: int = 0

    def give(self, data: bytes) -> bool:
        """Add bytes; False, and the end after what is there, when they are too far behind."""
        if self.behind + len(data) > _BEHIND:
            self.chunks.put_nowait(None)
            return False
        self.behind += len(data)
        self.chunks.put_nowait(data)
        return True

    async def next(self) -> bytes | None:
        """Wait for bytes; None: there will be no more."""
        data = await self.chunks.get()
        self.behind -= len(data or b"")
        return data


class Console:
    """Use it in the event loop of the consoles only.

    :param connect: connects; raises ConsoleUnavailable.
    :param operation: UUID of the node's operation that runs; None: none.
    """

    def __init__(self, node: str, directory: Path, most: int, connect: Connect):
        self.node, self.directory = node, directory
        self.log = ConsoleLog(directory, most)
        self.operation: str | None = None
        self.state, self.detail = CONNECTING, ""
        self.since = time.time()
        self.writer: Watcher | None = None
        self._connect = connect
        self._stream: ConsoleStream | None = None
        self._watchers: set[Watcher] = set()
        self._lost_at, self._why = self._earlier()
        self._task = asyncio.get_running_loop().create_task(self._keep())

    # -- the connection ------------------------------------------------------------------------------------------

    async def close(self, why: str) -> None:
        """End the connection and let all who watch go."""
        self._task.cancel()
        await asyncio.wait({self._task})
        for watcher in list(self._watchers):
            self._dismiss(watcher)
        with contextlib.suppress(OSError):
            self.log.append(Kind.STOPPED, why.encode())
        self.log.close()

    async def _keep(self) -> None:
        pause = _SOON
        while True:
            begun = time.monotonic()
            try:
                await self._session()
            except ConsoleTaken as exc:
                self._is_without(TAKEN, str(exc))
            except ConsoleUnavailable as exc:
                self._is_without(FAILED, str(exc))
            except OSError as exc:
                LOG.error("Node %s: the console's log cannot be written: %s", self.node, exc)
                self._is_without(FAILED, f"its log cannot be written: {exc.strerror or exc}")
            except Exception as exc:
                LOG.exception("Node %s: its console failed", self.node)
                self._is_without(FAILED, type(exc).__name__)
            if time.monotonic() - begun > _STEADY:
                pause = _SOON
            await asyncio.sleep(pause * random.uniform(0.5, 1))  # noqa: S311 - spreads load
            pause = min(pause * 2, _LATE)

    async def _session(self) -> None:
        stream = await self._connect()
        self._stream = stream
        alive: asyncio.Task[None] | None = None
        try:
            if self._why is not None:
                lost = "-" if self._lost_at is None else f"{self._lost_at:.3f}"
                self.log.append(Kind.GAP, f"{lost} {self._why}".encode(), self.operation or "")
            self._lost_at = self._why = None
            self.state, self.detail, self.since = CONNECTED, "", time.time()
            alive = asyncio.get_running_loop().create_task(self._note_alive())
            while True:
                self._printed(await stream.read())
        finally:
            self._stream = None
            if alive is not None:
                alive.cancel()
            await stream.close()

    async def _note_alive(self) -> None:
        while True:
            self.log.alive()
            await asyncio.sleep(ALIVE)

    def _printed(self, data: bytes) -> None:
        self.log.append(Kind.OUTPUT, data, self.operation or "")
        for watcher in list(self._watchers):
            if not watcher.give(data):
                self._watchers.discard(watcher)
                self.release(watcher)

    def _is_without(self, state: str, why: str) -> None:
        why = redaction.mask_text(why) or state
        if self._why is None:
            self._lost_at, self._why = time.time(), why
        if (state, why) != (self.state, self.detail):
            LOG.warning("Node %s: no console: %s", self.node, why)
            self.state, self.detail, self.since = state, why, time.time()

    def _earlier(self) -> tuple[float | None, str | None]:
        """Return since when, and why, there was no console before this process had it."""
        last = self.log.last
        if last is None:
            return None, "this conductor did not have it before"
        if last.kind is Kind.STOPPED:
            return last.at, last.data.decode(errors="replace")
        return max(last.at, self.log.last_seen or 0.0), "conductor killed"

    # -- those who watch -----------------------------------------------------------------------------------------

    def join(
        self,
        name: str,
        told: Callable[[], None] = lambda: None,
        asked: Callable[[str], None] = lambda _name: None,
    ) -> Watcher:
        """Begin to watch: everything that is in the log before ``joined``, and everything else in ``chunks``."""
        watcher = Watcher(name, self.log.position, told, asked)
        self._watchers.add(watcher)
        return watcher

    def leave(self, watcher: Watcher) -> None:
        """Watch no more. Idempotent."""
        self._watchers.discard(watcher)
        self.release(watcher)

    def take(self, watcher: Watcher, forced: bool = False) -> bool:
        """Become the one who writes; refused while another one does, unless ``forced``."""
        if self.writer is watcher:
            return True
        if self.writer is not None and not forced:
            return False
        self._set_writer(watcher, f"{watcher.name} writes")
        return True

    def ask(self, watcher: Watcher) -> bool:
        """Become the one who writes, or ask the one who is; returns whether that is ``watcher`` now."""
        if self.take(watcher):
            return True
        assert self.writer is not None
        self.writer.asked(watcher.name)
        return False

    def give(self, watcher: Watcher, to: str | None) -> None:
        """Let somebody else write: those of this name, or whoever is next."""
        if self.writer is watcher:
            self.release(watcher)
            for other in self._watchers:
                if other is not watcher and other.name == to:
                    self.take(other)
                    return

    def release(self, watcher: Watcher) -> None:
        """Write no more."""
        if self.writer is watcher:
            self._set_writer(None, f"{watcher.name} writes no more")

    def _set_writer(self, watcher: Watcher | None, note: str) -> None:
        self.writer = watcher
        self._note(note)
        for each in list(self._watchers):
            each.told()

    async def type(self, watcher: Watcher, data: bytes) -> bool:
        """Type, if ``watcher`` is the one who writes, or nobody is.

        :returns: whether the bytes were sent; what is typed while there is no connection is lost.
        """
        if not self.take(watcher) or self._stream is None:
            return False
        with contextlib.suppress(ConsoleUnavailable):
            await self._stream.write(data)
            return True
        return False

    async def send_break(self, watcher: Watcher) -> bool:
        """Send a serial break; otherwise as :meth:`type`."""
        if not self.take(watcher) or self._stream is None:
            return False
        with contextlib.suppress(ConsoleUnavailable):
            await self._stream.send_break()
            return True
        return False

    def information(self) -> dict[str, Any]:
        """Return ``{"state", "detail", "since", "watchers", "writer"}``."""
        return {
            "state": self.state,
            "detail": self.detail,
            "since": self.since,
            "watchers": len(self._watchers),
            "writer": self.writer.name if self.writer else None,
        }

    def _dismiss(self, watcher: Watcher) -> None:
        watcher.chunks.put_nowait(None)
        self.leave(watcher)

    def _note(self, text: str) -> None:
        try:
            self.log.append(Kind.NOTE, text.encode(), self.operation or "")
        except OSError as exc:
            LOG.error("Node %s: the console's log cannot be written: %s", self.node, exc)
