# SPDX-License-Identifier: Apache-2.0
"""Rules for changes of ports and port groups, by the state of their node.

Refusals and their statuses follow Ironic 39; ``docs/api.md`` lists the differences.
"""

from collections.abc import Iterable, Sequence

from ironic_lite.common import exception, states
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Change
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port, Portgroup

_CABLES = {
    "pxe_enabled": "pxe_enabled",
    "physical_network": "physical_network",
    "local_link_connection": "local_link_connection",
    "portgroup_id": "portgroup_uuid",
}
"""Fields of a port that describe its cable, and their names in the API."""


def check_port_change(node: Node, port: Port, changed: Iterable[str]) -> None:
    """Check that these fields of a port may change now; under maintenance all may.

    :raises InvalidState: an instance uses the address, or an operation relies on the cable.
    """
    if node.maintenance:
        return
    if "address" in changed and (node.instance_uuid or node.provision_state == states.ACTIVE):
        raise exception.InvalidState(
            f"The address of port {port.uuid} cannot be changed while node {node.uuid} is active or has an "
            "instance_uuid. Put the node into maintenance to change it anyway."
        )
    cables = [name for field, name in _CABLES.items() if field in changed]
    if cables and not _is_quiet(node):
        raise exception.InvalidState(f"{', '.join(cables)} of port {port.uuid}: {_not_now(node)}")


def check_move(node: Node, group: Portgroup, ports: Sequence[Port]) -> None:
    """Check that a port group may move to this node.

    :raises InvalidState: the node's state forbids it.
    :raises NotEmpty: it still has ports of its old node.
    """
    if not node.maintenance and not _is_quiet(node):
        raise exception.InvalidState(f"The node of port group {group.uuid}: {_not_now(node)}")
    if ports:
        raise exception.NotEmpty(kind="Portgroup", ident=group.uuid, content="ports")


def _is_quiet(node: Node) -> bool:
    """Return whether the node's provision state allows changes of its cabling."""
    return provision_states.allows(node.provision_state, Change.CABLES)


def _not_now(node: Node) -> str:
    quiet = ", ".join(provision_states.allowing(Change.CABLES))
    return (
        f"this changes only while node {node.uuid} is in maintenance or in one of the states {quiet}; "
        f"it is {node.provision_state}."
    )


def check_same_node(port: Port, group: Portgroup) -> None:
    """:raises Invalid: the port and the port group belong to different nodes."""
    if port.node_id != group.node_id:
        raise exception.Invalid(
            f"Port group {group.uuid} belongs to another node than the port, so the port cannot join it."
        )


def check_network(port: Port, group: Portgroup, others: Sequence[Port]) -> None:
    """Check that a port is in its group's physical network. A group without one has that of its first port.

    :param others: the other ports of the group.
    :raises Conflict: the port is in another physical network.
    """
    decided = others or group.physical_network is not None
    if decided and port.physical_network != group.physical_network:
        raise exception.Conflict(
            f"Port group {group.uuid} is in {_network(group)}, the port in {_network(port)}; "
            "all ports of a group must be in the group's physical network."
        )


def _network(of: Port | Portgroup) -> str:
    return "no physical network" if of.physical_network is None else f"'{of.physical_network}'"


def check_booting(group: Portgroup, ports: Iterable[Port]) -> None:
    """Check that ports may be in a group by their ``pxe_enabled``: a port that boots works standalone.

    :raises Conflict: a port has pxe_enabled, and the group does not support standalone ports.
    """
    booting = [_name(port) for port in ports if port.pxe_enabled]
    if booting and not group.standalone_ports_supported:
        raise exception.Conflict(
            f"Port group {group.uuid}: while standalone_ports_supported is false, none of its ports can have "
            f"pxe_enabled true, but {', '.join(booting)} would."
        )


def check_standalone(group: Portgroup, ports: Iterable[Port]) -> None:
    """Check that ports may be in a group by the VIFs attached to them: such a port works standalone.

    :raises Conflict: a port has a VIF, and the group does not support standalone ports.
    """
    used = [port.uuid for port in ports if (port.internal_info or {}).get("tenant_vif_port_id")]
    if used and not group.standalone_ports_supported:
        raise exception.Conflict(
            f"Port group {group.uuid}: while standalone_ports_supported is false, none of its ports can have a VIF of "
            f"its own, but {', '.join(used)} would."
        )


def check_unused(node: Node, port: Port, vif: str | None) -> None:
    """Check that a port may be deleted; under maintenance each may.

    :param vif: the VIF that uses the port.
    :raises InvalidState: when there is one.
    """
    if vif is not None and not node.maintenance:
        raise exception.InvalidState(
            f"Cannot delete port {port.uuid}, because VIF {vif} uses it. Detach the VIF, or wait until the operation "
            "on the node has ended."
        )


def _name(port: Port) -> str:
    return port.uuid if port.obj_attr_is_set("uuid") else "the new port"
