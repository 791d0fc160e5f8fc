# SPDX-License-Identifier: Apache-2.0
"""All consoles of a conductor, in one event loop with a thread of its own.

:meth:`Consoles.keep` says which nodes' consoles to have; it waits for nothing, and takes no lock of a node. Everything
else is called from other threads too, and waits for the loop for a bounded time.
"""

import asyncio
import concurrent.futures
import contextlib
import dataclasses
import functools
import threading
from collections.abc import Callable, Coroutine, Iterable
from pathlib import Path
from typing import Any, TypeVar

from oslo_log import log as logging

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor.consoles import console, tokens
from ironic_lite.conductor.consoles.entrance import Entrance
from ironic_lite.conductor.consoles.raw_tcp import RawTCP
from ironic_lite.conf import CONF
from ironic_lite.drivers.factory import DriverFactory
from ironic_lite.drivers.interfaces.console import ConsoleStream, ConsoleUnavailable
from ironic_lite.objects.node import Node

LOG = logging.getLogger(__name__)

_READERS = 2
"""Threads that read the settings of nodes from the database."""
_PATIENCE = 20.0
"""Seconds that other threads wait for the loop."""
_AT_ONCE = 32
"""Connections that are made at the same time."""

T = TypeVar("T")


@dataclasses.dataclass(frozen=True)
class Wanted:
    """A console to have.

    :param node: UUID.
    :param operation: UUID of the node's operation that runs; None: none.
    :param changed: changes when the console has to be opened anew. Each connection reads the node's settings again.
    """

    node: str
    operation: str | None
    changed: Any = None


@dataclasses.dataclass
class _Kept:
    console: console.Console
    tcp: RawTCP
    changed: Any


