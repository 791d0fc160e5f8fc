# SPDX-License-Identifier: Apache-2.0
"""Finding out what a server is made of.

An inspection is done at once where the BMC tells everything. Else it waits until the ramdisk sends what it has found,
which is the end of it: heartbeats mean nothing here.
"""

from typing import Any

from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.common import exception, states
from ironic_lite.conductor import engine, history
from ironic_lite.conductor.flows import checks
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.node_records import NodeInventory

LOG = log.getLogger(__name__)


def start(task: TaskManager) -> None:
    """Inspect a node.

    :raises InvalidStateRequested, NodeInMaintenance: when it cannot be inspected now.
    :raises UnsupportedDriverExtension: when it has no way to be inspected.
    :raises InvalidParameterValue: when its power or inspection is not set up.
    """
    checks.in_service(task, "inspecting")
    checks.actionable(task, "inspect")
    checks.power(task)
    task.driver.inspect.validate(task)
    task.node.inspection_started_at = timeutils.utcnow()
    task.node.inspection_finished_at = None
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
    task.spawn_after(_received, task, inventory, plugin_data)


def _received(task: TaskManager, inventory: dict[str, Any], plugin_data: dict[str, Any]) -> None:
    def take_in(task: TaskManager) -> None:
        task.driver.inspect.continue_inspection(task, inventory, plugin_data)
        found = NodeInventory(
            task.context,
            node_id=task.node.id,
            inventory_data=inventory,
            plugin_data=plugin_data,
        )
        found.create()

    engine.answered(task, FLOW, take_in)


def _prepare(task: TaskManager) -> str | None:
    outcome = task.driver.inspect.inspect_hardware(task)
    return outcome if outcome == states.INSPECTWAIT else None


def _finish(task: TaskManager) -> None:
    task.node.inspection_finished_at = timeutils.utcnow()
    task.process_event("done")


def _clean_up(task: TaskManager) -> None:
    task.driver.inspect.abort(task)


FLOW = engine.Flow(
    name="inspection",
    working=states.INSPECTING,
    event_type=history.INTROSPECTION,
    waiting=states.INSPECTWAIT,
    prepare=_prepare,
    finish=_finish,
    clean_up=_clean_up,
    by_heartbeat=False,
)
