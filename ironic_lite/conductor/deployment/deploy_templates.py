# SPDX-License-Identifier: Apache-2.0
"""Deploy templates: steps that an instance gets because of its traits."""

from ironic_lite.common import exception
from ironic_lite.conductor.operations import steps
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.drivers.interfaces import steps as step_specs
from ironic_lite.objects.templates_and_rules import DeployTemplate


def requested(task: TaskManager, named: list[Step]) -> list[Step]:
    """Return the steps of the deploy templates that match the instance, followed by the steps of the request.

    A step of the request replaces the templates' steps of the same name.

    :raises InvalidParameterValue: when a step is wrong, or the node lacks a trait of the instance.
    """
    steps.check_requested(task, step_specs.DEPLOY, named, skip_unknown=True)
    overridden = {steps.identity(step) for step in named}
    found = [step for step in _of_templates(task) if steps.identity(step) not in overridden]
    return found + named


def _of_templates(task: TaskManager) -> list[Step]:
    traits = _traits(task)
    if not traits:
        return []
    templates = DeployTemplate.list(task.context, sort_key="name", filters={"name_in": traits})
    found = [step for template in templates for step in template.steps]
    try:
        steps.check_requested(task, step_specs.DEPLOY, found, skip_unknown=True)
    except exception.InvalidParameterValue as exc:
        names = ", ".join(template.name for template in templates)
        raise exception.InvalidParameterValue(
            err=f"the deploy templates {names}, which match the traits of the instance, have invalid steps: "
            f"{exc.message}"
        ) from None
    return found


def _traits(task: TaskManager) -> list[str]:
    """Return the traits that the instance requires.

    :raises InvalidParameterValue: the node lacks one of them, or the field is not a list of traits.
    """
    node = task.node
    wanted = node.instance_info.get("traits") or []
    if not isinstance(wanted, list) or not all(isinstance(trait, str) for trait in wanted):
        raise exception.InvalidParameterValue(
            err='instance_info/traits is not a list of traits, such as ["CUSTOM_GOLD"]'
        )
    missing = sorted(set(wanted) - set(node.traits))
    if missing:
        raise exception.InvalidParameterValue(
            err=f"the instance requires the traits {', '.join(missing)}, which the node does not have"
        )
    return wanted
