# SPDX-License-Identifier: Apache-2.0
"""Changes and deletes port groups under the lock of their node."""

from collections.abc import Sequence
from typing import Any

from ironic_lite.conductor.records import port_rules
from ironic_lite.conductor.records.node_records import check_expected
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.port import Port, Portgroup


def members(task: TaskManager, group: Portgroup) -> Sequence[Port]:
    return Port.list(task.context, filters={"portgroup_id": group.id})


def update(
    task: TaskManager, group: Portgroup, expected: dict[str, Any] | None = None
) -> Portgroup:
    """See ``RecordCalls.update_portgroup``.

    :param task: task of its (possibly new) node.
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
    _set_network(ports, group.physical_network)
    return group


def _set_network(ports: Sequence[Port], network: str | None) -> None:
    for port in ports:
        if port.physical_network != network:
            port.physical_network = network
            port.save()


def destroy(task: TaskManager, group: Portgroup) -> None:
    """See ``RecordCalls.destroy_portgroup``."""
    task.ensure_locked()
    group.destroy()
