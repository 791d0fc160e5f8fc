# SPDX-License-Identifier: Apache-2.0
"""What may be changed about port groups, and when; and which ports fit into one."""

from collections.abc import Sequence
from typing import Any

from ironic_lite.common import exception, states
from ironic_lite.conductor.node_records import check_expected
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.port import Port, Portgroup

RECABLING = (states.ENROLL, states.INSPECTING, states.INSPECTWAIT, states.MANAGEABLE)
"""A server's cables may change while no tenant and no flow relies on them."""


def check_member(task: TaskManager, port: Port, group: Portgroup) -> None:
    """Whether a port, new or changed, may be in a port group.

    :raises Invalid: they are of different nodes.
    :raises Conflict: their physical networks differ.
    """
    if port.node_id != group.node_id:
        raise exception.Invalid(
            "Port can not be added to a portgroup belonging to a different node."
        )
    own = port.id if port.obj_attr_is_set("id") else None
    settled = group.physical_network is not None or any(
        each.id != own for each in members(task, group)
    )
    if settled and port.physical_network != group.physical_network:
        raise exception.Conflict(
            f"Port with physical network {port.physical_network} cannot become a member of port group {group.uuid} "
            f"which has ports in physical network {group.physical_network}."
        )


def check_boot(port: Port, group: Portgroup) -> None:
    """Servers boot from ports by themselves, which those of some port groups do not support.

    :raises Conflict: it is such a group, and the port is to boot.
    """
    if port.pxe_enabled and not group.standalone_ports_supported:
        raise exception.Conflict(
            f"Port group {group.uuid} doesn't support standalone ports. A port cannot be a member of it while the "
            "port's 'pxe_enabled' field is True."
        )


def settle(port: Port, group: Portgroup) -> None:
    """A port group that is in no physical network yet is from now on in that of its first port."""
    if group.physical_network is None and port.physical_network is not None:
        group.physical_network = port.physical_network
        group.save()


def members(task: TaskManager, group: Portgroup) -> Sequence[Port]:
    """The ports in a group."""
    return Port.list(task.context, filters={"portgroup_id": group.id})


def update(
    task: TaskManager, group: Portgroup, expected: dict[str, Any] | None = None
) -> Portgroup:
    """Store the changes of a port group; its ports follow it into another physical network.

    :param expected: see ``node_records.check_expected``.
    :returns: the port group as it is now.
    :raises InvalidState: when the state of its new node forbids the move.
    :raises PortgroupNotEmpty: when it is to leave its node with ports in it.
    :raises Conflict: when its ports do not fit into it any longer.
    :raises PortgroupMACAlreadyExists, PortgroupDuplicateName: when it clashes with another one.
    """
    before = Portgroup.get(task.context, group.id)
    check_expected(f"Portgroup {group.uuid}", before, expected)
    ports = members(task, before)
    if group.node_id != before.node_id:
        _check_move(task, group, ports)
    booting = [port.uuid for port in ports if port.pxe_enabled]
    if before.standalone_ports_supported and not group.standalone_ports_supported and booting:
        raise exception.Conflict(
            f"Port group {group.uuid} cannot have standalone_ports_supported set to False while its ports have "
            f"pxe_enabled set to True: {', '.join(booting)}"
        )
    task.ensure_locked()
    group.save()
    for port in ports:
        if port.physical_network != group.physical_network:
            port.physical_network = group.physical_network
            port.save()
    return group


def _check_move(task: TaskManager, group: Portgroup, ports: Sequence[Port]) -> None:
    node = task.node
    if node.provision_state not in RECABLING and not node.maintenance:
        raise exception.InvalidState(
            f"Portgroup {group.uuid} can not be associated to node {node.uuid} unless the node is in a "
            f"{', '.join(RECABLING)} state or in maintenance mode. Current state is '{node.provision_state}'."
        )
    if ports:
        raise exception.PortgroupNotEmpty(portgroup=group.uuid)


def destroy(task: TaskManager, group: Portgroup) -> None:
    """Delete a port group.

    :raises PortgroupNotEmpty: when ports are in it.
    :raises PortgroupNotFound: when it is gone already.
    """
    task.ensure_locked()
    group.destroy()
