# SPDX-License-Identifier: Apache-2.0
"""The steps that a verb would execute on a node, without executing them. Not in Ironic's API."""

from typing import Any

import webob

from ironic_lite.api import replies, steps, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import provisioning, runbooks
from ironic_lite.api.controllers.v1.route_access import on_node
from ironic_lite.api.forms import Form
from ironic_lite.common import exception, json_reading, operations
from ironic_lite.common.operations.declaration import Form as ArgumentForm
from ironic_lite.objects.node import Node

_TARGETS = tuple(word for word, verb in operations.WORDS.items() if verb.plannable)
_WITH_STEPS = tuple(
    word for word, verb in operations.WORDS.items() if verb.argument(ArgumentForm.STEPS) is not None
)

QUERY: dict[str, types.Kind] = {
    "target": types.Word(*_TARGETS),
    "runbook": types.UUID_OR_NAME,
    "steps": types.TEXT,
    "disable_ramdisk": types.BOOLEAN,
}


@on_node("node:plan:get", Form(query=QUERY, reply=replies.PLAN, asks=(runbooks.TO_USE,)))
def show(call: Call, node: Node, target: str | None = None, **arguments: Any) -> webob.Response:
    """``GET /v1/nodes/{node}/plan``; ``steps`` is JSON, a list as in the body of PUT states/provision."""
    if target is None:
        raise exception.MissingParameterValue("Missing mandatory parameter: target")
    if target not in _TARGETS:
        raise exception.InvalidParameterValue(
            f"Nothing can be planned for the target '{target[:32]}'; there are: {', '.join(_TARGETS)}"
        )
    given = _given(call, node, target, arguments)
    event = operations.WORDS[target].event
    made = call.conductors.of(node).plan_node(call.context, node.uuid, event, given)
    shown = {
        "node": {"uuid": node.uuid, "name": node.name},
        "provision_state": node.provision_state,
        "target": target,
    }
    return call.reply({**shown, **made})


def _given(call: Call, node: Node, target: str, query: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments with the steps of manual cleaning or servicing.

    :raises Invalid: the steps are missing or invalid, or the runbook is not for this node.
    """
    given = {name: value for name, value in query.items() if value is not None}
    if target not in _WITH_STEPS:
        if given:
            raise exception.Invalid(
                f"{', '.join(sorted(given))}: only for the targets {' and '.join(_WITH_STEPS)}."
            )
        return {}
    if ("steps" in given) == ("runbook" in given):
        raise exception.Invalid(f"A plan for '{target}' needs either 'runbook' or 'steps'.")
    if "runbook" in given:
        verb = operations.WORDS[target]
        listed = verb.argument(ArgumentForm.STEPS)
        assert listed is not None
        from_runbook = provisioning.follow(call, node, verb, given["runbook"])
        named, without = from_runbook[listed.name], from_runbook["disable_ramdisk"]
        return {"steps": named, "disable_ramdisk": bool(without), "source": "runbook"}
    return {
        "steps": _parsed(given["steps"]),
        "disable_ramdisk": bool(given.get("disable_ramdisk")),
        "source": "request",
    }


def _parsed(text: str) -> list[dict[str, Any]]:
    try:
        found = json_reading.read(text)
    except json_reading.Unreadable as exc:
        raise exception.Invalid(f"steps is not JSON: {exc}") from None
    if not isinstance(found, list) or not 0 < len(found) <= steps.MAX_STEPS:
        raise exception.Invalid(f"steps is not a list of 1 to {steps.MAX_STEPS} steps.")
    for number, step in enumerate(found, 1):
        problem = steps.problem(step)
        if problem:
            raise exception.Invalid(f"steps: number {number}: {problem}")
    return found
