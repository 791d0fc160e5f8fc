# SPDX-License-Identifier: Apache-2.0
"""Rules for creating, changing and deleting nodes."""

from typing import Any

from oslo_log import log

from ironic_lite.common import encrypted, exception, states
from ironic_lite.common.interface_types import INTERFACE_TYPES
from ironic_lite.common.operations import machine, provision_states
from ironic_lite.common.operations.declaration import Change
from ironic_lite.conductor.allocation import allocations
from ironic_lite.conductor.cluster.identity import current
from ironic_lite.conductor.hardware import console, console_log
from ironic_lite.conductor.records import parent_nodes
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF
from ironic_lite.drivers import refused_fields
from ironic_lite.objects.base import IronicLiteObject
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

INTERFACE_FIELDS = tuple(f"{kind}_interface" for kind in INTERFACE_TYPES)


def create(node: Node) -> None:
    """See ``NodeCalls.create_node``."""
    for field in INTERFACE_FIELDS:
        if not node.obj_attr_is_set(field):
            setattr(node, field, None)
    if not node.obj_attr_is_set("driver_info"):
        node.driver_info = {}
    current().drivers.check_node(node)
    _check_driver_info(node, {})
    node.create()


def check_expected(what: str, record: IronicLiteObject, expected: dict[str, Any] | None) -> None:
    """Refuse a change that was computed from outdated values.

    A client's patch of one key of ``extra`` arrives as the whole of ``extra``, so without this check one of two
    concurrent patches would be lost.

    :param expected: previous values of the changed fields; None disables the check.
    :raises ConcurrentUpdate: one of them has changed since.
    """
    differing = [
        field for field, value in (expected or {}).items() if getattr(record, field) != value
    ]
    if differing:
        raise exception.ConcurrentUpdate(what=what, fields=", ".join(differing))


def update(
    task: TaskManager,
    wanted: Node,
    expected: dict[str, Any] | None = None,
) -> Node:
    """Apply the changes of ``wanted`` to the locked node.

    Raises as ``NodeCalls.update_node`` does.

    :raises NodeAssociated, InstanceAssociated, AlreadyExists: when its name or instance is in use.
    """
    node = task.node
    check_expected(f"Node {node.uuid}", node, expected)
    changed = {
        field: getattr(wanted, field)
        for field in sorted(wanted.obj_what_changed())
        # Compare by repr, because in Python True equals 1.
        if repr(getattr(wanted, field)) != repr(getattr(node, field))
    }
    _check_operation(node, changed)
    _check_state(node, changed)
    _check_instance(node, changed)
    _check_protected(node, changed)
    _check_reasons(node, changed)
    if changed.get("parent_node"):
        parent_nodes.check_parent(task.context, node, changed["parent_node"])
    _clear_with_maintenance(changed)
    # Values that cannot be decrypted are allowed here, because the request may replace them.
    driver_info_before = encrypted.lenient(node.driver_info)
    for field, value in changed.items():
        setattr(node, field, value)
    if "driver" in changed or changed.keys() & set(INTERFACE_FIELDS):
        current().drivers.check_node(node)
    if "driver_info" in changed:
        _check_driver_info(node, driver_info_before)
    freed = _ends_allocation(node, changed)
    if freed:
        allocations.release(task.context, node)
    node.save()
    if freed:
        node.refresh()
    return node


_OF_MAINTENANCE = frozenset({"maintenance", "maintenance_reason", "fault"})


def _check_operation(node: Node, changed: dict[str, Any]) -> None:
    """Refuse changes while an operation waits. Only maintenance may change at any time."""
    if set(changed) <= _OF_MAINTENANCE or may_free(node, changed):
        return
    if machine.is_changing(node.provision_state, node.target_provision_state):
        raise exception.InvalidState(
            f"Node {node.uuid} can not be updated while it is '{node.provision_state}' on its way to "
            f"'{node.target_provision_state}'."
        )


def may_free(node: Node, changed: dict[str, Any]) -> bool:
    """Tell whether a change only removes the instance of a node under maintenance; all states allow that."""
    return node.maintenance and changed == {"instance_uuid": None}


def _check_driver_info(node: Node, before: dict[str, Any]) -> None:
    refused_fields.check(current().drivers.driver_for(node), node.driver_info or {}, before or {})


