# SPDX-License-Identifier: Apache-2.0
"""Serves ``contract.nodes``.

The functions check in the order that Ironic's clients rely on: the lock, maintenance, the provision state, and then
the arguments.
"""

import base64
import contextlib
import functools
from typing import Any

from ironic_lite.common import boot_stages, exception
from ironic_lite.common import journal as terms
from ironic_lite.conductor.agents import agent_contact, log_files
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.contract.declaration import Context, NodeId
from ironic_lite.conductor.contract.nodes import NodeCalls
from ironic_lite.conductor.discovery import enrolment, unknown_boot
from ironic_lite.conductor.endpoints.serving import locked, served, unlocked
from ironic_lite.conductor.hardware import driver_errors, power
from ironic_lite.conductor.operations import flows, plan
from ironic_lite.conductor.operations.flows import inspect
from ironic_lite.conductor.periodics import orphans
from ironic_lite.conductor.records import node_records
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.drivers import node_images
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.objects import boot_notes
from ironic_lite.objects.node import Node

_PART_OF_LOGS = 512 * 1024
"""Bytes of a file with logs in one message."""


def _create(_context: Context, node_obj: Node) -> Node:
    node_records.create(node_obj)
    return node_obj


def _validate_interfaces(task: TaskManager) -> dict[str, dict[str, Any]]:
    return {
        kind: _validated(task, interface)
        for kind, interface in task.driver.interfaces().items()
        if kind != "vendor"
    }


def _validated(task: TaskManager, interface: BaseInterface) -> dict[str, Any]:
    try:
        interface.validate(task)
    except Exception as exc:
        error = driver_errors.for_client(exc)
        if not isinstance(error, exception.IronicLiteError):
            raise
        return {"result": False, "reason": error.message}
    return {"result": True, "reason": None}


def _get_properties(_context: Context, driver_name: str) -> dict[str, str]:
    return identity.current().drivers.properties(driver_name)


def _take_up(context: Context, node_id: NodeId) -> None:
    # This conductor owns the node only since another one left the ring; its cached ring may be older than that.
    identity.current().ring.reset()
    # If this fails, the periodic task takes the node up.
    with contextlib.suppress(
        exception.NodeLocked, exception.NodeNotFound, exception.TemporaryFailure
    ):
        orphans.take_up(context, node_id)


def _boot_script(task: TaskManager, mac: str) -> str:
    note = functools.partial(boot_notes.note, task.context, task.node.id, boot_stages.SCRIPT.name)
    try:
        script = task.driver.boot.boot_script(task, mac)
    except exception.IronicLiteError as exc:
        note(terms.FAILED, exc.message)
        raise
    if task.driver.boot.boots_agent(task.node):
        note(terms.DONE, f"for the agent's ramdisk, by {mac}")
    else:
        note(terms.SKIPPED, f"it boots its own system, by {mac}")
    return script


def _open_image(context: Context, node_id: int | str, field: str, token: str) -> dict[str, Any]:
    try:
        node = Node.get(context, node_id)
    except exception.NotFound:
        raise exception.ImageNotFound(image_id="of this URL") from None
    return node_images.origin(node, field, token).as_dict()


def _image_users(context: Context, image: str, name: str) -> list[str]:
    return [
        node.name or node.uuid
        for place in ({"operating": True}, {"deploy_interface": "ramdisk", "operating": False})
        for node in Node.list(context, filters=place)
        if node_images.needs(node, image, name)
    ]


def _read_logs(_context: Context, name: str, offset: int) -> dict[str, Any]:
    part, size = log_files.read(name, offset, _PART_OF_LOGS)
    return {"data": base64.b64encode(part).decode(), "size": size}


SERVED = served(
    NodeCalls,
    unlocked(NodeCalls.create_node)(_create),
    locked(NodeCalls.update_node)(node_records.update),
    locked(NodeCalls.destroy_node)(node_records.destroy),
    locked(NodeCalls.validate_driver_interfaces)(_validate_interfaces),
    unlocked(NodeCalls.get_driver_properties)(_get_properties),
    locked(NodeCalls.change_node_power_state)(power.request),
    locked(NodeCalls.provision)(flows.start),
    unlocked(NodeCalls.plan_node)(plan.make),
    unlocked(NodeCalls.take_up)(_take_up),
    unlocked(NodeCalls.discover)(enrolment.receive),
    unlocked(NodeCalls.get_discovery_script)(unknown_boot.script),
    unlocked(NodeCalls.heartbeat)(agent_contact.heartbeat),
    unlocked(NodeCalls.get_node_for_agent)(agent_contact.expected),
    locked(NodeCalls.get_boot_script)(_boot_script),
    unlocked(NodeCalls.open_image)(_open_image),
    unlocked(NodeCalls.image_users)(_image_users),
    unlocked(NodeCalls.read_ramdisk_logs)(_read_logs),
    locked(NodeCalls.continue_inspection)(inspect.receive),
)
