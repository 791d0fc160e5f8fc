# SPDX-License-Identifier: Apache-2.0
"""How an operation fails or is aborted: it cleans up, records the reason, and moves the node to its failed state.

``driver_internal_info["failing"]`` holds the reason from the failure until the cleaning up has ended. If the conductor
dies in between, the next one continues the cleaning up, not the operation.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, redaction
from ironic_lite.common import journal as terms
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor.agents import ramdisk_logs
from ironic_lite.conductor.operations import journal, steps
from ironic_lite.conductor.operations.flow import Flow
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.conductor.records import node_history
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.drivers.interfaces import steps as step_specs

LOG = log.getLogger(__name__)


def is_failing(node: Any) -> bool:
    """Return whether an operation has failed or was aborted and its cleaning up has not ended."""
    return terms.FAILING in node.driver_internal_info


def fail(task: TaskManager, flow: Flow, message: str) -> None:
    """Fail a flow: clean up, record the reason, and move the node to its failed state.

    :param message: the text for ``last_error``.
    """
    node = task.node
    LOG.error("Node %s: %s", node.uuid, message)
    # If this conductor dies while it cleans up, the next one continues the cleaning up, not the flow.
    node.set_driver_internal_info(terms.FAILING, message)
    journal.note(task, terms.PHASE, terms.CLEANING_UP, terms.STARTED, message)
    node.last_error = message
    if provision_states.is_waiting(node.provision_state):
        # Recovery does not take up waiting nodes, so the node leaves its wait state before the cleaning up.
        task.process_event("resume")
    else:
        node.save()
    conclude(task, flow)


def conclude(task: TaskManager, flow: Flow) -> None:
    node = task.node
    message = node.driver_internal_info[terms.FAILING]
    step = flow.step(node)
    if provision_states.is_working(node.provision_state):
        # An aborted operation has left its working state.
        ramdisk_logs.collect_after_failure(task)
        node.save()
    problem = _clean_up(task, flow)
    if provision_states.is_failed(node.provision_state):
        # Aborted operations leave their working state first.
        if problem:
            message = _join_messages(message, "Cleaning up failed", problem)
        _record_failure(task, flow, message)
        node.save()
        return
    if problem:
        message = _join_messages(message, "Cleaning up after it failed as well", problem)
    flow.before_fail(task, step, message)
    _record_failure(task, flow, message)
    task.process_event("fail")


def _join_messages(message: str, what: str, problem: str) -> str:
    """Join two failures into one text, without repeating a common cause such as a BMC that does not answer."""
    same = ". " in problem and problem.split(". ", 1)[0] in message
    return f"{message} {what}" + (", for the same reason." if same else f": {problem.rstrip('.')}.")


def _record_failure(task: TaskManager, flow: Flow, message: str) -> None:
    node_history.record_with_node(task, flow.operation.history, message, error=True)
    journal.end(task, flow.name, terms.FAILED, message)
    flow.forget_progress(task.node)
    task.node.del_driver_internal_info(terms.FAILING)
    task.node.last_error = message


def abort(task: TaskManager, flow: Flow) -> None:
    """Abort a waiting or held flow at the operator's request.

    A step that is not abortable runs to its end; the flow stops after it.

    :raises NoFreeConductorWorker: when no worker is free for cleaning up.
    """
    node = task.node
    step = flow.step(node)
    journal.note(task, terms.ABORT, flow.name, terms.REQUESTED)
    if step and flow.kind != step_specs.DEPLOY and not step.get("abortable"):
        setattr(node, flow.step_field, {**step, "abort_after": True})
        node.save()
        LOG.info("Node %s: %s will stop after step %s", node.uuid, flow.name, steps.label(step))
        return
    message = f"The {flow.name} was aborted by request" + _step_in_words(step) + "."
    node.set_driver_internal_info(terms.FAILING, message)
    journal.note(task, terms.PHASE, terms.CLEANING_UP, terms.STARTED, message)
    task.process_event("abort", callback=conclude, call_args=(task, flow))


def fail_with(task: TaskManager, flow: Flow, exc: Exception) -> None:
    step = flow.step(task.node)
    cause = redaction.mask_text(str(exc)) or type(exc).__name__
    if step:
        journal.note(task, terms.STEP, steps.label(step), terms.FAILED, cause)
    message = f"The {flow.name} failed{_step_in_words(step)}: {cause}"
    if not message.endswith((".", "!", "?")):
        message += "."
    fail(task, flow, message)


def _step_in_words(step: Step) -> str:
    return f" at step {steps.label(step)}" if step else ""


def _clean_up(task: TaskManager, flow: Flow) -> str | None:
    """Undo the preparation; return the error text if that fails, else None."""
    try:
        flow.clean_up(task)
    except exception.WorkCutOff:
        raise
    except Exception as exc:
        LOG.exception("Node %s: cleaning up after the %s failed", task.node.uuid, flow.name)
        problem = str(exc) or type(exc).__name__
        journal.note(task, terms.PHASE, terms.CLEANING_UP, terms.FAILED, problem)
        return problem
    journal.note(task, terms.PHASE, terms.CLEANING_UP, terms.DONE)
    return None
