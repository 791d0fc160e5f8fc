# SPDX-License-Identifier: Apache-2.0
"""Where an operation continues whose conductor died or handed it over.

An interrupted step is repeated if it declares that this is safe (``StepSpec.repeatable``). Otherwise the hardware is
asked whether it happened (``StepSpec.happened``). Steps of the agent are found in its list of commands. Preparation,
winding up and cleaning up can always be repeated.

What the record says, and what the next conductor does (``flows.recover``):

* no position in the list of steps: it prepares again;
* the position of the next step, and no current step: it continues there;
* a current step: as above; if its result is unknown, the operation fails with a message that says so;
* the end of the list: it winds up again; a flow without steps prepares again;
* a failure whose clean-up was interrupted (``driver_internal_info["failing"]``): it cleans up again, and the operation
  fails with that message. Until then ``NodeLeftOff`` refuses the next operation;
* ``target_power_state`` outside of an operation: it asks the BMC, and makes the change again if needed
  (``hardware.power.take_up``);
* work in the background (``background``): it leaves the server alone; ``last_error`` says that the result is unknown.

A step or preparation that was repeated ``[conductor] recovery_attempts`` times is not repeated again.
"""

from oslo_log import log

from ironic_lite.common import exception, redaction, states
from ironic_lite.common import journal as terms
from ironic_lite.conductor.operations import child_node_steps, journal, steps
from ironic_lite.conductor.operations.flow import Flow
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

PREPARE = -1
"""The position before the first step."""


def note_take_over(task: TaskManager) -> None:
    """Note in the journal whose operation continues, and read the power state after an interrupted power change.

    A recorded power state is not enforced: a later change may be missing from the record.
    """
    entries = journal.of_operation(task)
    # What a server does when it boots is noted without a conductor.
    before = next((entry["conductor"] for entry in reversed(entries) if entry["conductor"]), None)
    journal.note(task, terms.TAKE_OVER, before, terms.STARTED)
    node = task.node
    if node.target_power_state is None:
        return
    try:
        actual = task.driver.power.get_power_state(task)
    except exception.IronicLiteError as exc:
        LOG.warning("Node %s: its power state cannot be read: %s", node.uuid, exc.message)
        actual = None
    observed = f"the server is '{actual}' now" if actual else "the power state cannot be read now"
    journal.note(task, terms.POWER, node.target_power_state, terms.INTERRUPTED, observed)
    node.power_state = None if actual == states.ERROR else actual
    node.target_power_state = None


def position(task: TaskManager, flow: Flow) -> tuple[int, bool]:
    """Return the index of the step to continue with, and whether that step was started before.

    :raises IronicLiteError: when the step cannot be repeated and its result is unknown, or it was interrupted too
        often.
    """
    index = flow.place(task.node)
    step = flow.step(task.node)
    if index is None:
        return _before_the_steps(task, flow), False
    if not step:
        return index, False
    name = steps.label(step)
    journal.note(task, terms.STEP, name, terms.INTERRUPTED)
    _check_number_of_times(task, name)
    if _has_happened(task, flow, step):
        journal.note(task, terms.STEP, name, terms.SKIPPED, "it was complete")
        return index + 1, False
    return index, True


def _before_the_steps(task: TaskManager, flow: Flow) -> int:
    """Return the position of an operation that has not reached its steps: its preparation, or the end of its wait."""
    if not flow.kind and flow.by_heartbeat and _has_waited(task):
        return 0
    journal.note(task, terms.PHASE, terms.PREPARATION, terms.REPEATED)
    _check_number_of_times(task, terms.PREPARATION)
    # Save the record before the preparation runs.
    task.node.save()
    return PREPARE


def _has_waited(task: TaskManager) -> bool:
    """Tell whether the awaited event of a flow without steps has come, and winding up has not begun.

    Winding up may use the event up, as setting the rescue password ends the agent. Then the flow starts again.
    """
    entries = journal.of_operation(task)
    wound_up = any(entry["subject"] == terms.WINDING_UP for entry in entries)
    waits = [entry for entry in entries if entry["kind"] == terms.WAIT]
    return bool(waits) and waits[-1]["outcome"] == terms.DONE and not wound_up


def _check_number_of_times(task: TaskManager, name: str) -> None:
    """Limit the repetitions of a step that may have killed its conductors.

    :raises IronicLiteError: when it was repeated too often.
    """
    times = sum(
        1
        for entry in journal.of_operation(task)
        if entry["subject"] == name and entry["outcome"] == terms.REPEATED
    )
    most = CONF.conductor.recovery_attempts
    if times >= most:
        raise exception.IronicLiteError(
            f"{name} was interrupted again after {times} repetitions: its conductors died each time, so it is not "
            "repeated any more. See the logs of the conductors in the node's timeline"
        )


def _has_happened(task: TaskManager, flow: Flow, step: Step) -> bool:
    """Tell whether an interrupted step is complete; False when it is to be run, which is then safe.

    :raises IronicLiteError: when that is unknown.
    """
    if steps.for_children(step):
        child_node_steps.check_repeatable(task, str(flow.kind), step)
        return False
    if steps.is_reserved(step):
        return False
    interface = task.driver.interface(step["interface"])
    spec = interface.step_spec(flow.kind, step["step"])
    # A step that no interface here declares runs in the agent. It runs one command at a time and keeps the results, so
    # starting the step again finds its command instead of starting a second one.
    if spec is None or spec.repeatable:
        return False
    if spec.happened is None:
        raise exception.IronicLiteError(
            "its conductor died while it ran. It cannot safely be repeated, and its result is unknown. "
            "Check the server, then start the operation again"
        )
    try:
        answer: bool | None = getattr(interface, spec.happened)(task, step)
    except exception.IronicLiteError as exc:
        cause = redaction.mask_text(exc.message)
        raise exception.IronicLiteError(
            f"its conductor died while it ran, and its result cannot be read from the server: {cause} Check the "
            "server, then start the operation again"
        ) from exc
    if answer is None:
        raise exception.IronicLiteError(
            "its conductor died while it ran, and the server does not know its result. Check the server, then "
            "start the operation again"
        )
    return answer
