# SPDX-License-Identifier: Apache-2.0
"""Discovery: the data of a server that has just become a node, and the end of its agent.

The node stays in ``enroll``. The data is stored before the ramdisk gets its answer and processed from there, so that a
conductor that takes the discovery over has it too.
"""

from pathlib import Path
from typing import Any

from oslo_log import log

from ironic_lite.common import discovery, exception, redaction, states
from ironic_lite.common import journal as terms
from ironic_lite.conductor.agents import ramdisk_logs
from ironic_lite.conductor.operations import journal
from ironic_lite.conductor.operations.flows import inspect, verify
from ironic_lite.conductor.records import node_history
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF
from ironic_lite.drivers import fast_track
from ironic_lite.objects.node_records import ReceivedInventory

LOG = log.getLogger(__name__)

NAME = "discovery"


def start(task: TaskManager) -> None:
    """Process the stored data of a discovered server on the worker pool.

    :raises NoFreeConductorWorker: when no worker is free; the ramdisk sends its data again.
    """
    mark = discovery.of(task.node.driver_internal_info)
    task.spawn_after(take_in, task)
    journal.begin(task, NAME, f"data from {mark.get('from', 'a server')}")
    # The data is from a new boot, whose agent may get a token.
    task.node.forget_agent()
    wanted = CONF.inspector.power_off and not fast_track.enabled(task.node)
    _record(task, agent=discovery.TO_BE_ENDED if wanted else None)
    task.node.save()


def has_unprocessed_data(task: TaskManager) -> bool:
    """Tell whether data of a discovered server is stored that no conductor has processed."""
    if task.node.provision_state != states.ENROLL or not discovery.of(
        task.node.driver_internal_info
    ):
        return False
    return inspect.received(task) is not None


def take_in(task: TaskManager) -> None:
    """Process the stored data. If that fails, the node stays, with the reason in ``last_error``. Runs in a worker."""
    node = task.node
    if node.operation is None:
        journal.begin(task, NAME, "data that a conductor has left")
    try:
        _process(task)
    except exception.WorkCutOff:
        raise
    except Exception as exc:
        if not isinstance(exc, exception.IronicLiteError):
            LOG.exception("Node %s: the data of its discovery", node.uuid)
        _fail(task, redaction.mask_text(str(exc)) or type(exc).__name__)
        return
    if CONF.auto_discovery.accept == "automatically":
        _accept(task)


def _process(task: TaskManager) -> None:
    data = inspect.received(task)
    if data is None:
        # A conductor that died had processed it.
        journal.end(task, NAME, terms.DONE)
        task.node.save()
        return
    origins = inspect.evaluate(task, data.inventory_data, data.plugin_data)
    task.node.last_error = None
    ramdisk_logs.settle_sent(task, failed=False)
    ReceivedInventory.destroy_along(task.node)
    named = origins.named(task.node.uuid, task.node.obj_what_changed())
    with journal.ending(task, NAME), named:
        task.node.save()


def _fail(task: TaskManager, cause: str) -> None:
    node = task.node
    # Discard the changes that hooks and rules made before the error.
    node.refresh()
    node.last_error = f"The discovery failed: {cause}"
    LOG.error("Node %s: %s", node.uuid, node.last_error)
    node_history.record_with_node(task, "introspection", node.last_error, error=True)
    ramdisk_logs.settle_sent(task, failed=True)
    ReceivedInventory.destroy_along(node)
    journal.end(task, NAME, terms.FAILED, node.last_error)
    node.save()


def _accept(task: TaskManager) -> None:
    """Set the configured credentials of the BMC, and start the verification."""
    node, options = task.node, CONF.auto_discovery
    if not node.driver_info.get("ipmi_address") or "ipmi_username" in node.driver_info:
        LOG.info(
            "Node %s is not accepted automatically: it is not a new node with a BMC", node.uuid
        )
        return
    try:
        with Path(options.bmc_password_file).open(encoding="utf-8") as file:
            password = file.readline().rstrip("\r\n")
    except (OSError, ValueError) as exc:
        node.last_error = (
            "The server is not accepted automatically, because [auto_discovery] bmc_password_file cannot be read: "
            f"{type(exc).__name__}"
        )
        LOG.error("Node %s: %s", node.uuid, node.last_error)
        node.save()
        return
    node.driver_info = {
        **node.driver_info,
        "ipmi_username": options.bmc_username,
        "ipmi_password": password,
    }
    node.save()
    verify.start(task)


def end_agent(task: TaskManager) -> None:
    """Power off a server whose agent has sent the data and calls again. Runs in a worker.

    If it fails, the agent's next heartbeat starts it again.
    """
    # Imported here, because its HTTP client delays the start.
    from ironic_lite.drivers.modules.agent.client import AgentClient

    node = task.node
    if not discovery.ends_agent(node.driver_internal_info):
        return
    try:
        if node.provision_state == states.ENROLL:
            # The credentials of the BMC are not known yet.
            AgentClient(node, guard=task.ensure_locked).power_off()
            how = "the discovery has ended; by the server's agent"
        else:
            task.set_power(states.POWER_OFF)
            how = "the discovery has ended"
    except exception.WorkCutOff:
        raise
    except exception.IronicLiteError as exc:
        LOG.warning("Node %s: its server is not powered off yet: %s", node.uuid, exc.message)
        return
    task.node.forget_agent()
    _record(task, agent=None)
    journal.note(task, terms.POWER, states.POWER_OFF, terms.DONE, how)
    node.save()


def _record(task: TaskManager, **changed: Any) -> None:
    found = {**discovery.of(task.node.driver_internal_info), **changed}
    kept = {key: value for key, value in found.items() if value is not None}
    task.node.set_driver_internal_info(discovery.KEY, kept)
