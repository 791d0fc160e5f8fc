# SPDX-License-Identifier: Apache-2.0
"""The ports and VLANs of the rack's switch.

A port is in one VLAN (its network, by segmentation id) or in none: a new port is in none, and so is a port that was
taken out of its VLAN. Most real switches put such a port into VLAN 1.
"""

import dataclasses
import re
from collections.abc import Callable
from typing import Any, Literal

NAME = "virtual-switch"
MAC = "02:00:00:00:5c:01"
FIRST_VLAN, LAST_VLAN = 1, 4094
DEFAULT_MTU = 1500
_MTU = range(1280, 9217)
# As Cisco's switches write them: Ethernet1/4, Eth1/4, e1/4.
_PORT_NAME = re.compile(
    r"e(?:t(?:h(?:e(?:r(?:n(?:e(?:t)?)?)?)?)?)?)?\s*(\d+)/(\d+)\Z", re.IGNORECASE
)


class SwitchError(ValueError):
    """The switch cannot do what was asked; the message says why."""


@dataclasses.dataclass(slots=True)
class Port:
    """One port: its name (``Ethernet1/4``) and its configuration.

    ``tagged`` are the VLANs of a trunk beside its native VLAN. The rack's networks carry untagged frames only.
    """

    name: str
    description: str = ""
    mode: Literal["access", "trunk"] = "access"
    access_vlan: int | None = None
    native_vlan: int | None = None
    tagged: set[int] = dataclasses.field(default_factory=set)
    shut_down: bool = False
    mtu: int = DEFAULT_MTU

    @property
    def short_name(self) -> str:
        """The name as in the output of ``show vlan``: ``Eth1/4``."""
        return self.name.replace("Ethernet", "Eth")

    @property
    def untagged_vlan(self) -> int | None:
        """The VLAN of frames without a tag, as the port is configured."""
        return self.access_vlan if self.mode == "access" else self.native_vlan


class Switch:
    """All ports and VLANs. ``on_change`` is called with the name of a port whose network or link has changed."""

    def __init__(self, on_change: Callable[[str], None] = lambda _port: None) -> None:
        self.ports: dict[str, Port] = {}
        self.vlans: dict[int, str] = {FIRST_VLAN: "default"}
        self._on_change = on_change
        self._networks: dict[str, int | None] = {}

    def add_port(self, name: str, description: str) -> Port:
        """Add a port that is in no VLAN."""
        port = self.ports[name] = Port(name, description)
        self._networks[name] = None
        return port

    def port(self, name: str) -> Port:
        """Return a port by its name, abbreviated or not.

        :raises SwitchError: there is no such port.
        """
        match = _PORT_NAME.match(name.strip())
        found = self.ports.get(f"Ethernet{match[1]}/{match[2]}") if match else None
        if found is None:
            named = ", ".join(list(self.ports)[:4])
            raise SwitchError(f"No port {name!r}. There are {len(self.ports)}: {named}, ...")
        return found

    def network(self, port: Port) -> int | None:
        """Return the VLAN whose untagged frames the port carries now; None without one."""
        vlan = port.untagged_vlan
        return vlan if vlan in self.vlans and not port.shut_down else None

    def plug(self, name: str, vlan: int) -> None:
        """Make a port an access port of a VLAN, which is created if needed.

        :raises SwitchError: there is no such port or VLAN.
        """
        port = self.port(name)
        self.create_vlan(vlan)
        port.mode, port.access_vlan, port.shut_down = "access", vlan, False
        self.settle()

    def unplug(self, name: str) -> None:
        """Take a port out of its VLANs.

        :raises SwitchError: there is no such port.
        """
        port = self.port(name)
        port.access_vlan = port.native_vlan = None
        port.tagged.clear()
        self.settle()

    def create_vlan(self, vlan: int) -> None:
        """Create a VLAN, unless it exists.

        :raises SwitchError: the number is not from 1 to 4094.
        """
        if (
            isinstance(vlan, bool)
            or not isinstance(vlan, int)
            or not FIRST_VLAN <= vlan <= LAST_VLAN
        ):
            raise SwitchError(f"A VLAN is a number from {FIRST_VLAN} to {LAST_VLAN}, not {vlan!r}.")
        self.vlans.setdefault(vlan, f"VLAN{vlan:04}")
        self.settle()

    def delete_vlan(self, vlan: int) -> None:
        """Delete a VLAN; ports that are configured for it stay so, and carry nothing.

        :raises SwitchError: VLAN 1 cannot be deleted.
        """
        if vlan == FIRST_VLAN:
            raise SwitchError("VLAN 1 is the default VLAN and cannot be deleted.")
        self.vlans.pop(vlan, None)
        self.settle()

    def settle(self) -> None:
        """Report the ports whose network has changed since the last call."""
        for name, port in self.ports.items():
            network = self.network(port)
            if self._networks[name] != network:
                self._networks[name] = network
                self._on_change(name)

    def set_mtu(self, port: Port, mtu: int) -> None:
        """Set the largest payload of a port's frames, in bytes. It is only recorded.

        :raises SwitchError: it is not from 1280 to 9216.
        """
        if mtu not in _MTU:
            raise SwitchError(f"An MTU is a number from {_MTU[0]} to {_MTU[-1]}, not {mtu}.")
        port.mtu = mtu

    def status(self) -> dict[str, Any]:
        """Return the VLANs and ports as GET /switch shows them."""
        return {
            "name": NAME,
            "mac": MAC,
            "vlans": [{"id": vlan, "name": self.vlans[vlan]} for vlan in sorted(self.vlans)],
            "ports": [self.port_status(port) for port in self.ports.values()],
        }

    def port_status(self, port: Port) -> dict[str, Any]:
        """Return one port as GET /switch shows it."""
        return {
            "name": port.name,
            "description": port.description,
            "network": self.network(port),
            "mode": port.mode,
            "tagged_vlans": sorted(port.tagged),
            "shut_down": port.shut_down,
            "mtu": port.mtu,
        }


def local_link_connection(port: str) -> dict[str, str]:
    """Return where a cable ends, as a bare-metal port's ``local_link_connection`` has it."""
    return {"switch_id": MAC, "port_id": port, "switch_info": NAME}
