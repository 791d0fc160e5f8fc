# SPDX-License-Identifier: Apache-2.0
"""What may be changed about a port's record, and when."""

from typing import Any

from ironic_lite.common import exception, states
from ironic_lite.conductor.node_records import check_expected
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.port import Port

_CONNECTIVITY = ("pxe_enabled", "physical_network", "local_link_connection")
_RECABLING = (states.ENROLL, states.INSPECTING, states.INSPECTWAIT, states.MANAGEABLE)
"""A server's cables may change while no tenant and no flow relies on them."""


def update(task: TaskManager, port: Port, expected: dict[str, Any] | None = None) -> Port:
    """Store the changes of a port.

    :param expected: see ``node_records.check_expected``.
    :returns: the port as it is now.
    :raises InvalidState: when its node's state forbids a change.
    :raises MACAlreadyExists, PortDuplicateName: when it clashes with another port.
    """
    node = task.node
    before = Port.get(task.context, port.id)
    check_expected(f"Port {port.uuid}", before, expected)
    changed = {
        field for field in port.obj_what_changed() if getattr(port, field) != getattr(before, field)
    }
    in_use = node.instance_uuid or node.provision_state == states.ACTIVE
    if "address" in changed and in_use and not node.maintenance:
        raise exception.InvalidState(
            f"Cannot update hardware address for port {port.uuid} as node {node.uuid} is active or has "
            "instance UUID assigned."
        )
    if (
        changed & set(_CONNECTIVITY)
        and node.provision_state not in _RECABLING
        and not node.maintenance
    ):
        raise exception.InvalidState(
            f"Port {port.uuid} can not have any connectivity attributes ({', '.join(_CONNECTIVITY)}) updated "
            f"unless node {node.uuid} is in a {', '.join(_RECABLING)} state or in maintenance mode. "
            f"The current state is {node.provision_state}."
        )
    task.ensure_locked()
    port.save()
    return port


def destroy(task: TaskManager, port: Port) -> None:
    """Delete a port.

    :raises PortNotFound: when it is gone already.
    """
    task.ensure_locked()
    port.destroy()
