# SPDX-License-Identifier: Apache-2.0
"""Steps that run on the children of a node (``execute_on_child_nodes``).

``limit_child_node_execution`` selects children; without it the step runs on all of them. It runs under the child's
lock, on one child after the other. A child runs no operation of its own meanwhile, so a step that continues in an agent
cannot run on a child.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conductor.operations import steps
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.conductor.records import parent_nodes
from ironic_lite.conductor.task_manager import TaskManager

LOG = log.getLogger(__name__)

LIMIT = "limit_child_node_execution"

_POWER = {
    steps.POWER_ON: states.POWER_ON,
    steps.POWER_OFF: states.POWER_OFF,
    steps.REBOOT: states.REBOOT,
}


def check(task: TaskManager, kind: str, requested: list[Step]) -> None:
    """Check the steps for child nodes against the node's children.

    :raises InvalidParameterValue: a selected node is not a child of the node, or a step cannot run on it.
    """
    for step in filter(steps.for_children, requested):
        for uuid in _targets(task, step):
            if steps.is_reserved(step):
                _check_reserved(step)
                continue
            with task.for_node(uuid, "checking steps", shared=True) as its_task:
                _complete(its_task, kind, step)


def execute(task: TaskManager, kind: str, step: Step) -> None:
    """Run a step on the children that it selects.

    :raises NodeLocked: another task has a child locked.
    :raises IronicLiteError: the step failed on a child; the message names it.
    """
    for uuid in _targets(task, step):
        LOG.info("Node %s: step %s on child node %s", task.node.uuid, steps.label(step), uuid)
        task.ensure_locked()
        with task.for_node(uuid, f"step {steps.label(step)} of {task.node.uuid}") as its_task:
            try:
                _execute(task, its_task, kind, step)
            except exception.WorkCutOff:
                raise
            except exception.IronicLiteError as exc:
                raise exception.IronicLiteError(f"on child node {uuid}: {exc.message}") from exc


def check_repeatable(task: TaskManager, kind: str, step: Step) -> None:
    """Refuse to repeat a step that was interrupted on the children, unless it is repeatable.

    :raises IronicLiteError: the step is not repeatable on one of the children.
    """
    if steps.is_reserved(step):
        return
    for uuid in _targets(task, step):
        with task.for_node(uuid, "checking steps", shared=True) as its_task:
            interface = its_task.driver.interface(step["interface"])
            spec = interface.step_spec(kind, step["step"])
        if spec is None or not spec.repeatable:
            raise exception.IronicLiteError(
                f"its conductor died while it ran on the child nodes, and it cannot safely be repeated on {uuid}. "
                "Check the child nodes, then start the operation again"
            )


def _execute(task: TaskManager, its_task: TaskManager, kind: str, step: Step) -> None:
    if steps.is_reserved(step):
        _check_reserved(step)
        _check_supply(task, its_task, step)
        its_task.set_power(_POWER[step["step"]])
        return
    complete = _complete(its_task, kind, step)
    interface = its_task.driver.interface(step["interface"])
    if interface.execute_step(its_task, kind, complete) is not None:
        raise exception.IronicLiteError(
            f"step {steps.label(step)} continues in an agent, which is not supported on a child node"
        )
    its_task.node.save()


def _complete(its_task: TaskManager, kind: str, step: Step) -> Step:
    plain: Step = {name: step[name] for name in ("interface", "step", "args") if name in step}
    try:
        return steps.check_requested(its_task, kind, [plain])[0]
    except exception.InvalidParameterValue as exc:
        raise exception.InvalidParameterValue(
            err=f"on child node {its_task.node.uuid}: {exc.message}"
        ) from None


def _check_reserved(step: Step) -> None:
    if step["step"] not in _POWER:
        raise exception.InvalidParameterValue(
            err=f"step {step['step']} cannot run on child nodes; the reserved steps for them are "
            f"{', '.join(sorted(_POWER))}."
        )


def _check_supply(task: TaskManager, its_task: TaskManager, step: Step) -> None:
    """Refuse to power on a child whose parent is off, because this operation has the parent locked."""
    if step["step"] == steps.POWER_OFF or not parent_nodes.depends(its_task.node.driver_info):
        return
    if task.node.power_state != states.POWER_ON:
        raise exception.PowerStateFailure(
            f"it has no power while its parent node {task.node.uuid} is off; add a step power_on before this one"
        )


def _targets(task: TaskManager, step: Step) -> list[str]:
    """Return the UUIDs of the children that a step selects.

    :raises InvalidParameterValue: see :func:`check`.
    """
    found = parent_nodes.children(task)
    named = step.get(LIMIT)
    return [_child(task, ident, found) for ident in named] if named else [c["uuid"] for c in found]


def _child(task: TaskManager, ident: str, children: list[dict[str, Any]]) -> str:
    """Return the UUID of the child with this UUID or name. Only children are searched, because other nodes may belong
    to others."""
    for child in children:
        if ident == child["name"] or ident.lower() == child["uuid"]:
            return str(child["uuid"])
    raise exception.InvalidParameterValue(
        err=f"{LIMIT} names node {ident}, which is not a child of node {task.node.uuid}."
    )
