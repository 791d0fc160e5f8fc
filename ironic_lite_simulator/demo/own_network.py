# SPDX-License-Identifier: Apache-2.0
"""A network namespace for the whole demo, with doors to it on this machine's loopback.

The demo starts itself again in the namespace. That needs root, or a kernel that lets users make namespaces: then the
demo keeps the user's identity, and has the capabilities only in there. Sockets that were opened before still belong to
the network outside; a :class:`Door` hands what they accept to the same port inside.
"""

import asyncio
import contextlib
import os
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Sequence
from pathlib import Path
from typing import NoReturn

BRIDGE, VLAN = "vlan1", 1
ADDRESS, NETWORK = "192.0.2.1", "192.0.2.0/24"
"""Addresses for documentation (RFC 5737): nothing outside has them."""
NAMESPACE = "/proc/self/ns/net"
_LOOPBACK = "127.0.0.1"
_CHUNK = 65536
_TIMEOUT = 30.0


class NetworkFailed(Exception):
    """The namespace could not be made; the message says why, and what to do."""


def enter(arguments: Sequence[str], doors: Sequence[socket.socket]) -> NoReturn:
    """Start ``ironic-lite demo`` again, with these arguments and ``--inside``, in a namespace of its own.

    :param doors: listening sockets that the new process gets.
    :raises NetworkFailed: this user may not make a namespace.
    """
    own = ["--net"]
    if os.geteuid() != 0:
        own = ["--user", "--map-current-user", "--keep-caps", *own]
    unshare = shutil.which("unshare")
    if unshare is None:
        raise NetworkFailed("the program unshare is missing: apt-get install util-linux")
    tried = subprocess.run(  # noqa: S603 - our own words
        [unshare, *own, "--", "true"],
        capture_output=True,
        text=True,
        timeout=_TIMEOUT,
        check=False,
    )
    if tried.returncode:
        raise NetworkFailed(
            f"{tried.stderr.strip()}. Virtual machines need a network namespace: run this as root, or let users make "
            "namespaces (sysctl kernel.unprivileged_userns_clone=1, or kernel.apparmor_restrict_unprivileged_userns=0)"
        )
    for door in doors:
        door.set_inheritable(True)
    inside = ",".join(str(door.fileno()) for door in doors)
    program = Path(sys.executable).with_name("ironic-lite")
    again = [str(program), "demo", *arguments, "--inside", inside]
    os.execv(unshare, [unshare, *own, "--", *again])  # noqa: S606 - our own words


def prepare() -> None:
    """Make the loopback and the servers' network ready, in the namespace.

    :raises NetworkFailed: ``ip`` reported an error.
    """
    for command in (
        "link set dev lo up",
        f"link add name {BRIDGE} address 02:00:00:01:00:01 type bridge",
        f"address add {ADDRESS}/24 dev {BRIDGE}",
        f"link set dev {BRIDGE} up",
    ):
        try:
            done = subprocess.run(  # noqa: S603 - our own words
                ["ip", *command.split()],  # noqa: S607 - wherever the system has it
                capture_output=True,
                text=True,
                timeout=_TIMEOUT,
                check=False,
            )
        except FileNotFoundError:
            raise NetworkFailed("the program ip is missing: apt-get install iproute2") from None
        if done.returncode:
            raise NetworkFailed(f"ip {command}: {done.stderr.strip()}")


def listen(port: int) -> socket.socket:
    """Return a socket that listens on a port of this machine's loopback; 0 is any free port.

    :raises OSError: the port is taken.
    """
    return socket.create_server((_LOOPBACK, port))


class Door:
    """Hands connections from a listening socket to the same port of the loopback inside, in a thread of its own."""

    def __init__(self, descriptor: int) -> None:
        self._listening = socket.socket(fileno=descriptor)
        self.port: int = self._listening.getsockname()[1]
        self._loop = asyncio.new_event_loop()
        self._stop = asyncio.Event()
        self._thread = threading.Thread(target=self._run, name=f"door-{self.port}", daemon=True)

    def open(self) -> None:
        """Begin to hand on."""
        self._thread.start()

    def close(self) -> None:
        """Close the listening socket and all connections."""
        self._loop.call_soon_threadsafe(self._stop.set)
        self._thread.join(_TIMEOUT)

    def _run(self) -> None:
        with contextlib.closing(self._loop):
            self._loop.run_until_complete(self._serve())

    async def _serve(self) -> None:
        handing: set[asyncio.Task[None]] = set()

        def accept(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            task = asyncio.create_task(self._hand_on(reader, writer))
            handing.add(task)
            task.add_done_callback(handing.discard)

        server = await asyncio.start_server(accept, sock=self._listening)
        await self._stop.wait()
        server.close()
        for task in handing:
            task.cancel()
        await asyncio.gather(*handing, return_exceptions=True)

    async def _hand_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            inner_reader, inner_writer = await asyncio.open_connection(_LOOPBACK, self.port)
        except OSError:
            # Nobody listens inside: the client sees the connection end, as it would without a door.
            writer.close()
            return
        try:
            await asyncio.gather(_copy(reader, inner_writer), _copy(inner_reader, writer))
        finally:
            inner_writer.close()
            writer.close()


async def _copy(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    with contextlib.suppress(OSError):
        while chunk := await reader.read(_CHUNK):
            writer.write(chunk)
            await writer.drain()
        if writer.can_write_eof():
            writer.write_eof()
