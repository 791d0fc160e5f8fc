# SPDX-License-Identifier: Apache-2.0
"""Network boot: a NIC gets an address, then runs the iPXE script that DHCP named, or the one of the rack's boot URL."""

import asyncio
from collections.abc import Callable
from http import HTTPStatus
from typing import Any

from ironic_lite_simulator import ipxe
from ironic_lite_simulator.network.nic import Nic
from ironic_lite_simulator.network.stack import NoLease, Stack
from ironic_lite_simulator.surroundings import DownloadFailed, Identity, Surroundings

_MAX_SCRIPT = 1024 * 1024


class NetworkBoot:
    """The small iPXE in the firmware of a server. ``nic`` is the one that it booted from last."""

    def __init__(
        self,
        identity: Identity,
        surroundings: Surroundings,
        stack: Stack,
        tell: Callable[[str, str, dict[str, Any]], None],
    ) -> None:
        """``tell`` gets a line for the console, and name and details of the event for the journal."""
        self.nic = identity.nics[0]
        self._identity = identity
        self._around = surroundings
        self._stack = stack
        self._tell = tell

    async def run(self, boot_mode: str) -> ipxe.Outcome | None:
        """Try each NIC a few times; return the outcome of the first script that ran, None without one.

        :param boot_mode: ``bios`` or ``uefi``.
        """
        for nic in self._identity.nics:
            for attempt in range(1, self._around.boot_attempts + 1):
                try:
                    outcome = await self._attempt(nic, boot_mode)
                except (ipxe.FetchError, ipxe.ScriptError, NoLease) as exc:
                    failure = {"attempt": attempt, "nic": nic.name, "error": str(exc)}
                    self._tell(f"iPXE: {exc}", "pxe-failed", failure)
                    if attempt < self._around.boot_attempts:
                        await asyncio.sleep(self._around.timing.boot_retry)
                    continue
                self.nic = nic
                return outcome
        return None

    async def _attempt(self, nic: Nic, boot_mode: str) -> ipxe.Outcome:
        settings = {
            "mac": nic.mac,
            "uuid": self._identity.uuid,
            "hostname": self._identity.name,
            "serial": self._identity.name,
            "platform": "efi" if boot_mode == "uefi" else "pcbios",
            "buildarch": "x86_64",
            "manufacturer": "ironic_lite",
            "product": "virtual rack",
        }
        url = f"{self._around.boot_url.rstrip('/')}/boot/{nic.mac.replace(':', '-')}"
        if self._stack.carries_packets:
            lease = await self._stack.ask_as_firmware(nic, boot_mode == "uefi")
            if not lease.boot_file:
                raise NoLease(f"{nic.name}: the answer of {lease.server} names no boot file")
            if not lease.boot_file.startswith(("http://", "https://")):
                raise NoLease(f"{nic.name}: the virtual firmware has no TFTP: {lease.boot_file}")
            url = lease.boot_file
            settings |= {
                "ip": str(lease.address),
                "gateway": str(lease.router or ""),
                "filename": lease.boot_file,
                "next-server": lease.boot_server or "",
            }
        firmware = ipxe.Firmware(settings, self._fetch_script, self._download)
        return await firmware.run(url)

    async def _fetch_script(self, url: str) -> bytes:
        script = bytearray()
        try:
            async for chunk in self._around.stream(url):
                script += chunk
                if len(script) > _MAX_SCRIPT:
                    raise ipxe.FetchError(f"{url} is larger than {_MAX_SCRIPT} bytes")
        except DownloadFailed as exc:
            raise ipxe.FetchError(str(exc)) from exc
        return bytes(script)

    async def _download(self, url: str) -> int:
        try:
            return sum([len(chunk) async for chunk in self._around.stream(url)])
        except DownloadFailed as exc:
            number = ipxe.NOT_FOUND if exc.status == HTTPStatus.NOT_FOUND else ipxe.NO_CONNECTION
            raise ipxe.FetchError(str(exc), number) from exc
