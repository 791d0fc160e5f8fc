# SPDX-License-Identifier: Apache-2.0
"""A virtual server: power, firmware and what runs on it."""

import asyncio
import collections
import dataclasses
import time
from collections.abc import Coroutine
from typing import Any

from ironic_lite_simulator import ipxe
from ironic_lite_simulator.agent.agent import Agent
from ironic_lite_simulator.bmc.boot_options import BootOptions
from ironic_lite_simulator.boot_order import boot_order
from ironic_lite_simulator.disk import Disk
from ironic_lite_simulator.faults import Faults
from ironic_lite_simulator.network.boot import NetworkBoot
from ironic_lite_simulator.network.dhcp import Lease
from ironic_lite_simulator.network.nic import Nic
from ironic_lite_simulator.network.stack import Stack
from ironic_lite_simulator.surroundings import Identity, Surroundings

_CONSOLE_LINES = 500


class Machine:
    """Power and boot of one server. Its BMC and its agent control it.

    ``phase`` is what it does now: off, post, pxe, ramdisk, agent, booting-disk, booted,
    no-bootable-device, setup or hung.
    """

    def __init__(
        self, identity: Identity, disk: Disk, faults: Faults, surroundings: Surroundings
    ) -> None:
        self.identity = identity
        self.disk = disk
        self.faults = faults
        self._clock = asyncio.get_running_loop().time
        self.boot_options = BootOptions(self._clock, faults)
        self.power_changed_at = float("-inf")
        self.phase = "off"
        self.agent: Agent | None = None
        self.ghosts: list[Agent] = []
        self.booted_image: str | None = None
        self.booted_url: str | None = None
        self.boot_mode = "bios"
        self.rescue_password_hash: str | None = None
        self.console: collections.deque[str] = collections.deque(maxlen=_CONSOLE_LINES)
        self._around = surroundings
        self.network = Stack(
            identity.nics, identity.uuid, surroundings.fabric, surroundings.timing, self._tell
        )
        self._network_boot = NetworkBoot(identity, surroundings, self.network, self._tell)
        self._power = False
        self._running: asyncio.Task[None] | None = None
        self._changes: asyncio.Queue[str] = asyncio.Queue()
        self._worker = asyncio.create_task(self._work(), name=f"{identity.name}-power")

    @property
    def powered_on(self) -> bool:
        return self._power

    @property
    def boot_nic(self) -> Nic:
        """The NIC that the server booted from last; the first one if it never booted over the network."""
        return self._network_boot.nic

    def control(self, action: str) -> None:
        """Queue a power action: on, off, cycle, reset, soft or diag."""
        self._changes.put_nowait(action)

    def reachable_agent(self) -> Agent | None:
        """Return the agent that answers at the server's address; a stale agent only if there is no other."""
        if self.agent is not None:
            return self.agent
        return next((g for g in reversed(self.ghosts) if g.reachable), None)

    def console_lines(self) -> list[str]:
        """Return the last lines of the serial console."""
        return list(self.console)

    def lease(self, nic: Nic) -> Lease | None:
        """Return what a NIC has got by DHCP."""
        return self.network.lease(nic)

    def status(self) -> dict[str, Any]:
        """Return what GET /servers/N shows of the machine."""
        agent = self.agent
        return {
            "kind": "simulated",
            "phase": self.phase,
            "boot_mode": self.boot_mode,
            "agent": None if agent is None else agent.state,
            "agent_version": None if agent is None else agent.version,
            "node": None if agent is None else agent.node_uuid,
            "ghosts": len(self.ghosts),
            "disk_sha256": self.disk.sha256(),
            "disk_image_size": self.disk.image_size,
            "raid": self.disk.arrays,
            "partitions": [p.as_dict() for p in self.disk.partitions],
            "booted_image": self.booted_image,
            "booted_url": self.booted_url,
            "config_drive_sha256": self.disk.config_drive_sha256,
            "rescue_password_hash": self.rescue_password_hash,
        }

    async def close(self) -> None:
        """Stop everything that runs on the server."""
        self._worker.cancel()
        await asyncio.gather(self._worker, return_exceptions=True)
        await self._stop(leave_ghost=False)
        for ghost in self.ghosts:
            await ghost.kill()

    def say(self, line: str) -> None:
        """Write a line on the serial console."""
        self.console.append(f"{time.strftime('%H:%M:%S')} {line}")

    async def _work(self) -> None:
        while True:
            action = await self._changes.get()
            handler = getattr(self, f"_{action}")
            await handler()

    async def _on(self) -> None:
        if self._power:
            return
        await asyncio.sleep(self._around.timing.power_change)
        self._switch(True)
        self._start(self._boot())

    async def _off(self) -> None:
        if not self._power or self.faults.ignore_power_off:
            return
        await asyncio.sleep(self._around.timing.power_change)
        await self._stop()
        self._switch(False)

    async def _soft(self) -> None:
        """Press the power button: an operating system shuts down first; firmware powers off at once."""
        if self.phase in ("agent", "booted") and not self.faults.ignore_power_off:
            self.say("Power button pressed, shutting down")
            await asyncio.sleep(self._around.timing.soft_off)
        await self._off()

    async def _cycle(self) -> None:
        await self._off()
        if not self._power:
            await asyncio.sleep(self._around.timing.power_cycle_off)
            await self._on()

    async def _reset(self) -> None:
        if not self._power:
            return
        await self._stop()
        self._start(self._boot())

    async def _diag(self) -> None:
        self.say("NMI: diagnostic interrupt received")

    def _switch(self, on: bool) -> None:
        self._power = on
        self.power_changed_at = self._clock()
        if not on:
            self.phase = "off"
        self._record("power-is", power="on" if on else "off")

    def _start(self, work: Coroutine[Any, Any, None]) -> None:
        self._running = asyncio.create_task(work, name=f"{self.identity.name}-boot")

    async def _stop(self, leave_ghost: bool = True) -> None:
        """Stop what runs. With the fault ``stale_agent`` an agent that has found its node keeps running."""
        self.rescue_password_hash = None
        self.booted_image = self.booted_url = None
        agent, self.agent = self.agent, None
        if agent is not None:
            if leave_ghost and self.faults.stale_agent and agent.state == "running":
                self.ghosts.append(agent)
                self._record("agent-left-as-ghost")
            else:
                await agent.kill()
        if self._running is not None:
            self._running.cancel()
            await asyncio.gather(self._running, return_exceptions=True)
            self._running = None
        if not self.ghosts:
            self.network.stop()

    async def _boot(self) -> None:
        self._enter("post")
        await asyncio.sleep(self._around.timing.post)
        if self.faults.firmware_hangs:
            self._enter("hung")
            return
        override = self.boot_options.take()
        self.boot_mode = "uefi" if override is not None and override.efi else "bios"
        order = boot_order(override)
        self.say(f"Firmware ({self.boot_mode}), boot order: {', '.join(order)}")
        for device in order:
            if device == "bios":
                self._enter("setup")
                return
            booted = await (self._boot_disk() if device == "disk" else self._boot_pxe())
            if booted:
                return
        self.network.stop()
        self.say("No bootable device.")
        self._enter("no-bootable-device")

    async def _boot_disk(self) -> bool:
        if not self.disk.boots():
            self.say("Disk: not bootable")
            return False
        self._enter("booting-disk")
        await asyncio.sleep(self._around.timing.disk_boot)
        self.network.start()
        self.booted_image = await asyncio.to_thread(self.disk.sha256)
        drive = "with" if self.disk.config_drive() is not None else "without"
        self.say(f"Booted image sha256:{self.booted_image} {drive} config drive")
        self.say(f"{self.identity.name} login:")
        self._enter("booted", image=self.booted_image)
        return True

    async def _boot_pxe(self) -> bool:
        """Boot over the network; return True if a ramdisk or a disk boots."""
        self._enter("pxe")
        outcome = await self._network_boot.run(self.boot_mode)
        if outcome is None:
            return False
        if outcome.action == "iso":
            assert outcome.kernel is not None
            await self._boot_in_memory(outcome.kernel.url)
            return True
        if outcome.action == "volume":
            await self._boot_volume(outcome.volumes)
            return True
        if outcome.action == "boot":
            assert outcome.kernel is not None
            await self._boot_ramdisk(outcome.kernel, len(outcome.initrds))
            return True
        self.say(f"iPXE: {outcome.action}")
        if outcome.action == "reboot":
            self.control("reset")
            return True
        return outcome.action == "disk" and await self._boot_disk()

    async def _boot_ramdisk(self, kernel: ipxe.BootFile, initrds: int) -> None:
        self._enter("ramdisk", kernel=kernel.url)
        parameters = ipxe.kernel_parameters(kernel.arguments)
        self.say(f"Kernel {kernel.url} with {initrds} initrd")
        await asyncio.sleep(self._around.timing.ramdisk_boot)
        api_url = parameters.get("ipa-api-url", "")
        if self.faults.agent_never_boots or not initrds:
            self.say("Kernel panic: no working init found")
            self._enter("hung")
            return
        if not api_url:
            await self._boot_in_memory(kernel.url)
            return
        self._enter("agent")
        self.network.start()
        self.agent = Agent(self, api_url, parameters, self._around)
        self.agent.start()

    async def _boot_in_memory(self, url: str) -> None:
        """Boot an operating system from a ramdisk or an ISO image, without touching the disk."""
        await asyncio.sleep(self._around.timing.disk_boot)
        self.network.start()
        self.booted_url = url
        self.say(f"Booted {url}")
        self.say(f"{self.identity.name} login:")
        self._enter("booted", url=url)

    async def _boot_volume(self, volumes: tuple[ipxe.Volume, ...]) -> None:
        """Boot from an iSCSI volume: it is recorded which one; no target is contacted."""
        await asyncio.sleep(self._around.timing.disk_boot)
        self.booted_url = volumes[0].urls[0]
        self.say(f"Booted {volumes[0].target}")
        self.say(f"{self.identity.name} login:")
        self._enter(
            "booted",
            url=self.booted_url,
            target=volumes[0].target,
            volumes=[dataclasses.asdict(volume) for volume in volumes],
        )

    def _enter(self, phase: str, **details: Any) -> None:
        self.phase = phase
        self._record("phase", phase=phase, **details)

    def _tell(self, line: str, action: str, details: dict[str, Any]) -> None:
        self.say(line)
        self._record(action, **details)

    def _record(self, action: str, **details: Any) -> None:
        self._around.journal.record(self.identity.name, "machine", action, **details)
