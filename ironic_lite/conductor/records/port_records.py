# SPDX-License-Identifier: Apache-2.0
"""Creates, changes and deletes ports under the lock of their node."""

from typing import Any

from ironic_lite.common import exception
from ironic_lite.conductor.records import if_match, port_rules, portgroup_records
from ironic_lite.conductor.records.node_records import check_expected
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.port import Port, Portgroup

_DEFAULTS: dict[str, Any] = {"pxe_enabled": True, "physical_network": None, "portgroup_id": None}
"""Defaults of the fields that the rules check."""


def create(task: TaskManager, port: Port) -> Port:
    """See ``RecordCalls.create_port``."""
    # Ironic accepts a port without pxe_enabled in any group, and sets pxe_enabled to true.
    tells_of_booting = port.obj_attr_is_set("pxe_enabled")
    for field, value in _DEFAULTS.items():
        if not port.obj_attr_is_set(field):
            setattr(port, field, value)
    group = _group_of(task, port)
    if group is not None:
        if tells_of_booting:
            port_rules.check_booting(group, [port])
        _check_place(task, port, group)
    task.ensure_locked()
    port.create()
    _give_network_to_group(port, group)
    return port


def update(task: TaskManager, port: Port, expected: dict[str, Any] | None = None) -> Port:
    """See ``RecordCalls.update_port``.

    :raises PreconditionFailed: when its revision is not the one in If-Match.
    """
    stored = Port.get(task.context, port.id)
    if_match.check(task.context, stored)
    check_expected(f"Port {port.uuid}", stored, expected)
    changed = {
        field for field in port.obj_what_changed() if getattr(port, field) != getattr(stored, field)
    }
    group = _group_of(task, port)
    if group is not None:
        _check_change_in_group(task, port, group, changed)
    port_rules.check_port_change(task.node, port, changed)
    task.driver.network.port_changes(task, stored, port)
    task.ensure_locked()
    port.save()
    _give_network_to_group(port, group)
    return port


def _check_change_in_group(
    task: TaskManager, port: Port, group: Portgroup, changed: set[str]
) -> None:
    joins = "portgroup_id" in changed
    if "physical_network" in changed and not joins:
        raise exception.Invalid(
            f"Port {port.uuid} is in the physical network of port group {group.uuid}: change the group's, or remove "
            "the port from the group."
        )
    if joins or "pxe_enabled" in changed:
        port_rules.check_booting(group, [port])
    if joins:
        port_rules.check_standalone(group, [port])
    if joins or "node_id" in changed:
        _check_place(task, port, group)


def _group_of(task: TaskManager, port: Port) -> Portgroup | None:
    return None if port.portgroup_id is None else Portgroup.get(task.context, port.portgroup_id)


def _check_place(task: TaskManager, port: Port, group: Portgroup) -> None:
    port_rules.check_same_node(port, group)
    own = port.id if port.obj_attr_is_set("id") else None
    others = [each for each in portgroup_records.members(task, group) if each.id != own]
    port_rules.check_network(port, group, others)


def _give_network_to_group(port: Port, group: Portgroup | None) -> None:
    """Give a port group without a physical network that of its first port."""
    if group is not None and group.physical_network is None and port.physical_network is not None:
        group.physical_network = port.physical_network
        group.save()


def destroy(task: TaskManager, port: Port) -> None:
    """Delete a port.

    :raises InvalidState: when a VIF uses it, and the node is not under maintenance.
    :raises PortNotFound: when it is gone already.
    :raises PreconditionFailed: when its revision is not the one in If-Match.
    """
    stored = Port.get(task.context, port.id)
    if_match.check(task.context, stored)
    port_rules.check_unused(task.node, stored, task.driver.network.current_vif(stored))
    task.ensure_locked()
    port.destroy()
