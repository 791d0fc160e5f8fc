# SPDX-License-Identifier: Apache-2.0
"""A node under inspection, and the data that its ramdisk sends."""

import copy
import itertools
from typing import Any

from ironic_lite import objects
from ironic_lite.common import states
from ironic_lite.conductor.operations import flows
from tests.functional.flows.conductor_core import ConductorCore

_numbers = itertools.count(1)


def mac() -> str:
    number = next(_numbers)
    return f"52:54:01:00:{number >> 8:02x}:{number & 0xFF:02x}"


class Inspection:
    """A node that waits for the data of a server with two network interfaces."""

    def __init__(self, core: ConductorCore) -> None:
        self.core = core
        self.first, self.second = mac(), mac()
        self.node = core.create_node(
            states.INSPECTWAIT,
            target_provision_state=states.MANAGEABLE,
            inspect_interface="agent",
            driver_info={"ipmi_password": "hunter2"},
        )
        self.plugin_data: dict[str, Any] = {"root_disk": {"name": "sda", "size": 100 << 30}}
        self.inventory: dict[str, Any] = {
            "hostname": "h",
            "interfaces": [
                {"name": "eth0", "mac_address": self.first, "ipv4_address": "192.0.2.5"},
                {
                    "name": "eth1",
                    "mac_address": self.second.upper(),
                    "ipv6_address": "fe80::1%eth1",
                },
                {"name": "lo", "mac_address": "00:00:00:00:00:00", "ipv4_address": "127.0.0.1"},
                {"name": "", "mac_address": mac()},
                {"name": "ib0", "mac_address": "80:00:02"},
                {"name": ["eth2"], "mac_address": mac()},
            ],
            "boot": {"pxe_interface": "01-" + self.first.replace(":", "-")},
            "cpu": {"architecture": "x86_64", "count": 4, "flags": ["vmx"]},
            "memory": {"physical_mb": 8192},
            "disks": [
                {"name": "/dev/sda", "size": 100 << 30, "serial": "A", "rotational": True},
                {"name": "/dev/sdb", "size": 50 << 30, "serial": "B", "rotational": False},
            ],
        }

    def run(self) -> Any:
        """Send the data; return the node afterwards."""
        return self.core.do(
            flows.inspect.receive, self.node, self.inventory, copy.deepcopy(self.plugin_data)
        )

    def again(self) -> Any:
        """The same for another inspection of the node."""
        with self.core.task(self.node) as task:
            task.node.provision_state = states.INSPECTWAIT
            task.node.save()
        return self.run()

    @property
    def ports(self) -> dict[str, Any]:
        """The node's ports, by their address."""
        found = objects.Port.list_by_node_id(self.core.context, self.node.id)
        return {port.address: port for port in found}

    @property
    def found(self) -> Any:
        """Return the stored data."""
        return objects.NodeInventory.get(self.core.context, self.node.id)
