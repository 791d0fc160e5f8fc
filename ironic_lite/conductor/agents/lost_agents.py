# SPDX-License-Identifier: Apache-2.0
"""Where an operation continues after its server lost its agent, by a power cut or a restart.

The preparation is repeated, and so is a step that waited for the agent to come up. A step that ran in the agent is
repeated if it declares that this is safe (``StepSpec.repeatable``); a step that boots the ramdisk is inserted in front
of it. The record is saved before each of these. Any other step fails the operation.

``periodics.lost_power`` notices that the server is off; ``periodics.agents`` that the agent is silent after another one
has asked for the node; ``deploy.heartbeat`` that the agent does not know the step (``AgentLost``).
"""

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.common import journal as terms
from ironic_lite.conductor.operations import journal, steps
from ironic_lite.conductor.operations.flow import Flow
from ironic_lite.conductor.operations.recovery import PREPARE
from ironic_lite.conductor.task_manager import TaskManager

LOG = log.getLogger(__name__)

MOST = 3
"""How many agents an operation may lose before it fails."""


def is_expected(task: TaskManager, flow: Flow) -> bool:
    """Tell whether a waiting node waits for an agent or for its command."""
    if not flow.by_heartbeat:
        return True
    return bool(task.driver.deploy.uses_agent) and not _is_reserved(flow.step(task.node))


def is_known_to_be_gone(task: TaskManager) -> bool:
    """Tell whether the agent is gone because a request has changed power since."""
    node = task.node
    works = task.driver.deploy.works_in_agent(node)
    return bool(works and not node.agent_url) or node.power_state == states.POWER_OFF


def position(task: TaskManager, flow: Flow, reason: str) -> tuple[int, bool]:
    """Forget the agent; return the index of the step to continue with, and whether it was started before.

    :param reason: what happened to the agent, for the journal and for ``last_error``.
    :raises IronicLiteError: when the step is not repeatable, or too many agents were lost.
    """
    node = task.node
    LOG.warning("Node %s: its agent is lost: %s", node.uuid, reason)
    worked = task.driver.deploy.works_in_agent(node)
    task.driver.deploy.forget_agent(task)
    journal.note(task, terms.WAIT, flow.waits_for, terms.LOST, reason)
    _check_number_of_times(task, flow, reason)
    journal.note(task, terms.AGENT, flow.name, terms.LOST, reason)
    index = flow.place(node)
    if index is None:
        journal.note(task, terms.PHASE, terms.PREPARATION, terms.REPEATED)
        return PREPARE, False
    step = flow.step(node)
    if step.get("abort_after"):
        raise exception.IronicLiteError(f"aborted by request; meanwhile {reason}")
    if step and not _is_repeatable(task, flow, step):
        raise exception.IronicLiteError(
            f"{reason}, so the result of the step is unknown. Check the server's console for a crash or a power loss"
        )
    if worked:
        _boot_first(task, flow, index)
        return index, False
    return index, True


def hold(task: TaskManager, flow: Flow) -> None:
    """Prepare a held node that has lost its power: the ramdisk boots again when the operation continues.

    The caller saves the node.
    """
    node = task.node
    task.driver.deploy.forget_agent(task)
    journal.note(task, terms.AGENT, flow.name, terms.LOST, "the server was powered off while held")
    place = flow.place(node)
    # Without a saved position the operation starts again at unhold, and boots the ramdisk anyway.
    if place is not None and task.driver.deploy.boot_step is not None:
        _boot_first(task, flow, place + 1)


def _boot_first(task: TaskManager, flow: Flow, index: int) -> None:
    """Insert the step that boots the ramdisk in front of the step at ``index``."""
    listed = list(task.node.driver_internal_info[flow.steps_key])
    deploy = task.driver.deploy
    spec = deploy.step_spec(flow.kind, str(deploy.boot_step))
    assert spec is not None  # See DeployInterface.boot_step.
    listed.insert(index, spec.as_step("deploy"))
    task.node.set_driver_internal_info(flow.steps_key, listed)


def _is_repeatable(task: TaskManager, flow: Flow, step: steps.Step) -> bool:
    interface = task.driver.interface(step["interface"])
    spec = interface.step_spec(flow.kind, step["step"])
    return spec is not None and bool(spec.repeatable)


def _check_number_of_times(task: TaskManager, flow: Flow, reason: str) -> None:
    lost = [e for e in journal.of_operation(task) if e["kind"] == terms.AGENT]
    if len(lost) >= MOST:
        raise exception.IronicLiteError(
            f"{reason}. This {flow.name} has lost {len(lost) + 1} agents, so the conductor does not boot the server "
            "again. Check the server's console, and whatever else may power it off"
        )


def _is_reserved(step: steps.Step) -> bool:
    return bool(step) and steps.is_reserved(step)
