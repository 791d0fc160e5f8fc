# SPDX-License-Identifier: Apache-2.0
"""Checks the steps that clients send: with a verb, in a deploy template, in a runbook."""

from collections.abc import Mapping
from typing import Any

from ironic_lite.api import types

INTERFACES = ("vendor", "power", "management", "firmware", "deploy", "bios", "raid")

RESERVED = frozenset({"hold", "wait", "power_on", "power_off", "reboot"})
"""Steps that the service itself executes; they name no interface."""

MAX_STEPS = 256

_FOR_CHILDREN = {
    "execute_on_child_nodes": {"type": "boolean"},
    "limit_child_node_execution": {"type": "array", "items": {"type": "string"}},
}


def problem(step: Any, place: str | None = None, args_needed: bool = False) -> str | None:
    """Return what is wrong with a step, as the end of a message; None if the step is valid.

    :param place: key of the number that orders the steps (``priority``, ``order``). None: the list orders them, and a
        step may also have the keys for child nodes.
    :param args_needed: ``args`` is required, but may be empty.
    """
    if not isinstance(step, dict):
        return "it is not an object"
    if not isinstance(step.get("step"), str) or not step["step"]:
        return "'step' is a required property, and a string"
    known = {"interface", "step", "args", *((place,) if place else _FOR_CHILDREN)}
    unknown = sorted(set(step) - known)
    if unknown:
        return f"additional properties are not allowed ({', '.join(unknown)})"
    if "interface" not in step and step["step"] not in RESERVED:
        return "'interface' is a required property"
    if step.get("interface", INTERFACES[0]) not in INTERFACES:
        return f"interface is not one of {', '.join(INTERFACES)}"
    if args_needed and "args" not in step:
        return "'args' is a required property"
    if not isinstance(step.get("args", {}), dict):
        return "'args' is not an object"
    if not isinstance(step.get("execute_on_child_nodes", False), bool):
        return "'execute_on_child_nodes' is not a boolean"
    limit = step.get("limit_child_node_execution", [])
    if not isinstance(limit, list) or not all(isinstance(node, str) for node in limit):
        return "'limit_child_node_execution' is not a list of node UUIDs"
    if place is not None and not _is_number(step.get(place)):
        return f"'{place}' is a required property, and a whole number of at least 0"
    return None


def _is_number(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value < 2**31


_NUMBER = {"type": "integer", "minimum": 0, "maximum": 2**31 - 1}
_NUMBER_OR_TEXT = {"anyOf": [_NUMBER, {"type": "string", "pattern": "^[0-9]{1,9}$"}]}


def form(
    place: str | None = None, args_needed: bool = False, number: Mapping[str, Any] = _NUMBER
) -> dict[str, Any]:
    """Return the JSON schema of the steps that ``problem`` accepts.

    :param number: the schema of the number that orders steps.
    """
    needed = ["step", *([place] if place else ()), *(["args"] if args_needed else ())]
    return {
        "type": "object",
        "properties": {
            "interface": {"enum": list(INTERFACES)},
            "step": {"type": "string", "minLength": 1},
            "args": {"type": "object"},
            **({place: number} if place else _FOR_CHILDREN),
        },
        "required": needed,
        "anyOf": [
            {"required": ["interface"]},
            {"properties": {"step": {"enum": sorted(RESERVED)}}},
        ],
        "additionalProperties": False,
    }


class StepList(types.Kind):
    """A list of at least one step; only reserved steps may be repeated. The number of a step may be a string, as in
    Ironic.

    :param place: see ``problem``.
    :param args_needed: see ``problem``.
    """

    name = "list of steps"

    def __init__(self, place: str, args_needed: bool):
        self.place = place
        self.args_needed = args_needed
        taken = form(place, args_needed, _NUMBER_OR_TEXT)
        self.schema = {"type": "array", "minItems": 1, "maxItems": MAX_STEPS, "items": taken}
        self.shown = {"type": "array", "items": form(place, args_needed=True)}

    def check(self, value: Any) -> list[dict[str, Any]]:
        if not isinstance(value, list) or not value:
            raise ValueError("{name} must be a list of at least one step")
        if len(value) > MAX_STEPS:
            raise ValueError(f"{{name}} has more than {MAX_STEPS} steps")
        seen: set[tuple[str | None, str]] = set()
        steps = [self._normal(step) for step in value]
        for index, step in enumerate(steps):
            found = problem(step, self.place, self.args_needed)
            if found is None:
                key = step.get("interface"), step["step"]
                if key in seen and step["step"] not in RESERVED:
                    found = f"interface {key[0]}, step {key[1]} is there already"
                seen.add(key)
            if found is not None:
                raise ValueError(f"step {index} of {{name}}: {types.literal(found)}")
        return [{**step, "args": step.get("args", {})} for step in steps]

    def _normal(self, step: Any) -> Any:
        number = step.get(self.place) if isinstance(step, dict) else None
        if isinstance(number, str) and number.isascii() and number.isdecimal() and len(number) < 10:
            return {**step, self.place: int(number)}
        return step
