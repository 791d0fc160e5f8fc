# SPDX-License-Identifier: Apache-2.0
"""The boot service of an interface: it waits for an address, looks who else is there, serves, and watches all that."""

import asyncio
import contextlib
import ipaddress
import logging
from collections.abc import Callable
from ipaddress import IPv4Address
from urllib.parse import urlsplit

from ironic_lite.common import exception
from ironic_lite.netboot import foreign, interface, sockets
from ironic_lite.netboot.events import Events
from ironic_lite.netboot.interface import State
from ironic_lite.netboot.leases import LeaseFile
from ironic_lite.netboot.nodes import Nodes
from ironic_lite.netboot.settings import Settings
from ironic_lite.netboot.stack import Stack

LOG = logging.getLogger(__name__)

_WATCH_INTERVAL = 1.0
_ASK_INTERVAL = 60.0
"""Seconds between two questions for other DHCP servers, and between two tries to reach the API."""
_API_PATIENCE = 5.0


class BootService:
    """Serves one interface until it is told to stop.

    :param say: gets the line that says what is served, each time that this begins.
    :param asks_first: whether to look for other DHCP servers before the first answer; a service that was killed
        and comes back does that later, because servers wait for it.
    """

    def __init__(
        self,
        settings: Settings,
        nodes: Nodes,
        file: LeaseFile,
        events: Events,
        say: Callable[[str], None],
        asks_first: bool = True,
    ) -> None:
        self._settings, self._nodes, self._file, self._events = settings, nodes, file, events
        self._say, self._asks_first = say, asks_first
        self._stack: Stack | None = None
        self._is_proxy: bool | None = None
        self._reported: str | None = None
        self._strangers: list[IPv4Address] = []
        self._api_trouble: str | None = None

    async def run(self, stop: asyncio.Event) -> None:
        """Serve until ``stop`` is set.

        :raises ConfigInvalid: the interface cannot be served as the options say, for a reason that will not go away.
        """
        async with asyncio.TaskGroup() as group:
            watching = [
                group.create_task(self._nodes.run()),
                group.create_task(self._watch_others()),
            ]
            try:
                while not stop.is_set():
                    await self._look()
                    with contextlib.suppress(TimeoutError):
                        await asyncio.wait_for(stop.wait(), _WATCH_INTERVAL)
            finally:
                for task in watching:
                    task.cancel()
                await self._stop_stack()

    async def _look(self) -> None:
        """Bring what is served in line with the interface's state."""
        name = self._settings.interface
        try:
            state = interface.look(name)
            problem = state.problem
        except interface.NoInterface as exc:
            if self._stack is None and self._reported is None:
                raise exception.ConfigInvalid(error_msg=f"{exc}.") from None
            state, problem = None, str(exc)
        if self._stack is not None and (problem or not _is_same(self._stack.state, state)):
            LOG.warning("%s has changed: %s", name, problem or "it has another address")
            await self._stop_stack()
        elif self._stack and state and state.link_local != self._stack.state.link_local:
            self._stack.advertise(state)
        if problem:
            self._tell(f"Waiting: {problem}.")
        elif self._stack is None:
            assert state is not None
            await self._start(state)

    async def _start(self, state: State) -> None:
        try:
            if self._is_proxy is None:
                self._is_proxy = await self._choose(state)
            stack = Stack(
                self._settings, state, self._is_proxy, self._nodes, self._file, self._events
            )
            await stack.start()
        except sockets.CannotListen as exc:
            if self._reported is None:
                raise exception.ConfigInvalid(error_msg=f"{exc}.") from None
            self._tell(f"Waiting: {exc}.")
            return
        self._stack = stack
        self._tell(self._description(stack))

    async def _choose(self, state: State) -> bool:
        """Return whether to be a proxy, by the option and by who else is there.

        :raises ConfigInvalid: the option says ``full``, and another DHCP server answers.
        """
        mode = self._settings.mode
        if not self._asks_first and mode != "auto":
            return mode == "proxy"
        others = await foreign.servers(state)
        named = ", ".join(map(str, others))
        if mode == "full" and others:
            raise exception.ConfigInvalid(
                error_msg=f"Another DHCP server answers on {state.name}: {named}. Stop it, or let it give the "
                "addresses and this service only the boot files: set [netboot] mode to proxy or auto (--mode proxy)."
            )
        if mode == "proxy" and not others:
            LOG.warning(
                "No DHCP server answers on %s. In the mode proxy another one must give the addresses; without it no "
                "server boots.",
                state.name,
            )
        self._strangers = others
        return mode == "proxy" or bool(others)

    def _description(self, stack: Stack) -> str:
        assert stack.state.ipv4 is not None
        settings, address = self._settings, stack.state.ipv4
        gives = (
            "boot files beside another DHCP server"
            if stack.is_proxy
            else f"addresses {stack.network.addresses.first}-{stack.network.addresses.last}"
        )
        whom = "known servers" if settings.only_known else "all servers"
        return (
            f"{settings.interface} ({address}): {gives}, to {whom}; iPXE from {settings.files.directory}; scripts from "
            f"{settings.api_url(address.ip)}"
        )

    def _tell(self, text: str) -> None:
        if text != self._reported:
            self._reported = text
            self._say(text)

    async def _stop_stack(self) -> None:
        if self._stack is not None:
            stack, self._stack = self._stack, None
            await stack.stop()

    async def _watch_others(self) -> None:
        """Look again and again for other DHCP servers, and whether the API can be reached from the servers' network."""
        while True:
            stack = self._stack
            if stack is None:
                await asyncio.sleep(_WATCH_INTERVAL)
                continue
            await self._try_api(stack)
            await asyncio.sleep(_ASK_INTERVAL)
            if stack is self._stack and not stack.is_proxy:
                await self._ask_for_strangers(stack)

    async def _ask_for_strangers(self, stack: Stack) -> None:
        try:
            others = await foreign.servers(stack.state)
        except sockets.CannotListen:
            return
        if others and others != self._strangers:
            LOG.error(
                "Another DHCP server answers on %s: %s. Servers may take its addresses, and then do not boot from "
                "here. Stop it, or use [netboot] mode = proxy.",
                stack.state.name,
                ", ".join(map(str, others)),
            )
        self._strangers = others

    async def _try_api(self, stack: Stack) -> None:
        """Say it when the servers have no way to the API."""
        assert stack.state.ipv4 is not None
        address = stack.state.ipv4
        url = self._settings.api_url(address.ip)
        trouble = _without_router(stack, url) or await _unreachable(url, str(address.ip))
        if trouble != self._api_trouble:
            if trouble:
                LOG.error("Servers on %s cannot reach the API: %s", stack.state.name, trouble)
            else:
                LOG.info("The API can be reached at %s", url)
        self._api_trouble = trouble


