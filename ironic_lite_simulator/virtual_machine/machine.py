# SPDX-License-Identifier: Apache-2.0
"""A server that is a virtual machine: the rack's BMC changes its power, QEMU is the rest."""

import asyncio
import shutil
from pathlib import Path
from typing import Any

from ironic_lite_simulator.bmc.boot_options import BootOptions
from ironic_lite_simulator.boot_order import boot_order
from ironic_lite_simulator.description import GIB, VirtualMachine
from ironic_lite_simulator.faults import Faults, InvalidFault
from ironic_lite_simulator.network.nic import Nic
from ironic_lite_simulator.surroundings import Identity, Surroundings
from ironic_lite_simulator.virtual_machine import firmware
from ironic_lite_simulator.virtual_machine.command_line import Hardware
from ironic_lite_simulator.virtual_machine.console import Console
from ironic_lite_simulator.virtual_machine.process import MachineFailed, Run

# A real server, too, is without power for a moment.
_CYCLE_OFF = 0.3


class BmcFaults(Faults):
    """The faults that a virtual machine can have: those of its BMC. Its agent is real."""

    def update(self, changes: dict[str, Any]) -> None:
        """Set the given faults and keep the others. If one is invalid, none is set.

        :raises InvalidFault: a name is unknown or not one of a BMC, or a value does not fit.
        """
        for name in changes:
            if not name.startswith("bmc_") and name != "ignore_power_off":
                raise InvalidFault(
                    f"{name} is not possible on a virtual machine, only ignore_power_off and bmc_*."
                )
        super().update(changes)


