# SPDX-License-Identifier: Apache-2.0
"""``PUT states/provision``: checks a verb and its arguments, and sends it to the node's conductor.

Clients rely on the order of the checks: microversion of the verb, maintenance, transition, arguments. An impossible
transition is 400 (409 while the node is locked), whatever the arguments are.
"""

from typing import Any

from ironic_lite.api import types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import provision_arguments, runbooks
from ironic_lite.api.resources.runbook import TRAITS_SINCE
from ironic_lite.common import exception, operations
from ironic_lite.common.operations import control, machine, provision_states
from ironic_lite.common.operations.declaration import Form, Verb
from ironic_lite.objects.node import Node

BODY = types.body_class(
    "ProvisionTarget",
    {
        "target": types.Word(*operations.WORDS),
        **{
            name: provision_arguments.KINDS[argument.form]
            for name, argument in operations.ARGUMENTS.items()
        },
    },
    mandatory=["target"],
)

RULE = "baremetal:node:set_provision_state"
_RULED = {
    name: f"{RULE}:{name}"
    for name, argument in operations.ARGUMENTS.items()
    if argument.rule is not None
}
RULES = (RULE, *_RULED.values())


def rules(document: Any) -> list[str]:
    """Return the access rules that a body needs; steps and runbooks need additional rules."""
    given = document if isinstance(document, dict) else {}
    return [RULE, *(rule for name, rule in _RULED.items() if name in given)]


def request(call: Call, node: Node, target: Any, given: dict[str, Any]) -> None:
    """Send the verb in the body to the node's conductor.

    :param target: the verb.
    :param given: its arguments.
    :raises NotAcceptable: the verb or an argument is newer than the microversion.
    :raises NodeInMaintenance:
    :raises NodeLocked: the node's state does not allow the verb, and the node is locked.
    :raises InvalidStateRequested: the node's state does not allow the verb, and the node is not locked.
    :raises Invalid: an argument is invalid.
    """
    verb = operations.WORDS.get(target)
    _check_version(call.minor, target, verb, node)
    if verb is not None and verb.barred_first and target == verb.name and node.maintenance:
        raise exception.NodeInMaintenance(op=verb.doing, node=node.uuid)
    if verb is None or not machine.is_actionable(node.provision_state, verb.event):
        if node.reservation:
            raise exception.NodeLocked(node=node.uuid, host=node.reservation)
        raise exception.InvalidStateRequested(
            action=target, node=node.uuid, state=node.provision_state
        )
    arguments = provision_arguments.check(call.minor, target, given)
    named = verb.argument(Form.RUNBOOK)
    if named is not None and named.name in arguments:
        arguments = follow(call, node, verb, arguments[named.name])
    call.conductors.of(node).provision(call.context, node.uuid, verb.event, arguments)


def follow(call: Call, node: Node, verb: Verb, ident: str) -> dict[str, Any]:
    """Return the arguments of a verb that a runbook sets.

    :raises RunbookNotFound: also if the client may not see it.
    :raises HTTPForbidden: the client may not use it.
    :raises Invalid: the runbook is not for this node.
    """
    runbook = runbooks.usable(call, ident)
    by_name = call.minor < TRAITS_SINCE
    traits = [runbook.name] if by_name else runbook.traits
    if not traits:
        raise exception.Invalid(
            f"Runbook {runbook.uuid} has no traits, so it is for no node. An administrator can add some with "
            f"'baremetal runbook trait add {runbook.uuid} TRAIT'."
        )
    if not set(traits) & set(node.traits):
        raise exception.Invalid(
            f"Runbook {runbook.uuid} is not approved for node {node.uuid}, which has none of the traits "
            f"{', '.join(traits)}; an administrator can add one to the node."
        )
    in_order = sorted(runbook.steps, key=lambda step: step["order"])
    listed = verb.argument(Form.STEPS)
    assert listed is not None
    return {
        listed.name: [{k: v for k, v in step.items() if k != "order"} for step in in_order],
        "disable_ramdisk": runbook.disable_ramdisk,
    }


def _check_version(minor: int, target: str, verb: Verb | None, node: Node) -> None:
    """:raises NotAcceptable: the verb, or the verb in the node's state, is newer than the microversion."""
    if verb is None:
        return
    since = verb.words[target]
    if verb is control.ABORT:
        since = max(since, provision_states.state(node.provision_state).abort_since)
    if minor < since:
        raise exception.NotAcceptable()