def _is_same(one: State, other: State | None) -> bool:
    """Whether nothing changed that sockets are bound to."""
    return other is not None and (one.index, one.mac, one.ipv4) == (
        other.index,
        other.mac,
        other.ipv4,
    )


def _without_router(stack: Stack, url: str) -> str | None:
    try:
        host = ipaddress.ip_address(urlsplit(url).hostname or "")
    except ValueError:
        return None
    network = stack.network
    if stack.is_proxy or network.router is not None or host in network.network:
        return None
    return (
        f"{host} is not in {network.network}, and they get no router. Set [netboot] router, or [api] public_endpoint "
        f"to a URL with an address in {network.network}."
    )


async def _unreachable(url: str, source: str) -> str | None:
    parts = urlsplit(url)
    port = parts.port or (443 if parts.scheme == "https" else 80)
    try:
        async with asyncio.timeout(_API_PATIENCE):
            _reader, writer = await asyncio.open_connection(
                parts.hostname, port, local_addr=(source, 0)
            )
    except (OSError, TimeoutError) as exc:
        why = getattr(exc, "strerror", None) or "no answer"
        return (
            f"{url} cannot be reached from {source}: {why}. Start the API so that it listens there ([api] host_ip), or "
            "let the firewall pass it."
        )
    writer.close()
    return None
