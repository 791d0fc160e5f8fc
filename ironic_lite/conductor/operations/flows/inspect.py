# SPDX-License-Identifier: Apache-2.0
"""Inspection: reading a server's hardware.

An inspection through the BMC ends at once. An inspection through the ramdisk waits until the ramdisk sends its data;
heartbeats do not continue it. The data is stored before the ramdisk gets its answer and processed from there, so that
a conductor that takes the inspection over has it too.
"""

from typing import Any

from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.common import exception, states
from ironic_lite.common import journal as terms
from ironic_lite.common.operations import INSPECTION
from ironic_lite.conductor import inspection_rules
from ironic_lite.conductor.agents import ramdisk_logs
from ironic_lite.conductor.discovery import recognition
from ironic_lite.conductor.inspection_rules.places import Origins
from ironic_lite.conductor.operations import engine, journal
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.node_records import NodeInventory, ReceivedInventory

LOG = log.getLogger(__name__)

_PROCESSED = "inspection_taken_in"
"""Key in ``driver_internal_info``: the data is processed and its results are saved on the node."""


def start(task: TaskManager) -> None:
    """Inspect a node.

    :raises UnsupportedDriverExtension: when the node's inspect interface does not support inspection.
    :raises InvalidParameterValue: when the settings for power or inspection are wrong.
    """
    task.driver.power.validate(task)
    task.driver.inspect.validate(task)
    task.node.inspection_started_at = timeutils.utcnow()
    task.node.inspection_finished_at = None
    task.node.del_driver_internal_info(_PROCESSED)
    # The data of an earlier inspection is deleted only if this one begins: a plan runs this function and saves nothing.
    ReceivedInventory.destroy_along(task.node)
    engine.start(task, FLOW, "inspect")


def receive(task: TaskManager, inventory: dict[str, Any], plugin_data: dict[str, Any]) -> None:
    """Store the ramdisk's data, and finish the inspection on the worker pool.

    :param inventory: the hardware, in the agent's format.
    :param plugin_data: the other data that the ramdisk collected.
    :raises NotFound: when the node does not wait for inspection data.
    :raises NoFreeConductorWorker: when no worker is free; the ramdisk tries again.
    """
    if task.node.provision_state != states.INSPECTWAIT:
        LOG.warning(
            "Node %s: inspection data comes in state '%s', and is dropped",
            task.node.uuid,
            task.node.provision_state,
        )
        raise exception.NotFound()
    ramdisk_logs.take_sent(task, plugin_data)
    ReceivedInventory(
        task.context,
        node_id=task.node.id,
        inventory_data=inventory,
        plugin_data=plugin_data,
    ).create()
    engine.continue_with_data(task, FLOW)


def _awaited_data_is_saved(task: TaskManager) -> bool:
    """Return whether the node waits for inspection data that an API process has stored already."""
    if task.node.provision_state != states.INSPECTWAIT:
        return False
    return received(task) is not None


def received(task: TaskManager) -> ReceivedInventory | None:
    """Return the data that the node's ramdisk has sent and that is not processed; None when there is none."""
    try:
        return ReceivedInventory.get(task.context, task.node.id)
    except exception.NodeInventoryNotFound:
        return None


def _prepare(task: TaskManager) -> str | None:
    if _PROCESSED in task.node.driver_internal_info:
        return None
    data = received(task)
    if data is None:
        outcome = task.driver.inspect.inspect_hardware(task)
        return outcome if outcome == states.INSPECTWAIT else None
    journal.note(task, terms.PHASE, terms.TAKING_IN, terms.STARTED)
    task.node.save()
    try:
        _process_data(task, data.inventory_data, data.plugin_data)
    except exception.WorkCutOff:
        raise
    except Exception:
        # Discard the changes that hooks and rules made before the error.
        task.node.refresh()
        raise
    return None


def _process_data(
    task: TaskManager, inventory: dict[str, Any], plugin_data: dict[str, Any]
) -> None:
    unusable = plugin_data.get(ReceivedInventory.UNUSABLE)
    if unusable:
        raise exception.HardwareInspectionFailure(
            f"what the ramdisk has sent cannot be used: {unusable}"
        )
    origins = evaluate(task, inventory, plugin_data)
    task.node.set_driver_internal_info(_PROCESSED, True)
    journal.note(task, terms.PHASE, terms.TAKING_IN, terms.DONE)
    with origins.named(task.node.uuid, task.node.obj_what_changed()):
        task.node.save()


def evaluate(task: TaskManager, inventory: dict[str, Any], plugin_data: dict[str, Any]) -> Origins:
    """Run hooks and rules on the data of a ramdisk, and store the data with what they found. The caller saves the node.

    :returns: which rules changed which fields of the node, for messages when the caller saves it.
    :raises HardwareInspectionFailure: when a hook or rule fails; the message names it.
    :raises UnsupportedDriverExtension: when the node's inspect interface takes no data.
    """
    task.driver.inspect.continue_inspection(task, inventory, plugin_data)
    origins = inspection_rules.apply(task, inventory, plugin_data)
    task.ensure_locked()
    recognition.learn(task, inventory, plugin_data)
    NodeInventory(
        task.context,
        node_id=task.node.id,
        inventory_data=inventory,
        plugin_data=plugin_data,
    ).create()
    return origins


def _wind_up(task: TaskManager) -> None:
    # The agent has got its token since the node was read; tear_down needs the current record.
    task.node.refresh()
    task.driver.inspect.tear_down(task)


def _finish(task: TaskManager) -> None:
    _forget_data(task)
    ramdisk_logs.settle_sent(task, failed=False)
    task.node.inspection_started_at = None
    task.node.inspection_finished_at = timeutils.utcnow()
    task.process_event("done")


def _forget_data(task: TaskManager) -> None:
    task.node.del_driver_internal_info(_PROCESSED)
    ReceivedInventory(task.context, node_id=task.node.id).destroy()


def _clean_up(task: TaskManager) -> None:
    task.node.inspection_started_at = None
    _forget_data(task)
    task.driver.inspect.abort(task)


FLOW = engine.Flow(
    INSPECTION,
    prepare=_prepare,
    wind_up=_wind_up,
    finish=_finish,
    clean_up=_clean_up,
    awaited_data_is_saved=_awaited_data_is_saved,
)
