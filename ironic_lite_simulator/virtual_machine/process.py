# SPDX-License-Identifier: Apache-2.0
"""One run of QEMU: from a power on, or a reset, to the next."""

import asyncio
import contextlib
import signal
import socket
from pathlib import Path
from typing import Any, cast

from qemu.qmp import EventListener, QMPClient, QMPError, Runstate

from ironic_lite_simulator.virtual_machine import command_line, firmware
from ironic_lite_simulator.virtual_machine.console import Console

_END_TIMEOUT = 10.0
_COMMAND_TIMEOUT = 10.0


class MachineFailed(Exception):
    """QEMU could not be started; the message says why."""


class Run:
    """A running QEMU. It ends with this process, however that ends."""

    def __init__(self, process: asyncio.subprocess.Process, output: Path) -> None:
        self._process = process
        self._output = output
        self._monitor = QMPClient()
        self._ends = EventListener("SHUTDOWN")
        self._monitor.register_listener(self._ends)
        self._following: asyncio.Task[None] | None = None

    @classmethod
    async def start(
        cls,
        hardware: command_line.Hardware,
        order: tuple[str, ...],
        console: Console,
        output: Path,
    ) -> "Run":
        """Start QEMU. ``output`` is the file of its messages.

        :raises MachineFailed: it ended at once, or did not answer.
        :raises NotInstalled: it or its firmware is missing.
        """
        monitor, monitor_end = socket.socketpair()
        serial, serial_end = socket.socketpair()
        with contextlib.ExitStack() as ends:
            for end in (monitor_end, serial_end):
                ends.enter_context(end)
            handed_on = (monitor_end.fileno(), serial_end.fileno())
            argv = command_line.arguments(hardware, order, *handed_on)
            with output.open("ab") as messages:
                # It dies with the thread that starts it.
                process = await asyncio.create_subprocess_exec(
                    *(firmware.program(firmware.SETPRIV), "--pdeathsig", "KILL", "--", *argv),
                    stdin=asyncio.subprocess.DEVNULL,
                    stdout=messages,
                    stderr=messages,
                    pass_fds=(*handed_on, *hardware.taps),
                    start_new_session=True,
                )
        run = cls(process, output)
        try:
            await run._connect(monitor, serial, console)
        except BaseException:
            await run.kill()
            monitor.close()
            serial.close()
            raise
        return run

    async def _connect(
        self, monitor: socket.socket, serial: socket.socket, console: Console
    ) -> None:
        reader, writer = await asyncio.open_connection(sock=serial)
        self._following = asyncio.create_task(console.follow(reader, writer))
        try:
            async with asyncio.timeout(_END_TIMEOUT * 3):
                await self._monitor.connect(monitor)
        except (QMPError, OSError, TimeoutError) as exc:
            await self.kill()
            raise MachineFailed(f"QEMU did not start: {self._said()}") from exc

    def _said(self) -> str:
        """Return QEMU's last message."""
        lines = self._output.read_text(errors="replace").splitlines()
        return lines[-1] if lines else "it said nothing"

    async def ended(self) -> str:
        """Wait until the run ends; returns QEMU's reason: ``guest-shutdown``, ``guest-reset``, ``guest-panic`` ...

        The reason is ``host-signal`` after :meth:`kill`, and QEMU's last message if it crashed.
        """
        status = await self._process.wait()
        # What it said last is still on its way.
        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(_END_TIMEOUT):
                while self._monitor.runstate is Runstate.RUNNING:
                    await self._monitor.runstate_changed()
                if self._following is not None:
                    await self._following
        with contextlib.suppress(Exception):
            await self._monitor.disconnect()
        for event in self._ends.clear():
            return str(cast(dict[str, Any], event["data"])["reason"])
        return "host-signal" if status == -signal.SIGKILL else f"crash: {self._said()}"

    async def kill(self) -> None:
        """Cut the power."""
        with contextlib.suppress(ProcessLookupError):
            self._process.kill()
        await self._process.wait()

    async def press_power_button(self) -> None:
        """Ask the operating system to shut down; one that does not listen goes on."""
        await self._execute("system_powerdown")

    async def interrupt(self) -> None:
        """Send a non-maskable interrupt."""
        await self._execute("inject-nmi")

    async def set_link(self, nic: str, up: bool) -> None:
        """Make the operating system see a NIC's link go up or down."""
        await self._execute("set_link", {"name": f"nic-{nic}", "up": up})

    async def _execute(self, command: str, arguments: dict[str, Any] | None = None) -> None:
        # A machine that has just ended has no buttons any more.
        with contextlib.suppress(QMPError, TimeoutError):
            async with asyncio.timeout(_COMMAND_TIMEOUT):
                await self._monitor.execute(command, arguments)
