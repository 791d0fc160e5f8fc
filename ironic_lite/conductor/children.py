# SPDX-License-Identifier: Apache-2.0
"""Steps that are asked of a node and carried out on its children (``execute_on_child_nodes``).

``limit_child_node_execution`` names some of them; without it, they are all meant. What a step does to a child is done
under the child's lock, one child after the other. Children run no operation of their own meanwhile, so a step that
would go on in an agent cannot be asked of them.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import exception, states
from ironic_lite.conductor import family, steps
from ironic_lite.conductor.steps import Step

LOG = log.getLogger(__name__)

LIMIT = "limit_child_node_execution"

_POWER = {
    steps.POWER_ON: states.POWER_ON,
    steps.POWER_OFF: states.POWER_OFF,
    steps.REBOOT: states.REBOOT,
}


def check(task: Any, kind: str, requested: list[Step]) -> None:
    """Check the steps that are meant for children against the children that there are.

    :raises InvalidParameterValue: a node that is named is no child of the node, or a step cannot run there.
    """
    for step in filter(steps.for_children, requested):
        for uuid in _targets(task, step):
            if steps.is_reserved(step):
                _check_reserved(step)
                continue
            with task.for_node(uuid, "checking steps", shared=True) as its_task:
                _complete(its_task, kind, step)


def execute(task: Any, kind: str, step: Step) -> None:
    """Carry a step out on the children that it is meant for.

    :raises NodeLocked: somebody works on one of them.
    :raises IronicLiteError: the step has failed on one of them, which the message names.
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


def check_repeatable(task: Any, kind: str, step: Step) -> None:
    """Refuse to run a step again that was cut off on some of the children, unless that does no harm.

    :raises IronicLiteError: it may do harm.
    """
    if steps.is_reserved(step):
        return
    for uuid in _targets(task, step):
        with task.for_node(uuid, "checking steps", shared=True) as its_task:
            interface = getattr(its_task.driver, step["interface"])
            spec = interface.step_spec(kind, step["step"])
        if spec is None or not spec.repeatable:
            raise exception.IronicLiteError(
                f"its conductor died while it ran on the child nodes, and on {uuid} it cannot be repeated without "
                "harm. Check the child nodes, then start the operation again"
            )


def _execute(task: Any, its_task: Any, kind: str, step: Step) -> None:
    if steps.is_reserved(step):
        _check_reserved(step)
        _check_supply(task, its_task, step)
        its_task.set_power(_POWER[step["step"]])
        return
    complete = _complete(its_task, kind, step)
    interface = getattr(its_task.driver, step["interface"])
    if getattr(interface, f"execute_{kind}_step")(its_task, complete) is not None:
        raise exception.IronicLiteError(
            f"step {steps.label(step)} goes on in an agent, which cannot be waited for on a child node"
        )
    its_task.node.save()


def _complete(its_task: Any, kind: str, step: Step) -> Step:
    """The step as the child declares it."""
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
            err=f"step {step['step']} cannot be asked of child nodes; of the reserved steps they take "
            f"{', '.join(sorted(_POWER))}."
        )


def _check_supply(task: Any, its_task: Any, step: Step) -> None:
    """The child's power action would turn to the parent, which is locked by this very operation."""
    if step["step"] == steps.POWER_OFF or not family.depends(its_task.node.driver_info):
        return
    if task.node.power_state != states.POWER_ON:
        raise exception.PowerStateFailure(
            f"it has no power while node {task.node.uuid} is off; put the step power_on before this one"
        )


def _targets(task: Any, step: Step) -> list[str]:
    """UUIDs of the children that a step is meant for.

    :raises InvalidParameterValue: see :func:`check`.
    """
    found = family.children(task)
    named = step.get(LIMIT)
    return [_child(task, ident, found) for ident in named] if named else [c["uuid"] for c in found]


def _child(task: Any, ident: str, children: list[dict[str, Any]]) -> str:
    """UUID of the child with this UUID or name. Other nodes are not looked at: they may be somebody else's."""
    for child in children:
        if ident == child["name"] or ident.lower() == child["uuid"]:
            return str(child["uuid"])
    raise exception.InvalidParameterValue(
        err=f"{LIMIT} names node {ident}, which is no child of node {task.node.uuid}."
    )
