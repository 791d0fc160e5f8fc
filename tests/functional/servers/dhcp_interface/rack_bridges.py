# SPDX-License-Identifier: Apache-2.0
"""The interface driver of neutron-dhcp-agent that plugs DHCP servers into the networks of a virtual rack.

It runs inside the agent, in the environment of the OpenStack services; this directory is on its PYTHONPATH. A DHCP
server has its own namespace, in which one end of a veth pair is; the other end goes into the rack's namespace, which is
known as ``rack``, and there into the bridge of the network's VLAN. As for networking-generic-switch, a flat network is
VLAN 1.
"""

import subprocess
from collections.abc import Callable
from typing import Any

from neutron.agent.linux import interface, ip_lib

RACK = "rack"


class RackBridges(interface.LinuxInterfaceDriver):
    """``interface_driver = rack_bridges.RackBridges``."""

    DEV_NAME_PREFIX = "ns-"

    def __init__(self, conf: Any, get_networks_callback: Callable[..., Any], **more: Any) -> None:
        super().__init__(conf, **more)
        self._get_networks = get_networks_callback

    def plug_new(
        self,
        network_id: str,
        port_id: str,
        device_name: str,
        mac_address: str,
        bridge: str | None = None,
        namespace: str | None = None,
        prefix: str | None = None,
        mtu: int | None = None,
    ) -> None:
        """Make the veth pair."""
        field = "provider:segmentation_id"
        (network,) = self._get_networks(filters={"id": [network_id]}, fields=["id", field])
        vlan = f"vlan{network[field] or 1}"
        outer = self._outer(device_name, prefix)
        pair = ip_lib.IPWrapper().add_veth(outer, device_name, namespace2=namespace)
        pair[1].link.set_address(mac_address)
        if mtu:
            self.set_mtu(device_name, mtu, namespace, prefix)
        pair[1].link.set_up()
        _ip("link", "set", "dev", outer, "netns", RACK)
        if vlan not in _ip("-n", RACK, "-br", "link", "show", "type", "bridge").split():
            _ip("-n", RACK, "link", "add", "name", vlan, "type", "bridge")
            _ip("-n", RACK, "link", "set", "dev", vlan, "up")
        _ip("-n", RACK, "link", "set", "dev", outer, "master", vlan, "up")

    def unplug(
        self,
        device_name: str,
        bridge: str | None = None,
        namespace: str | None = None,
        prefix: str | None = None,
    ) -> None:
        """Remove the veth pair."""
        ip_lib.IPDevice(device_name, namespace=namespace).link.delete()

    def set_mtu(
        self, device_name: str, mtu: int, namespace: str | None = None, prefix: str | None = None
    ) -> None:
        """Set the MTU of the DHCP server's end."""
        ip_lib.IPDevice(device_name, namespace=namespace).link.set_mtu(mtu)

    def _outer(self, device_name: str, prefix: str | None) -> str:
        return device_name.replace(prefix or self.DEV_NAME_PREFIX, "dhcp-", 1)[:15]


def _ip(*words: str) -> str:
    return subprocess.run(
        ["ip", *words], capture_output=True, text=True, timeout=120, check=True
    ).stdout
