# SPDX-License-Identifier: Apache-2.0
"""Where an operation goes on whose server lost its agent: power was cut by hand, or the server was started again.

The preparation is repeated, and so is a step that waited for the agent to come up. A step that ran in the agent is
repeated where its declaration says that this does no harm (``StepSpec.repeatable``): a step in front of it boots the
ramdisk again. All this is on record before it is done. Any other step ends its operation.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.common import journal as terms
from ironic_lite.conductor import journal, steps
from ironic_lite.conductor.flow import Flow
from ironic_lite.conductor.recovery import PREPARE

LOG = log.getLogger(__name__)

MOST = 3
"""How many agents an operation may lose and go on."""


def is_expected(task: Any, flow: Flow) -> bool:
    """Whether a waiting node waits for an agent, or for what runs in it."""
    if not flow.by_heartbeat:
        return True
    return bool(task.driver.deploy.uses_agent) and not _is_reserved(flow.step(task.node))


def is_known_to_be_gone(task: Any) -> bool:
    """Whether the record alone tells that the agent is gone: its power was changed by request meanwhile."""
    node = task.node
    works = task.driver.deploy.works_in_agent(node)
    return bool(works and not node.agent_url) or node.power_state == states.POWER_OFF


def position(task: Any, flow: Flow, reason: str) -> tuple[int, bool]:
    """Forget the agent, and find out where a waiting flow goes on, and whether the step there was begun before.

    :param reason: what happened to the agent, for the journal and for ``last_error``.
    :raises IronicLiteError: when a step cannot be repeated, or too many agents were lost.
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
            f"{reason}, and nobody knows how far it got. Look at the server's console for a crash or a power loss"
        )
    if worked:
        _boot_first(task, flow, index)
        return index, False
    return index, True


def hold(task: Any, flow: Flow) -> None:
    """A node that is held has lost its power: the ramdisk is booted again when it goes on.

    Saved by the caller.
    """
    node = task.node
    task.driver.deploy.forget_agent(task)
    journal.note(task, terms.AGENT, flow.name, terms.LOST, "the server was powered off while held")
    place = flow.place(node)
    # Without a place on record all begins anew when it goes on, with booting the ramdisk.
    if place is not None and task.driver.deploy.boot_step is not None:
        _boot_first(task, flow, place + 1)


def _boot_first(task: Any, flow: Flow, index: int) -> None:
    """Put the step that boots the ramdisk in front of the one at ``index``."""
    listed = list(task.node.driver_internal_info[flow.steps_key])
    boot = task.driver.deploy.boot_step
    spec = task.driver.deploy.step_spec(flow.kind, boot)
    listed.insert(index, spec.as_step("deploy"))
    task.node.set_driver_internal_info(flow.steps_key, listed)


def _is_repeatable(task: Any, flow: Flow, step: steps.Step) -> bool:
    interface = getattr(task.driver, step["interface"])
    spec = interface.step_spec(flow.kind, step["step"])
    return spec is not None and bool(spec.repeatable)


def _check_number_of_times(task: Any, flow: Flow, reason: str) -> None:
    lost = [e for e in journal.of_operation(task) if e["kind"] == terms.AGENT]
    if len(lost) >= MOST:
        raise exception.IronicLiteError(
            f"{reason}. It is the {len(lost) + 1}th agent that this {flow.name} has lost, and the server is not booted "
            "once more. Look at its console, and at what else powers it off"
        )


def _is_reserved(step: steps.Step) -> bool:
    return bool(step) and steps.is_reserved(step)
