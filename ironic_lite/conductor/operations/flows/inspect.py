# SPDX-License-Identifier: Apache-2.0
"""Finding out what a server is made of.

An inspection is done at once where the BMC tells everything. Else it waits until the ramdisk sends what it has found:
heartbeats mean nothing here. What comes is on record before the ramdisk gets its answer, and is worked on from that
record, so a conductor that takes the inspection up from a dead one has it too.
"""

from typing import Any

from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.common import exception, states
from ironic_lite.common import journal as terms
from ironic_lite.common.operations import INSPECTION
from ironic_lite.conductor import inspection_rules
from ironic_lite.conductor.operations import engine, journal
from ironic_lite.conductor.operations.flows import checks
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.node_records import NodeInventory, ReceivedInventory

LOG = log.getLogger(__name__)

_TAKEN_IN = "inspection_taken_in"
"""Key in ``driver_internal_info``: the data has been worked on, and what came of it is on the node."""


def start(task: TaskManager) -> None:
    """Inspect a node.

    :raises UnsupportedDriverExtension: when it has no way to be inspected.
    :raises InvalidParameterValue: when its power or inspection is not set up.
    """
    checks.power(task)
    task.driver.inspect.validate(task)
    task.node.inspection_started_at = timeutils.utcnow()
    task.node.inspection_finished_at = None
    _forget_data(task)
    engine.start(task, FLOW, "inspect")


def receive(task: TaskManager, inventory: dict[str, Any], plugin_data: dict[str, Any]) -> None:
    """The ramdisk has sent what it found: keep it, and end the inspection on the worker pool.

    :param inventory: the hardware, in the agent's form.
    :param plugin_data: what else it collected.
    :raises NotFound: when the node waits for nothing of the kind.
    :raises NoFreeConductorWorker: when the pool is full; the ramdisk tries again.
    """
    if task.node.provision_state != states.INSPECTWAIT:
        LOG.warning(
            "Node %s: inspection data comes in state '%s', and is dropped",
            task.node.uuid,
            task.node.provision_state,
        )
        raise exception.NotFound()
    received = ReceivedInventory(
        task.context,
        node_id=task.node.id,
        inventory_data=inventory,
        plugin_data=plugin_data,
    )
    received.create()
    engine.arrived(task, FLOW)


def has_data(task: TaskManager) -> bool:
    """Whether the node waits for what an API process has kept for it while its conductor was away or still at work."""
    if task.node.provision_state != states.INSPECTWAIT:
        return False
    return _received(task) is not None


def _received(task: TaskManager) -> ReceivedInventory | None:
    try:
        return ReceivedInventory.get(task.context, task.node.id)
    except exception.NodeInventoryNotFound:
        return None


def _prepare(task: TaskManager) -> str | None:
    if _TAKEN_IN in task.node.driver_internal_info:
        return None
    received = _received(task)
    if received is None:
        outcome = task.driver.inspect.inspect_hardware(task)
        return outcome if outcome == states.INSPECTWAIT else None
    journal.note(task, terms.PHASE, terms.TAKING_IN, terms.STARTED)
    task.node.save()
    try:
        _take_in(task, received.inventory_data, received.plugin_data)
    except exception.WorkCutOff:
        raise
    except Exception:
        # What hooks and rules have changed so far is not to be kept.
        task.node.refresh()
        raise
    return None


def _take_in(task: TaskManager, inventory: dict[str, Any], plugin_data: dict[str, Any]) -> None:
    unusable = plugin_data.get(ReceivedInventory.UNUSABLE)
    if unusable:
        raise exception.HardwareInspectionFailure(
            f"what the ramdisk has sent cannot be used: {unusable}"
        )
    task.driver.inspect.continue_inspection(task, inventory, plugin_data)
    origins = inspection_rules.apply(task, inventory, plugin_data)
    task.ensure_locked()
    found = NodeInventory(
        task.context,
        node_id=task.node.id,
        inventory_data=inventory,
        plugin_data=plugin_data,
    )
    found.create()
    task.node.set_driver_internal_info(_TAKEN_IN, True)
    journal.note(task, terms.PHASE, terms.TAKING_IN, terms.DONE)
    with origins.named(task.node.uuid, task.node.obj_what_changed()):
        task.node.save()


def _wind_up(task: TaskManager) -> None:
    # The agent has asked for its token meanwhile. What is to be forgotten has to be known.
    task.node.refresh()
    task.driver.inspect.tear_down(task)


def _finish(task: TaskManager) -> None:
    _forget_data(task)
    task.node.inspection_started_at = None
    task.node.inspection_finished_at = timeutils.utcnow()
    task.process_event("done")


def _forget_data(task: TaskManager) -> None:
    task.node.del_driver_internal_info(_TAKEN_IN)
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
    has_come=has_data,
)
