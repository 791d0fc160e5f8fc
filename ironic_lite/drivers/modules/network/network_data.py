# SPDX-License-Identifier: Apache-2.0
"""``network_data`` of a config drive, from the VIFs that are attached: what Nova writes for its own instances.

Its form is that of OpenStack's metadata (``network_data.json``), with static addresses.
"""

import ipaddress
from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.network import links, placement
from ironic_lite.drivers.modules.network.client import Neutron
from ironic_lite.drivers.modules.network.client import Port as NeutronPort
from ironic_lite.drivers.modules.network.placement import Holder
from ironic_lite.objects.port import Portgroup


def of_vifs(task: Task) -> dict[str, Any]:
    """Return ``links``, ``networks`` and ``services``; {} when no VIF is attached.

    :raises NetworkError: when Neutron does not answer, or no longer has a VIF or its network or subnet.
    """
    neutron = Neutron(task.ensure_locked)
    collected = _Collected()
    for holder in placement.holders(task):
        vif_id = placement.attached(holder)
        if vif_id is None:
            continue
        vif = _existing(neutron.port(vif_id), "VIF", vif_id)
        network = _existing(neutron.network(vif.network_id), "network", vif.network_id)
        link = collected.add_links(task, holder, vif, network.mtu)
        for address in vif.addresses:
            subnet_id = str(address["subnet_id"])
            subnet = _existing(neutron.subnet(subnet_id), "subnet", subnet_id)
            collected.add_network(link, vif.network_id, str(address["ip_address"]), subnet)
    return collected.data() if collected.links else {}


def _existing(found: Any, kind: str, ident: str) -> Any:
    if found is None:
        raise exception.NetworkError(
            f"The config drive cannot be made: {kind} {ident} no longer exists in Neutron. Detach the VIF from the "
            "node, then attach another port."
        )
    return found


class _Collected:
    """What has been collected. Links are named in their order, because some readers use the names for interfaces."""

    def __init__(self) -> None:
        self.links: list[dict[str, Any]] = []
        self._networks: list[dict[str, Any]] = []
        self._resolvers: dict[str, None] = {}

    def data(self) -> dict[str, Any]:
        services = [{"type": "dns", "address": address} for address in self._resolvers]
        return {"links": self.links, "networks": self._networks, "services": services}

    def add_links(self, task: Task, holder: Holder, vif: NeutronPort, mtu: int | None) -> str:
        """Add the link of a VIF, of a port group after those of its ports, and return its id."""
        logical = {
            "ethernet_mac_address": holder.address or vif.mac,
            "vif_id": vif.id,
            "mtu": mtu,
        }
        if not isinstance(holder, Portgroup):
            return self._link("phy", **logical)
        members = [
            self._link("phy", ethernet_mac_address=port.address, mtu=mtu)
            for port in links.members(task, holder)
        ]
        bond = links.group(holder)
        return self._link(
            "bond",
            bond_links=members,
            bond_mode=bond["bond_mode"],
            **bond["bond_properties"],
            **logical,
        )

    def _link(self, kind: str, **more: Any) -> str:
        name = f"iface{len(self.links)}"
        self.links.append({"id": name, "type": kind, **more})
        return name

    def add_network(self, link: str, network_id: str, address: str, subnet: Any) -> None:
        """Add a static address."""
        routes = [_route(each["destination"], each["nexthop"]) for each in subnet.host_routes or ()]
        if subnet.gateway_ip:
            everywhere = "0.0.0.0/0" if subnet.ip_version == 4 else "::/0"
            routes.insert(0, _route(everywhere, subnet.gateway_ip))
        self._networks.append(
            {
                "id": f"network{len(self._networks)}",
                "network_id": network_id,
                "type": f"ipv{subnet.ip_version}",
                "link": link,
                "ip_address": address,
                "netmask": str(ipaddress.ip_network(subnet.cidr).netmask),
                "routes": routes,
            }
        )
        self._resolvers.update(dict.fromkeys(subnet.dns_nameservers or ()))


def _route(destination: str, gateway: str) -> dict[str, str]:
    to = ipaddress.ip_network(destination)
    return {"network": str(to.network_address), "netmask": str(to.netmask), "gateway": gateway}
