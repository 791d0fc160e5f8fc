# SPDX-License-Identifier: Apache-2.0
"""Port groups, changed and deleted under the lock of their node."""

from collections.abc import Sequence
from typing import Any

from ironic_lite.conductor import cabling
from ironic_lite.conductor.node_records import check_expected
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.port import Port, Portgroup


def members(task: TaskManager, group: Portgroup) -> Sequence[Port]:
    """The ports in a group."""
    return Port.list(task.context, filters={"portgroup_id": group.id})


def update(
    task: TaskManager, group: Portgroup, expected: dict[str, Any] | None = None
) -> Portgroup:
    """Store the changes of a port group; its ports follow it into another physical network.

    :param task: of the node that it is to belong to.
    :param expected: see ``node_records.check_expected``.
    :returns: the port group as it is now.
    :raises InvalidState: when the state of its new node forbids the move.
    :raises PortgroupNotEmpty: when it is to leave its node with ports in it.
    :raises Conflict: when its ports do not fit into it any longer.
    :raises PortgroupMACAlreadyExists, PortgroupDuplicateName: when it clashes with another one.
    """
    stored = Portgroup.get(task.context, group.id)
    check_expected(f"Portgroup {group.uuid}", stored, expected)
    ports = members(task, stored)
    if group.node_id != stored.node_id:
        cabling.check_move(task.node, group, ports)
    if stored.standalone_ports_supported:
        # Those of another group are as they are: a port may have been made without a word about booting.
        cabling.check_booting(group, ports)
    task.ensure_locked()
    group.save()
    _lead(ports, group.physical_network)
    return group


def _lead(ports: Sequence[Port], network: str | None) -> None:
    """Have the ports in this physical network."""
    for port in ports:
        if port.physical_network != network:
            port.physical_network = network
            port.save()


def destroy(task: TaskManager, group: Portgroup) -> None:
    """Delete a port group.

    :raises PortgroupNotEmpty: when ports are in it.
    :raises PortgroupNotFound: when it is gone already.
    """
    task.ensure_locked()
    group.destroy()
