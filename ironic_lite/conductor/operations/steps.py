# SPDX-License-Identifier: Apache-2.0
"""The steps of an operation, and their order.

A step is a dictionary: ``interface``, ``step``, ``args``, ``priority`` and, where they apply, ``abortable`` and
``requires_ramdisk``. ``drivers.interfaces.steps`` has the decorators that declare the steps of interfaces.
"""

from collections.abc import Iterable
from typing import Any

from ironic_lite.common import exception
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF
from ironic_lite.drivers.interfaces import steps as step_specs

Step = dict[str, Any]

HOLD = "hold"
WAIT = "wait"
POWER_ON = "power_on"
POWER_OFF = "power_off"
REBOOT = "reboot"

RESERVED = frozenset({HOLD, WAIT, POWER_ON, POWER_OFF, REBOOT})
"""Steps that the conductor itself runs; they need no interface."""

# Steps of the same priority run in this order of their interfaces.
INTERFACE_ORDER = ("vendor", "power", "management", "firmware", "deploy", "bios", "raid")

# The core step of a deployment may be disabled, but not replaced.
CORE_DEPLOY_STEP = ("deploy", "deploy")


def identity(step: Step) -> tuple[str | None, str]:
    return step.get("interface"), step["step"]


def label(step: Step) -> str:
    """Return a step's name for messages: ``deploy.write_image``."""
    interface, name = identity(step)
    return f"{interface}.{name}" if interface else name


def is_reserved(step: Step) -> bool:
    """Tell whether the conductor runs the step itself."""
    return step["step"] in RESERVED


def for_children(step: Step) -> bool:
    """Tell whether the step runs on the node's children instead of the node."""
    return bool(step.get("execute_on_child_nodes"))


def in_order(steps: Iterable[Step]) -> list[Step]:
    """Sort steps by priority, highest first, then by interface, then as given."""

    def key(step: Step) -> tuple[int, int]:
        interface = step.get("interface")
        place = INTERFACE_ORDER.index(interface) if interface in INTERFACE_ORDER else -1
        return -(step.get("priority") or 0), place

    return sorted(steps, key=key)


def offered(task: TaskManager, kind: str) -> list[Step]:
    """Return all steps of one kind that the node's interfaces offer now, including those with priority 0."""
    found: list[Step] = []
    for interface in INTERFACE_ORDER:
        found += task.driver.interface(interface).get_steps(task, kind)
    return found


def automatic(task: TaskManager, kind: str) -> list[Step]:
    """Return the steps that run automatically, in order."""
    found = offered(task, kind)
    if kind == step_specs.CLEAN:
        found = [_with_configured_priority(step) for step in found]
    return in_order(s for s in found if (s.get("priority") or 0) > 0)


def _with_configured_priority(step: Step) -> Step:
    for override in CONF.conductor.clean_step_priority_override or ():
        if label(step) in override:
            return {**step, "priority": override[label(step)]}
    return step


def _problem(kind: str, wanted: Step, known: Step, disable_ramdisk: bool) -> str | None:
    declared = known.get("argsinfo") or {}
    given = wanted.get("args") or {}
    name = label(wanted)
    unknown = sorted(set(given) - set(declared))
    if unknown:
        takes = ", ".join(sorted(declared)) or "none"
        return (
            f"{kind} step {name} has unexpected argument(s) {', '.join(unknown)}; it takes: {takes}"
        )
    if kind == step_specs.DEPLOY and wanted.get("priority") == 0:
        return None
    missing = sorted(n for n, i in declared.items() if i.get("required") and n not in given)
    if missing:
        return f"{kind} step {name} is missing required argument(s) {', '.join(missing)}"
    if disable_ramdisk and known.get("requires_ramdisk", True):
        return f"{kind} step {name} needs the ramdisk, which disable_ramdisk forbids"
    if kind == step_specs.DEPLOY and identity(wanted) == CORE_DEPLOY_STEP:
        return (
            f"{kind} step {name} is a core step: it can be disabled (priority 0), but not changed"
        )
    return None


def _unwanted(kind: str, reserved: Step) -> str:
    name = reserved["step"]
    why = "; it ends with the next heartbeat" if name == WAIT else ""
    given = ", ".join(sorted(reserved["args"]))
    return f"{kind} step {name} takes no arguments{why}; given: {given}"


def _may_come(task: TaskManager, kind: str, wanted: Step) -> bool:
    return wanted.get("interface") == "deploy" and task.driver.deploy.awaits_steps(task, kind)


def check_requested(
    task: TaskManager,
    kind: str,
    requested: list[Step],
    skip_unknown: bool = False,
    disable_ramdisk: bool = False,
) -> list[Step]:
    """Check requested steps against the steps that the node's interfaces offer.

    :param skip_unknown: skip unknown steps that the agent may still offer, instead of refusing them.
    :param disable_ramdisk: refuse steps that need the agent.
    :returns: the requested steps in their order, completed with their interfaces' declarations. Steps for the node's
        children are returned unchanged; ``child_node_steps.check`` checks them.
    :raises InvalidParameterValue: when steps are wrong; the message lists all problems.
    """
    known = {identity(s): s for s in offered(task, kind)}
    problems: list[str] = []
    result: list[Step] = []
    for wanted in requested:
        if is_reserved(wanted) and wanted.get("args"):
            problems.append(_unwanted(kind, wanted))
        if for_children(wanted):
            result.append({"priority": 0, **wanted})
            continue
        if is_reserved(wanted):
            result.append({"priority": 0, **wanted, "abortable": True})
            continue
        found = known.get(identity(wanted))
        if found is None:
            if not (skip_unknown and _may_come(task, kind, wanted)):
                problems.append(f"the node does not support this {kind} step: {label(wanted)}")
            continue
        problem = _problem(kind, wanted, found, disable_ramdisk)
        if problem:
            problems.append(problem)
        result.append({**found, **wanted})
    if problems:
        raise exception.InvalidParameterValue(err="; ".join(problems))
    return result


def merged(task: TaskManager, kind: str, requested: list[Step]) -> list[Step]:
    """Return the automatic steps, with requested steps in place of those of the same name (priority 0 removes one).

    A step that is requested more than once runs more than once.

    :raises InvalidParameterValue: see :func:`check_requested`.
    """
    wanted = check_requested(task, kind, requested, skip_unknown=True)
    changed = {identity(s) for s in wanted}
    rest = [s for s in automatic(task, kind) if identity(s) not in changed]
    return in_order(rest + [s for s in wanted if (s.get("priority") or 0) > 0])
