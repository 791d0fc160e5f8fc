# SPDX-License-Identifier: Apache-2.0
"""What the demo has to know of a kind of servers: how they are enrolled, what is deployed on them, when they run it."""

import dataclasses
from collections.abc import Mapping
from typing import Any, Protocol

from ironic_lite_simulator import images
from ironic_lite_simulator.virtual_rack import VirtualRack

ACTIVE = "active"
WATCHING = "The virtual server's own status, and its serial console:"
_DEAD_ENDS = ("booted", "no-bootable-device", "setup", "hung")


class Servers(Protocol):
    """A kind of servers."""

    @property
    def targets(self) -> Mapping[str, tuple[str, ...]]:
        """The targets to request in each state where a node rests, one after the other."""

    def prepare(self, rack: VirtualRack, api: str) -> None:
        """Make ready what is deployed, and connect the servers.

        :param api: URL of the API, which serves already.
        """

    def node(self, rack: VirtualRack, index: int) -> dict[str, Any]:
        """Return the fields of a server's node, besides its name and how to reach its BMC."""

    def instance_info(self, rack: VirtualRack) -> dict[str, Any]:
        """Return what to deploy."""

    def outcome(self, rack: VirtualRack, index: int, name: str) -> str | None:
        """Return what an active node's server does: "" if it runs what was deployed, an error, or None for not yet."""

    def proof(self, rack: VirtualRack, index: int, name: str) -> list[str]:
        """Return lines that show that a server runs what was deployed."""

    def looks(self, rack: VirtualRack) -> list[tuple[str, list[str]]]:
        """Return titles, and the commands below them that show the first server from outside."""


@dataclasses.dataclass(frozen=True)
class SimulatedServers:
    """Servers of the virtual rack that simulate firmware, agent and operating system."""

    targets = {"enroll": ("manage",), "manageable": ("provide",), "available": (ACTIVE,)}

    def prepare(self, rack: VirtualRack, api: str) -> None:
        """Do nothing: the rack serves its images itself, and its servers need no network."""

    def node(self, rack: VirtualRack, index: int) -> dict[str, Any]:
        """Name the ramdisk of the rack."""
        return {
            "driver_info": {
                f"{use}_{part}": f"{rack.http_url}/images/{name}"
                for use in ("deploy", "rescue")
                for part, name in (("kernel", images.KERNEL), ("ramdisk", images.RAMDISK))
            },
            "properties": {"cpu_arch": "x86_64", "memory_mb": 4096, "local_gb": 9},
        }

    def instance_info(self, rack: VirtualRack) -> dict[str, Any]:
        """Name the disk image of the rack."""
        image = images.catalog()[images.DISK_IMAGE]
        return {
            "image_source": f"{rack.http_url}/images/{image.name}",
            "image_os_hash_algo": "sha256",
            "image_os_hash_value": image.sha256,
            "image_disk_format": "raw",
        }

    def outcome(self, rack: VirtualRack, index: int, name: str) -> str | None:
        """Ask the server itself which image it has booted."""
        server = rack.status(index)
        if server["booted_image"] == images.catalog()[images.DISK_IMAGE].sha256:
            return ""
        if server["phase"] in _DEAD_ENDS:
            return (
                f"The node is active, but its server did not boot: its phase is {server['phase']}."
            )
        return None

    def proof(self, rack: VirtualRack, index: int, name: str) -> list[str]:
        """Return nothing: the table has the server's phase."""
        return []

    def looks(self, rack: VirtualRack) -> list[tuple[str, list[str]]]:
        """Name the rack's own routes."""
        return [
            (
                WATCHING,
                [f"curl {rack.http_url}/servers/0", f"curl {rack.http_url}/servers/0/console"],
            )
        ]
