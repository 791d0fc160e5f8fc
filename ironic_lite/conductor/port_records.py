# SPDX-License-Identifier: Apache-2.0
"""What may be changed about a port's record, and when."""

from typing import Any

from ironic_lite.common import exception, states
from ironic_lite.conductor import portgroup_records, precondition
from ironic_lite.conductor.node_records import check_expected
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.port import Port, Portgroup

_CONNECTIVITY = ("pxe_enabled", "physical_network", "local_link_connection", "portgroup_id")
_MEMBERSHIP = frozenset({"portgroup_id", "node_id", "physical_network"})
_BOOT = frozenset({"portgroup_id", "pxe_enabled"})
_DEFAULTS: dict[str, Any] = {"pxe_enabled": True, "physical_network": None, "portgroup_id": None}
"""Of what port groups look at."""


def create(task: TaskManager, port: Port) -> Port:
    """Store a new port.

    :raises Invalid, Conflict: when it does not fit into its port group.
    :raises MACAlreadyExists, PortAlreadyExists, PortDuplicateName: when it clashes with another port.
    """
    boot_asked_for = port.obj_attr_is_set("pxe_enabled")
    for field, value in _DEFAULTS.items():
        if not port.obj_attr_is_set(field):
            setattr(port, field, value)
    group = _group_of(task, port)
    if group is not None:
        if boot_asked_for:
            # Who says nothing about it gets the default, as on Ironic.
            portgroup_records.check_boot(port, group)
        portgroup_records.check_member(task, port, group)
    task.ensure_locked()
    port.create()
    if group is not None:
        portgroup_records.settle(port, group)
    return port


def _group_of(task: TaskManager, port: Port) -> Portgroup | None:
    return port.portgroup_id and Portgroup.get(task.context, port.portgroup_id)


def update(task: TaskManager, port: Port, expected: dict[str, Any] | None = None) -> Port:
    """Store the changes of a port.

    :param expected: see ``node_records.check_expected``.
    :returns: the port as it is now.
    :raises PreconditionFailed: when it is not what the client required.
    :raises InvalidState: when its node's state forbids a change.
    :raises Invalid, Conflict: when it does not fit into its port group.
    :raises MACAlreadyExists, PortDuplicateName: when it clashes with another port.
    """
    before = Port.get(task.context, port.id)
    precondition.check(task.context, before)
    check_expected(f"Port {port.uuid}", before, expected)
    changed = {
        field for field in port.obj_what_changed() if getattr(port, field) != getattr(before, field)
    }
    _check_state(task, port, changed)
    group = _group_of(task, port)
    if group is not None:
        _check_group(task, port, group, changed)
    task.ensure_locked()
    port.save()
    if group is not None:
        portgroup_records.settle(port, group)
    return port


def _check_state(task: TaskManager, port: Port, changed: set[str]) -> None:
    node = task.node
    in_use = node.instance_uuid or node.provision_state == states.ACTIVE
    if "address" in changed and in_use and not node.maintenance:
        raise exception.InvalidState(
            f"Cannot update hardware address for port {port.uuid} as node {node.uuid} is active or has "
            "instance UUID assigned."
        )
    if (
        changed & set(_CONNECTIVITY)
        and node.provision_state not in portgroup_records.RECABLING
        and not node.maintenance
    ):
        raise exception.InvalidState(
            f"Port {port.uuid} can not have any connectivity attributes ({', '.join(_CONNECTIVITY)}) updated "
            f"unless node {node.uuid} is in a {', '.join(portgroup_records.RECABLING)} state or in maintenance "
            f"mode. The current state is {node.provision_state}."
        )


def _check_group(task: TaskManager, port: Port, group: Portgroup, changed: set[str]) -> None:
    if "physical_network" in changed and "portgroup_id" not in changed:
        raise exception.Invalid(
            "physical_network cannot be changed while the port belongs to a portgroup."
        )
    if changed & _BOOT:
        portgroup_records.check_boot(port, group)
    if changed & _MEMBERSHIP:
        portgroup_records.check_member(task, port, group)


def destroy(task: TaskManager, port: Port) -> None:
    """Delete a port.

    :raises PortNotFound: when it is gone already.
    :raises PreconditionFailed: when it is not what the client required.
    """
    precondition.check(task.context, Port.get(task.context, port.id))
    task.ensure_locked()
    port.destroy()
