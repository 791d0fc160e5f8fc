# SPDX-License-Identifier: Apache-2.0
"""The verbs of PUT states/provision: which there are, what they take, and whom they reach.

Checked in the order that clients rely on: verb known at this version, maintenance, transition, arguments. So an
impossible transition is 400 before any wrong argument, and 409 while the node is locked.
"""

from typing import Any

from ironic_lite.api import steps, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import provision_arguments, runbooks
from ironic_lite.api.resources.runbook import TRAITS_SINCE
from ironic_lite.common import exception, states
from ironic_lite.objects.node import Node

_SINCE = {
    "active": 1,
    "rebuild": 1,
    "deleted": 1,
    "manage": 4,
    "provide": 4,
    "inspect": 6,
    "abort": 13,
    "clean": 15,
    "adopt": 17,
    "rescue": 38,
    "unrescue": 38,
    "deploy": 73,
    "undeploy": 73,
    "unhold": 85,
    "service": 87,
}
"""First microversion (1.N) of each verb."""

_ABORT_SINCE = {states.INSPECTWAIT: 41, states.DEPLOYWAIT: 110}

_NOT_IN_MAINTENANCE = ("active", "rebuild")

BODY = types.body_class(
    "ProvisionTarget",
    {
        "target": types.Word(*_SINCE),
        "configdrive": types.OBJECT_OR_TEXT,
        "clean_steps": types.List(steps.form()),
        "deploy_steps": types.List(steps.form("priority")),
        "service_steps": types.List(steps.form()),
        "rescue_password": types.Secret(),
        "disable_ramdisk": types.BOOLEAN,
        "runbook": types.UUID_OR_NAME,
    },
    mandatory=["target"],
)


RULE = "baremetal:node:set_provision_state"


def rules(document: Any) -> list[str]:
    """The access rules that a body asks for; naming steps has rules of its own."""
    given = document if isinstance(document, dict) else {}
    named = [name for name in ("clean_steps", "service_steps") if name in given]
    return [RULE, *(f"{RULE}:{name}" for name in named)]


def request(call: Call, node: Node) -> None:
    """Ask the node's conductor for what the body wants.

    :raises NotAcceptable: the verb or an argument is newer than the microversion.
    :raises NodeInMaintenance:
    :raises NodeLocked: the node is in no state for the verb, and somebody is working on it.
    :raises InvalidStateRequested: the same, and nobody is.
    :raises Invalid: an argument does not fit.
    """
    body = call.arguments(BODY)
    target = body.pop("target")
    _check_version(call.minor, target, node)
    if target in _NOT_IN_MAINTENANCE and node.maintenance:
        raise exception.NodeInMaintenance(op="provisioning", node=node.uuid)
    event = states.VERBS.get(target)
    if event is None or not states.is_actionable(node.provision_state, event):
        if node.reservation:
            raise exception.NodeLocked(node=node.uuid, host=node.reservation)
        raise exception.InvalidStateRequested(
            action=target, node=node.uuid, state=node.provision_state
        )
    arguments = provision_arguments.check(call.minor, target, body)
    if "runbook" in arguments:
        arguments = follow(call, node, target, arguments["runbook"])
    _send(call, node, event, arguments)


def follow(call: Call, node: Node, target: str, ident: str) -> dict[str, Any]:
    """What a runbook says is to be done to the node.

    :raises RunbookNotFound: also for those who may not see it. ``HTTPForbidden`` for those who may not use it.
    :raises Invalid: it is not for this node.
    """
    runbook = runbooks.usable(call, ident)
    by_name = call.minor < TRAITS_SINCE
    traits = [runbook.name] if by_name else runbook.traits
    if not traits:
        raise exception.Invalid(
            f"Runbook {runbook.uuid} has no traits, so it is for no node; an administrator can add traits to it."
        )
    if not set(traits) & set(node.traits):
        raise exception.Invalid(
            f"Runbook {runbook.uuid} is not approved for node {node.uuid}, which has none of the traits "
            f"{', '.join(traits)}; an administrator can add one to the node."
        )
    in_order = sorted(runbook.steps, key=lambda step: step["order"])
    return {
        f"{target}_steps": [{k: v for k, v in step.items() if k != "order"} for step in in_order],
        "disable_ramdisk": runbook.disable_ramdisk,
    }


def _check_version(minor: int, target: str | None, node: Node) -> None:
    since = _SINCE.get(target, 1) if target else 1
    if target == "abort":
        since = max(since, _ABORT_SINCE.get(node.provision_state, 1))
    if minor < since:
        raise exception.NotAcceptable()


def _send(call: Call, node: Node, event: str, arguments: dict[str, Any]) -> None:
    conductors, context = call.conductors, call.context
    topic = conductors.get_topic_for(node)
    match event:
        case "deploy" | "rebuild":
            conductors.do_node_deploy(
                context, node.uuid, topic, rebuild=event == "rebuild", **arguments
            )
        case "delete":
            conductors.do_node_tear_down(context, node.uuid, topic)
        case "inspect":
            conductors.inspect_hardware(context, node.uuid, topic)
        case "clean":
            conductors.do_node_clean(context, node.uuid, topic=topic, **arguments)
        case "service":
            conductors.do_node_service(context, node.uuid, topic=topic, **arguments)
        case "rescue":
            conductors.do_node_rescue(context, node.uuid, topic=topic, **arguments)
        case "unrescue":
            conductors.do_node_unrescue(context, node.uuid, topic)
        case _:
            conductors.do_provisioning_action(context, node.uuid, event, topic)
