# SPDX-License-Identifier: Apache-2.0
"""How ports, port groups and the state of their node go together, whoever of them is changed.

What is refused, and with which status, is as Ironic 39 answers it; ``docs/api.md`` says where it differs.
"""

from collections.abc import Iterable, Sequence

from ironic_lite.common import exception, states
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port, Portgroup

_QUIET = (states.ENROLL, states.INSPECTING, states.INSPECTWAIT, states.MANAGEABLE)
"""Nobody relies on the cables of a node in these states."""

_CABLES = {
    "pxe_enabled": "pxe_enabled",
    "physical_network": "physical_network",
    "local_link_connection": "local_link_connection",
    "portgroup_id": "portgroup_uuid",
}
"""Fields of a port that tell of its cable, and their names in the API."""


def check_port_change(node: Node, port: Port, changed: Iterable[str]) -> None:
    """Whether a port of the node may change in these fields now; in maintenance all may.

    :raises InvalidState: the instance knows the port by its address, or a flow relies on the cable.
    """
    if node.maintenance:
        return
    if "address" in changed and (node.instance_uuid or node.provision_state == states.ACTIVE):
        raise exception.InvalidState(
            f"Port {port.uuid} keeps its address while node {node.uuid} is active or has an instance_uuid. "
            "Put the node into maintenance to change it all the same."
        )
    cables = [name for field, name in _CABLES.items() if field in changed]
    if cables and node.provision_state not in _QUIET:
        raise exception.InvalidState(f"{', '.join(cables)} of port {port.uuid}: {_not_now(node)}")


def check_move(node: Node, group: Portgroup, ports: Sequence[Port]) -> None:
    """Whether a port group may become one of this node.

    :raises InvalidState: the node's state forbids it.
    :raises PortgroupNotEmpty: ports of its old node are in it.
    """
    if not node.maintenance and node.provision_state not in _QUIET:
        raise exception.InvalidState(f"The node of port group {group.uuid}: {_not_now(node)}")
    if ports:
        raise exception.PortgroupNotEmpty(portgroup=group.uuid)


def _not_now(node: Node) -> str:
    return (
        f"this changes only while node {node.uuid} is in maintenance or in one of the states {', '.join(_QUIET)}; "
        f"it is {node.provision_state}."
    )


def check_same_node(port: Port, group: Portgroup) -> None:
    """:raises Invalid: a port and the group that it is to be in are of different nodes."""
    if port.node_id != group.node_id:
        raise exception.Invalid(
            f"Port group {group.uuid} belongs to another node than the port, so the port cannot be in it."
        )


def check_network(port: Port, group: Portgroup, others: Sequence[Port]) -> None:
    """Whether a port is in the network of its group, which the first port decides where the group itself does not.

    :param others: the ports in the group besides this one.
    :raises Conflict: it is not.
    """
    decided = others or group.physical_network is not None
    if decided and port.physical_network != group.physical_network:
        raise exception.Conflict(
            f"Port group {group.uuid} is in {_network(group)}, the port in {_network(port)}; "
            "all ports of a group have to be in the group's physical network."
        )


def _network(of: Port | Portgroup) -> str:
    return "no physical network" if of.physical_network is None else f"'{of.physical_network}'"


def check_booting(group: Portgroup, ports: Iterable[Port]) -> None:
    """Whether ports can be in a group by what they say of booting: a port that boots does so alone.

    :raises Conflict: one of them boots, and the group's ports do not work alone.
    """
    booting = [_name(port) for port in ports if port.pxe_enabled]
    if booting and not group.standalone_ports_supported:
        raise exception.Conflict(
            f"Port group {group.uuid}: while standalone_ports_supported is false, none of its ports can have "
            f"pxe_enabled true, but {', '.join(booting)} would."
        )


def _name(port: Port) -> str:
    return port.uuid if port.obj_attr_is_set("uuid") else "the new port"
