# SPDX-License-Identifier: Apache-2.0
"""The binding profile in Neutron: which switch ports a node's ports and port groups are connected to."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.objects.port import Port, Portgroup

CLIENT_ID = "61"
"""The DHCP option with the client's identifier, of InfiniBand ports (RFC 2132)."""


def problem(port: Port, needs_link: bool) -> str | None:
    """Return why a port cannot be connected; None if it can be.

    :param needs_link: whether the network interface sends Neutron the switch port.
    """
    # The subnet manager of InfiniBand knows its cables itself.
    if port.extra.get("client-id"):
        return None
    link = port.local_link_connection
    if needs_link and not link:
        return f"port {port.uuid} has no local_link_connection"
    of_smart_nic = {"port_id", "hostname"} <= set(link or ())
    if port.is_smartnic and not of_smart_nic:
        return (
            f"port {port.uuid} has is_smartnic, but local_link_connection lacks port_id or hostname"
        )
    if of_smart_nic and not port.is_smartnic:
        return f"port {port.uuid} has a hostname in local_link_connection, but is_smartnic is false"
    return None


def members(task: Task, group: Portgroup) -> list[Port]:
    """Return the ports of a port group."""
    return [port for port in task.ports if port.portgroup_id == group.id]


def profile(task: Task, holder: Port | Portgroup) -> dict[str, Any]:
    """Return ``binding:profile`` for a port in Neutron that belongs to a port or port group."""
    if isinstance(holder, Portgroup):
        ports = members(task, holder)
        described: dict[str, Any] = {"local_group_information": group(holder)}
    else:
        ports, described = [holder], {}
    described["local_link_information"] = [port.local_link_connection or {} for port in ports]
    if holder.physical_network:
        described["physical_network"] = holder.physical_network
    return described


def group(of: Portgroup) -> dict[str, Any]:
    """Return ``id``, ``name``, ``bond_mode`` and ``bond_properties`` of a port group."""
    properties = {
        # The names of the bonding driver's options, as cloud-init expects them.
        name if name.startswith("bond") else f"bond_{name}": value
        for name, value in (of.properties or {}).items()
    }
    return {
        "id": of.uuid,
        "name": of.name,
        "bond_mode": of.mode,
        "bond_properties": properties,
    }


def host(task: Task, holder: Port | Portgroup) -> str:
    """Return ``binding:host_id``: the node, or the host of a smart NIC."""
    if is_smart_nic(holder):
        return str(holder.local_link_connection["hostname"])
    return str(task.node.uuid)


def is_smart_nic(holder: Port | Portgroup) -> bool:
    """Return whether a smart NIC connects the port."""
    return isinstance(holder, Port) and bool(holder.is_smartnic)


def dhcp_options(holder: Port | Portgroup) -> list[dict[str, Any]]:
    """Return the DHCP options that come from the node's port itself."""
    client_id = holder.extra.get("client-id") if isinstance(holder, Port) else None
    return [{"opt_name": CLIENT_ID, "opt_value": client_id}] if client_id else []


def physical_network(task: Task, group: Portgroup) -> str | None:
    """Return the physical network of a port group's ports.

    :raises Conflict: when they are in different ones.
    """
    found = {port.physical_network for port in members(task, group)}
    if len(found) > 1:
        listed = ", ".join(sorted(str(name) for name in found))
        raise exception.Conflict(
            f"The ports of port group {group.uuid} are in different physical networks: {listed}. Give all of them the "
            "physical network of the group."
        )
    return found.pop() if found else None
