# SPDX-License-Identifier: Apache-2.0
"""Where an operation goes on whose conductor died, or handed it over.

What was cut off is repeated where its declaration says that this does no harm (``StepSpec.repeatable``). Where it does
not, the hardware is asked whether it happened (``StepSpec.happened``). Steps of the agent are found in its list of
commands. Preparation, winding up and cleaning up can always be repeated.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, redaction, states
from ironic_lite.common import journal as terms
from ironic_lite.conductor import children, journal, steps
from ironic_lite.conductor.flow import Flow
from ironic_lite.conductor.steps import Step
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

PREPARE = -1
"""The position before the first step."""


def note_take_over(task: Any) -> None:
    """Write down whose work goes on here, and read what a change of power that was cut off has led to.

    Nothing is forced back to a power state that is on record only because its change could not be noted any more.
    """
    entries = journal.of_operation(task)
    before = entries[-1]["conductor"] if entries else None
    journal.note(task, terms.TAKE_OVER, before, terms.STARTED)
    node = task.node
    if node.target_power_state is None:
        return
    try:
        actual = task.driver.power.get_power_state(task)
    except exception.IronicLiteError as exc:
        LOG.warning("Node %s: its power state cannot be read: %s", node.uuid, exc.message)
        actual = None
    told = f"the server is '{actual}' now" if actual else "its power state cannot be read now"
    journal.note(task, terms.POWER, node.target_power_state, terms.INTERRUPTED, told)
    node.power_state = None if actual == states.ERROR else actual
    node.target_power_state = None


def position(task: Any, flow: Flow) -> tuple[int, bool]:
    """Where to go on, and whether the step there was begun before.

    :raises IronicLiteError: when a step can be neither repeated nor asked about, or was cut off too often.
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
        journal.note(task, terms.STEP, name, terms.SKIPPED, "it had happened")
        return index + 1, False
    return index, True


def _before_the_steps(task: Any, flow: Flow) -> int:
    """Before the first step: there is the preparation, and where no steps follow it may have been waited for."""
    if not flow.kind and flow.by_heartbeat and _has_waited(task):
        return 0
    journal.note(task, terms.PHASE, terms.PREPARATION, terms.REPEATED)
    _check_number_of_times(task, terms.PREPARATION)
    # On record before it runs, as everything else.
    task.node.save()
    return PREPARE


def _has_waited(task: Any) -> bool:
    """Whether what was waited for has come, and nothing was done with it yet.

    Winding up may end what has come, as the rescue ramdisk's agent ends with the password: then all begins anew.
    """
    entries = journal.of_operation(task)
    wound_up = any(entry["subject"] == terms.WINDING_UP for entry in entries)
    waits = [entry for entry in entries if entry["kind"] == terms.WAIT]
    return bool(waits) and waits[-1]["outcome"] == terms.DONE and not wound_up


def _check_number_of_times(task: Any, name: str) -> None:
    """Whatever takes every conductor down with it has to end somewhere.

    :raises IronicLiteError: when it was begun too often.
    """
    times = sum(
        1
        for entry in journal.of_operation(task)
        if entry["subject"] == name and entry["outcome"] == terms.REPEATED
    )
    most = CONF.conductor.recovery_attempts
    if times >= most:
        raise exception.IronicLiteError(
            f"{name} was cut off again after {times} repetitions: its conductors died each time, and it is not tried "
            "once more. Look at the logs of the conductors in the node's timeline"
        )


def _has_happened(task: Any, flow: Flow, step: Step) -> bool:
    """Whether a step that was cut off is behind us; False: run it, which does no harm.

    :raises IronicLiteError: when nobody knows.
    """
    if steps.for_children(step):
        children.check_repeatable(task, str(flow.kind), step)
        return False
    if steps.is_reserved(step):
        return False
    interface = getattr(task.driver, step["interface"])
    spec = interface.step_spec(flow.kind, step["step"])
    # A step without a declaration of ours runs in the agent, which takes one command at a time and keeps
    # its results: asking again finds the command, and starts no second one.
    if spec is None or spec.repeatable:
        return False
    if spec.happened is None:
        raise exception.IronicLiteError(
            "its conductor died while it ran. It cannot be repeated without harm, and nothing tells how far it got. "
            "Check the server, then start the operation again"
        )
    try:
        answer: bool | None = getattr(interface, spec.happened)(task, step)
    except exception.IronicLiteError as exc:
        cause = redaction.mask_text(exc.message)
        raise exception.IronicLiteError(
            f"its conductor died while it ran, and the server does not tell whether it happened: {cause} Check the "
            "server, then start the operation again"
        ) from exc
    if answer is None:
        raise exception.IronicLiteError(
            "its conductor died while it ran, and the server cannot tell whether it happened. Check the server, then "
            "start the operation again"
        )
    return answer