class Machine:
    """Power and boot of one virtual machine, and its serial console.

    Each boot, also after a reset by the operating system, is a new process of QEMU with the boot order of that moment.
    ``phase`` is what the console showed last: ``off``, ``on``, or one of :class:`Console`.
    """

    def __init__(
        self,
        identity: Identity,
        description: VirtualMachine,
        directory: Path,
        surroundings: Surroundings,
    ) -> None:
        self.identity = identity
        self.description = description
        self.faults = BmcFaults()
        self._clock = asyncio.get_running_loop().time
        self.boot_options = BootOptions(self._clock, self.faults)
        self.power_changed_at = float("-inf")
        self.phase = "off"
        self.disks = tuple(directory / f"disk-{n}.img" for n in range(len(description.disks)))
        self._directory = directory
        self._around = surroundings
        self._variables = directory / "uefi-variables.fd"
        self.console_door = directory / "console.sock"
        self.console_log = directory / "console.log"
        self._console = Console(self.console_log, self.console_door, self._enter)
        self._power = False
        self._run: Run | None = None
        self._watcher: asyncio.Task[None] | None = None
        self._changes: asyncio.Queue[str] = asyncio.Queue()
        self._worker: asyncio.Task[None] | None = None
        for nic in identity.nics:
            surroundings.fabric.attach_machine(nic.switch_port, _Cable(self, nic))

    async def open(self) -> None:
        """Make the disks, which start empty, and the variables of UEFI firmware; open the console.

        :raises NotInstalled: QEMU or the firmware is missing.
        :raises OSError: a file cannot be made.
        """
        for program in firmware.PACKAGES:
            firmware.program(program)
        flash = firmware.flash(self.description.firmware)
        if flash is not None:
            shutil.copyfile(flash.variables, self._variables)
        for path, disk in zip(self.disks, self.description.disks, strict=True):
            with path.open("wb") as file:
                file.truncate(disk.size_gib * GIB)
        await self._console.open()
        self._worker = asyncio.create_task(self._work(), name=f"{self.identity.name}-power")

    async def close(self) -> None:
        """Cut the power, and close the console."""
        if self._worker is not None:
            self._worker.cancel()
            await asyncio.gather(self._worker, return_exceptions=True)
        await self._stop()
        await self._console.close()

    @property
    def powered_on(self) -> bool:
        return self._power

    @property
    def boot_mode(self) -> str:
        return "bios" if self.description.firmware == "bios" else "uefi"

    def control(self, action: str) -> None:
        """Queue a power action: on, off, cycle, reset, soft or diag."""
        self._changes.put_nowait(action)

    def console_lines(self) -> list[str]:
        """Return the last lines of the serial console."""
        return self._console.lines()

    def type(self, text: str) -> None:
        """Send keystrokes to the serial console."""
        self._console.type(text)

    def status(self) -> dict[str, Any]:
        """Return what GET /servers/N shows of the machine."""
        return {
            "kind": "vm",
            "firmware": self.description.firmware,
            "accelerated": firmware.accelerated(),
            "phase": self.phase,
            "boot_mode": self.boot_mode,
            "disks": [str(path) for path in self.disks],
            "console_log": str(self.console_log),
            "console_socket": str(self.console_door),
        }

    def lease(self, _nic: Nic) -> None:
        """Return None: only the operating system knows its addresses."""

    async def see_link(self, nic: Nic) -> None:
        """Make the operating system see whether a NIC has a link."""
        if self._run is not None:
            link = self._around.fabric.link(nic.switch_port)
            await self._run.set_link(nic.name, link is not None)

    async def _work(self) -> None:
        while True:
            action = await self._changes.get()
            handler = getattr(self, f"_{action}")
            await handler()

    async def _on(self) -> None:
        if not self._power:
            self._switch(True)
            await self._boot()

    async def _off(self) -> None:
        if self._power and not self.faults.ignore_power_off:
            await self._stop()
            self._switch(False)

    async def _soft(self) -> None:
        """Press the power button: an operating system shuts down; firmware and boot loaders do not listen."""
        if self._run is not None and not self.faults.ignore_power_off:
            await self._run.press_power_button()

    async def _cycle(self) -> None:
        await self._off()
        if not self._power:
            await asyncio.sleep(_CYCLE_OFF)
            await self._on()

    async def _reset(self) -> None:
        if self._power:
            await self._stop()
            await self._boot()

    async def _diag(self) -> None:
        if self._run is not None:
            await self._run.interrupt()

    async def _boot(self) -> None:
        """Start QEMU; without it the server is on, and does nothing, like one with a broken board."""
        override = self.boot_options.take()
        order = boot_order(override)
        self._enter("on")
        self._record("boot", order=list(order), firmware=self.description.firmware)
        fabric = self._around.fabric
        hardware = Hardware(
            name=self.identity.name,
            uuid=self.identity.uuid,
            description=self.description,
            disks=self.disks,
            variables=self._variables,
            nics=self.identity.nics,
            taps=tuple(fabric.tap(nic.switch_port) for nic in self.identity.nics),
        )
        try:
            run = await Run.start(hardware, order, self._console, self._directory / "qemu.log")
        except (MachineFailed, firmware.NotInstalled, OSError) as exc:
            self._record("machine-failed", error=str(exc))
            self._console.say(str(exc))
            return
        self._run = run
        for nic in self.identity.nics:
            await self.see_link(nic)
        self._watcher = asyncio.create_task(self._watch(run), name=f"{self.identity.name}-watch")

    async def _boot_again(self) -> None:
        """Boot after a reset by the operating system, unless something else has been done meanwhile."""
        if self._power and self._run is None:
            await self._boot()

    async def _watch(self, run: Run) -> None:
        """Follow what the operating system does about power."""
        reason = await run.ended()
        self._run = None
        self._record("machine-ended", reason=reason)
        if reason == "guest-reset":
            self.control("boot_again")
        else:
            self._switch(False)

    async def _stop(self) -> None:
        """End the run, if there is one, and do not follow it any more."""
        watcher, self._watcher = self._watcher, None
        if watcher is not None:
            watcher.cancel()
            await asyncio.gather(watcher, return_exceptions=True)
        run, self._run = self._run, None
        if run is not None:
            await run.kill()
            await run.ended()

    def _switch(self, on: bool) -> None:
        self._power = on
        self.power_changed_at = self._clock()
        if not on:
            self.phase = "off"
        self._record("power-is", power="on" if on else "off")

    def _enter(self, phase: str) -> None:
        self.phase = phase
        self._record("phase", phase=phase)

    def _record(self, action: str, **details: Any) -> None:
        self._around.journal.record(self.identity.name, "machine", action, **details)


class _Cable:
    """The machine's end of a NIC's cable; QEMU itself takes the frames."""

    def __init__(self, machine: Machine, nic: Nic) -> None:
        self._machine = machine
        self._nic = nic
        self._tasks: set[asyncio.Task[None]] = set()

    def link_changed(self) -> None:
        """Learn that the link has gone down or up."""
        task = asyncio.create_task(self._machine.see_link(self._nic))
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