class Consoles:
    """The consoles of one conductor.

    :param host: the conductor's name, which its logs are stored under.
    """

    def __init__(self, host: str, drivers: DriverFactory):
        self._directory = logs_directory(host)
        self._drivers = drivers
        self._kept: dict[str, _Kept] = {}
        self.tokens = tokens.Tokens()
        self._loop = asyncio.new_event_loop()
        self._readers = concurrent.futures.ThreadPoolExecutor(
            _READERS, thread_name_prefix="console-settings"
        )
        self._connecting = asyncio.Semaphore(_AT_ONCE)
        self._turn = asyncio.Lock()
        self._entrance = Entrance(self.find, self.tokens)
        self._thread = threading.Thread(target=self._run, name="consoles", daemon=True)
        self._begun = False
        self._ssh: Any = None

    def _run(self) -> None:
        asyncio.set_event_loop(self._loop)
        self._loop.run_forever()

    # -- from other threads --------------------------------------------------------------------------------------

    def keep(self, wanted: Iterable[Wanted]) -> None:
        """Have these consoles, and no others. Returns at once."""
        listed = {each.node: each for each in wanted}
        if not listed and not self._begun:
            return
        self._begin()
        self._loop.call_soon_threadsafe(self._loop.create_task, self._set(listed))

    def serve_ssh(self) -> None:
        """Serve SSH, if ``[console] ssh_users`` asks for it.

        :raises ConfigInvalid: naming the option that is wrong.
        """
        if not CONF.console.ssh_users:
            return
        try:
            # Imported here because it takes time, and it is an extra of the package.
            from ironic_lite.conductor.consoles.ssh import SSH
        except ModuleNotFoundError as exc:
            raise exception.ConfigInvalid(
                error_msg=f"[console] ssh_users needs the package {exc.name}: install ironic-lite[console]."
            ) from None
        self._begin()
        self._ssh = SSH(self._visited)
        self._wait(self._ssh.start())

    def operation(self, node: str, operation: str | None) -> None:
        """Say which operation what the server prints from now on belongs to. Returns at once."""
        if self._begun:
            self._loop.call_soon_threadsafe(self._operation, node, operation)

    def have(self, wanted: Wanted) -> dict[str, Any]:
        """Have a console, and return what clients get as ``console_info``.

        :raises IronicLiteError: when there is no port for it, or its log cannot be written.
        """
        self._begin()
        return self._wait(self._have(wanted))

    def drop(self, node: str, why: str) -> None:
        """Let go of a console, and of all who watch it."""
        if self._begun:
            self._wait(self._drop(node, why))

    def entrance(self) -> tuple[str, int]:
        """Return address and port of the socket to which the API connects with tokens."""
        self._begin()
        return self._wait(self._entrance.open())

    def directory(self, node: str) -> Path:
        """Return where the log of a console is."""
        return self._directory / node

    def close(self) -> None:
        """Let go of all consoles, and end. Idempotent."""
        if not self._begun:
            return
        with contextlib.suppress(exception.IronicLiteError):
            self._wait(self._close())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(_PATIENCE)
        self._readers.shutdown(wait=False)

    def _begin(self) -> None:
        if not self._begun:
            self._begun = True
            self._thread.start()

    def _wait(self, work: Coroutine[Any, Any, T]) -> T:
        future = asyncio.run_coroutine_threadsafe(work, self._loop)
        try:
            return future.result(_PATIENCE)
        except concurrent.futures.TimeoutError:
            future.cancel()
            raise exception.ServiceUnavailable(
                err="the conductor's consoles do not answer"
            ) from None

    # -- in the loop ---------------------------------------------------------------------------------------------

    def find(self, node: str) -> console.Console | None:
        """Return a console that this conductor has. In the loop only."""
        kept = self._kept.get(node)
        return kept.console if kept else None

    def _operation(self, node: str, operation: str | None) -> None:
        kept = self._kept.get(node)
        if kept is not None:
            kept.console.operation = operation

    async def _set(self, wanted: dict[str, Wanted]) -> None:
        for node in self._kept.keys() - wanted.keys():
            await self._drop(node, "the console was switched off, or another conductor has it")
        for each in wanted.values():
            try:
                await self._have(each)
            except exception.IronicLiteError as exc:
                LOG.error("Node %s: no console: %s", each.node, exc.message)

    async def _have(self, wanted: Wanted) -> dict[str, Any]:
        async with self._turn:
            kept = self._kept.get(wanted.node)
            if kept is None or kept.changed != wanted.changed:
                kept = await self._open(wanted, kept)
            kept.console.operation = wanted.operation
            return {"type": "socat", "url": kept.tcp.url, **kept.console.information()}

    async def _open(self, wanted: Wanted, old: _Kept | None) -> _Kept:
        if old is not None:
            del self._kept[wanted.node]
            old.tcp.close()
            await old.console.close("the console's settings were changed")
        node = await self._node(wanted.node)
        directory = self.directory(wanted.node)
        try:
            opened = console.Console(
                wanted.node,
                directory,
                CONF.console.log_size,
                functools.partial(self._connect, wanted.node),
            )
        except OSError as exc:
            raise exception.ConsoleError(
                reason=f"its log in {directory} cannot be written: {exc.strerror}"
            ) from None
        opened.operation = wanted.operation
        tcp = RawTCP(opened, node.driver_info.get("ipmi_terminal_port"))
        try:
            await tcp.open()
        except exception.IronicLiteError:
            await opened.close("there is no port for it")
            raise
        kept = self._kept[wanted.node] = _Kept(opened, tcp, wanted.changed)
        return kept

    async def _drop(self, node: str, why: str) -> None:
        async with self._turn:
            kept = self._kept.pop(node, None)
            if kept is not None:
                kept.tcp.close()
                self.tokens.forget(node)
                await kept.console.close(why)

    async def _close(self) -> None:
        self._entrance.close()
        if self._ssh is not None:
            self._ssh.close()
        kept, self._kept = list(self._kept.values()), {}
        for each in kept:
            each.tcp.close()
        await asyncio.gather(*(each.console.close("the conductor stopped") for each in kept))

    async def _connect(self, uuid: str) -> ConsoleStream:
        async with self._connecting:
            try:
                node = await self._node(uuid)
                interface = self._drivers.driver_for(node).console
            except exception.IronicLiteError as exc:
                raise ConsoleUnavailable(exc.message) from None
            return await interface.open_stream(node)

    async def _visited(self, ident: str, project: str | None) -> console.Console:
        """Return the console of a node, by its name or UUID, for somebody who sees the nodes of a project; None: all.

        :raises NodeNotFound, NodeConsoleNotEnabled, ConsoleError: when they cannot have it here.
        """

        def read() -> Any:
            return Node.get(ironic_context.admin_context(), ident)

        node = await self._loop.run_in_executor(self._readers, read)
        if project is not None and node.owner != project:
            raise exception.NodeNotFound(node=ident)
        found = self.find(node.uuid)
        if found is None:
            if not node.console_enabled:
                raise exception.NodeConsoleNotEnabled(node=ident)
            raise exception.ConsoleError(reason="another conductor has it; connect there")
        return found

    async def _node(self, uuid: str) -> Any:
        def read() -> Any:
            return Node.get_by_uuid(ironic_context.admin_context(), uuid)

        return await self._loop.run_in_executor(self._readers, read)


def logs_directory(host: str) -> Path:
    """Return the directory with the logs of a conductor's consoles."""
    base = CONF.console.log_directory or f"{CONF.state_path}/console-logs"
    return Path(base).expanduser() / host


Find = Callable[[str], console.Console | None]
