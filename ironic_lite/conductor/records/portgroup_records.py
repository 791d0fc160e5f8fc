# SPDX-License-Identifier: Apache-2.0
"""Changes and deletes port groups under the lock of their node."""

from collections.abc import Sequence
from typing import Any

from ironic_lite.conductor.records import port_rules
from ironic_lite.conductor.records.node_records import check_expected
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.port import Port, Portgroup


def members(task: TaskManager, group: Portgroup) -> Sequence[Port]:
    """Return the ports of a group."""
    return Port.list(task.context, filters={"portgroup_id": group.id})


def update(
    task: TaskManager, group: Portgroup, expected: dict[str, Any] | None = None
) -> Portgroup:
    """Store the changes of a port group. A new physical network also applies to its ports.

    :param task: task of its (possibly new) node.
    :param expected: see ``node_records.check_expected``.
    :returns: the changed port group.
    :raises InvalidState: when the state of its new node forbids the move.
    :raises PortgroupNotEmpty: when it still has ports and is to move to another node.
    :raises Conflict: when its ports do not fit into it any more.
    :raises PortgroupMACAlreadyExists, PortgroupDuplicateName: when its address or name is in use.
    """
    stored = Portgroup.get(task.context, group.id)
    check_expected(f"Portgroup {group.uuid}", stored, expected)
    ports = members(task, stored)
    if group.node_id != stored.node_id:
        port_rules.check_move(task.node, group, ports)
    if stored.standalone_ports_supported:
        # Check only changed groups: a port that was created without pxe_enabled may not follow the rule.
        port_rules.check_booting(group, ports)
        port_rules.check_standalone(group, ports)
    task.driver.network.port_changes(task, stored, group)
    task.ensure_locked()
    group.save()
    _lead(ports, group.physical_network)
    return group


def _lead(ports: Sequence[Port], network: str | None) -> None:
    """Move the ports to this physical network."""
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