def _check_state(node: Node, changed: dict[str, Any]) -> None:
    state = node.provision_state
    # How a server is driven may change while nothing relies on it.
    at_rest = provision_states.allows(state, Change.DRIVER)
    listed = ", ".join(provision_states.allowing(Change.DRIVER))
    for field in ("driver", *INTERFACE_FIELDS):
        if field in changed and not at_rest and not node.maintenance:
            raise exception.InvalidState(
                f"Node {node.uuid} can not have {field} updated unless it is in one of allowed "
                f"({listed}) states or in maintenance mode. Current state is '{state}'."
            )
    if "driver" in changed and node.console_enabled:
        raise exception.InvalidState(
            f"Node {node.uuid} can not have driver updated while its console is enabled; stop it first."
        )
    if "resource_class" in changed and node.resource_class and not at_rest:
        raise exception.InvalidState(
            f"Node {node.uuid} can not have resource_class updated unless it is in one of allowed "
            f"({listed}) states. Current state is '{state}'."
        )
    if changed.get("retired") and state == states.AVAILABLE:
        raise exception.InvalidState(
            f"Node {node.uuid} can not have 'retired' set in provision state 'available'; "
            "move it to manageable first."
        )


def _check_instance(node: Node, changed: dict[str, Any]) -> None:
    if changed.get("instance_uuid") and node.instance_uuid:
        raise exception.NodeAssociated(node=node.uuid, instance=node.instance_uuid)
    if not _ends_allocation(node, changed) or node.maintenance:
        return
    if not provision_states.allows(node.provision_state, Change.DRIVER):
        listed = ", ".join(provision_states.allowing(Change.DRIVER))
        raise exception.InvalidState(
            f"Node {node.uuid} with an allocation can not have instance_uuid removed unless it is in one of allowed "
            f"({listed}) states or in maintenance mode. Current state is '{node.provision_state}'."
        )


def _ends_allocation(node: Node, changed: dict[str, Any]) -> bool:
    """Tell whether the change removes the instance of the node's allocation."""
    removed = "instance_uuid" in changed and changed["instance_uuid"] is None
    return removed and node.allocation_uuid is not None


def _check_protected(node: Node, changed: dict[str, Any]) -> None:
    state = node.provision_state
    if changed.get("protected") and not provision_states.rests_with_instance(state):
        raise exception.InvalidState(
            f"Node {node.uuid} can only be made protected in provision states 'active' or 'rescue', the "
            f"current state is '{state}'"
        )


def _check_reasons(node: Node, changed: dict[str, Any]) -> None:
    """Check that a reason is set only with its flag, and remove it with the flag."""
    for flag in ("protected", "retired"):
        reason = f"{flag}_reason"
        if changed.get(flag) is False:
            changed[reason] = None
        elif changed.get(reason) and not changed.get(flag, getattr(node, flag)):
            raise exception.Invalid(f"The {reason} field can only be set when {flag} is True")


def _clear_with_maintenance(changed: dict[str, Any]) -> None:
    """Clear the fault and the reason when a node leaves maintenance."""
    if changed.get("maintenance") is False:
        changed["fault"] = None
        changed["maintenance_reason"] = None


def destroy(task: TaskManager) -> None:
    """Delete a node and its ports. Its power does not change.

    :raises NodeProtected: when it is protected.
    :raises NodeAssociated: when it has an instance and is not under maintenance.
    :raises InvalidState: when its provision state forbids it.
    :raises NetworkError: when its ports in networks cannot be removed, and it is not under maintenance.
    """
    node = task.node
    if node.protected:
        raise exception.NodeProtected(node=node.uuid)
    if not node.maintenance:
        _check_deletable(node)
    try:
        console.close(task)
    except exception.IronicLiteError as exc:
        # Operators also delete records of servers that are gone, so an error here is only logged.
        LOG.warning("Node %s is deleted, but its console could not be closed: %s", node.uuid, exc)
    _release_networks(task)
    node.destroy()
    console_log.remove(node.uuid)


def _release_networks(task: TaskManager) -> None:
    """Leave no port in a network behind; under maintenance, a network service that fails does not keep the node."""
    try:
        task.driver.network.release(task)
    except exception.WorkCutOff:
        raise
    except exception.IronicLiteError as exc:
        if not task.node.maintenance:
            raise
        LOG.warning(
            "Node %s is deleted, but its networks keep ports of it: %s", task.node.uuid, exc
        )


def _check_deletable(node: Node) -> None:
    if node.instance_uuid:
        raise exception.NodeAssociated(node=node.uuid, instance=node.instance_uuid)
    state = node.provision_state
    if not provision_states.allows(state, Change.DELETION):
        allowed = ", ".join(provision_states.allowing(Change.DELETION))
        raise exception.InvalidState(
            f'Can not delete node "{node.uuid}" while it is in provision state "{state}". Valid provision '
            f"states to perform deletion are: {allowed}; or set the node into maintenance mode."
        )
    if state == states.AVAILABLE and not CONF.conductor.allow_deleting_available_nodes:
        raise exception.InvalidState(
            f'Can not delete node "{node.uuid}" while it is available: [conductor] '
            "allow_deleting_available_nodes forbids it. Move it to manageable first."
        )
