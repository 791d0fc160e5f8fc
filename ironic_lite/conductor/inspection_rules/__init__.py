# SPDX-License-Identifier: Apache-2.0
"""Applies inspection rules to inspection data; ``common.inspection_rules`` defines their language.

Rules run one after the other, the highest priority first: those created through the API and those in
``[inspection_rules] built_in_rules``. Any error fails the inspection with a message that names the rule and the
condition or action. For a sensitive rule the message has no more details.
"""

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.common import inspection_rules as language
from ironic_lite.conductor.inspection_rules import built_in, conditions
from ironic_lite.conductor.inspection_rules.actions import Actions
from ironic_lite.conductor.inspection_rules.places import Origins, Place
from ironic_lite.conductor.inspection_rules.references import Scope
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF
from ironic_lite.objects.templates_and_rules import InspectionRule

LOG = log.getLogger(__name__)


@dataclasses.dataclass(frozen=True)
class Rule:
    """A rule from the API or from the file of built-in rules.

    :param name: UUID, and the description if there is one.
    """

    name: str
    priority: int
    sensitive: bool
    conditions: Sequence[Mapping[str, Any]]
    actions: Sequence[Mapping[str, Any]]


def apply(task: TaskManager, inventory: dict[str, Any], plugin_data: dict[str, Any]) -> Origins:
    """Apply all rules of the main phase. It saves all changes but those of the node itself.

    :param plugin_data: data of the ramdisk and the hooks; rules may change it.
    :returns: which rules changed which fields of the node, for messages when the caller saves it.
    :raises HardwareInspectionFailure: when a rule failed or has the action ``fail``; the message names it.
    :raises ConfigInvalid: when the file of built-in rules is invalid.
    """
    rules = sorted(_all(task), key=lambda rule: -rule.priority)
    actions = Actions(task, plugin_data)
    for rule in rules:
        scope = Scope(task.node, inventory, plugin_data, _masks(rule))
        if _hold(task, rule, scope):
            LOG.info("Node %s: inspection rule %s applies", task.node.uuid, rule.name)
            _act(rule, scope, actions)
    if rules:
        actions.record()
    return actions.origins


def _all(task: TaskManager) -> list[Rule]:
    stored = InspectionRule.list(task.context, filters={"phase": language.PHASES[0]})
    rules = [
        Rule(
            _name(rule.uuid, rule.description),
            rule.priority,
            rule.sensitive,
            rule.conditions or [],
            rule.actions or [],
        )
        for rule in stored
    ]
    for rule in built_in.load():
        name = _name(rule.get("uuid", "built-in"), rule.get("description"))
        rules.append(
            Rule(
                name,
                rule.get("priority", 0),
                rule.get("sensitive", False),
                rule.get("conditions", []),
                rule["actions"],
            )
        )
    return rules


def _name(ident: str, description: str | None) -> str:
    return f"{ident} ({description})" if description else ident


def _masks(rule: Rule) -> bool:
    wanted = CONF.inspection_rules.mask_secrets
    return wanted == "always" or (wanted == "sensitive" and not rule.sensitive)


def _hold(task: TaskManager, rule: Rule, scope: Scope) -> bool:
    for number, condition in enumerate(rule.conditions):
        place = Place(rule.name, rule.sensitive, "condition", number, condition["op"])
        try:
            held = conditions.holds(condition, scope)
        except (exception.IronicLiteError, ValueError, TypeError, RecursionError) as exc:
            raise place.failure(exc) from exc
        if not held:
            LOG.debug(
                "Node %s: inspection rule %s does not apply: condition %d (%s)",
                task.node.uuid,
                rule.name,
                number,
                condition["op"],
            )
            return False
    return True


def _act(rule: Rule, scope: Scope, actions: Actions) -> None:
    for number, action in enumerate(rule.actions):
        place = Place(rule.name, rule.sensitive, "action", number, action["op"])
        try:
            actions.run(action, scope, place)
        except exception.WorkCutOff:
            raise
        except (exception.IronicLiteError, ValueError, TypeError, RecursionError) as exc:
            raise place.failure(exc) from exc
