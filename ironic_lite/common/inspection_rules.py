# SPDX-License-Identifier: Apache-2.0
"""The language of inspection rules: its conditions, actions and their arguments.

A condition or action is ``{"op": NAME, "args": ...}``; its arguments are named, or a list in the order given here. An
exclamation mark before a condition's name negates it. Strings may hold references such as
``{inventory[cpu][count]}``, which are replaced when the rule is applied.
"""

import ipaddress
import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from ironic_lite.common import patterns
from ironic_lite.common.interface_types import INTERFACE_TYPES

PHASES = ("main",)
"""When rules are applied: after the hooks of the inspection."""

MAX_PRIORITY = 9999
"""The highest priority that operators may set; higher ones are for the service's own rules."""

INVERTED = "!"

MULTIPLE = ("any", "all", "first", "last")
"""How to combine the results of a ``loop``: ``first`` stops at the first true one, ``last`` uses the last."""


MOST = 256
"""Maximum number of conditions or actions of a rule."""

REFERENCE = re.compile(r"\{(node|inventory|plugin_data|item)((?:\.[A-Za-z_]\w*|\[[^\[\]{}]*\])*)\}")
"""A reference: its root and its path."""


class Changeable(NamedTuple):
    """The attributes of a kind of record that rules may change.

    :param dictionaries: those of them that are objects, so that a path may lead into them.
    """

    name: str
    attributes: frozenset[str]
    dictionaries: frozenset[str]


_NODE_DICTIONARIES = frozenset(
    {"driver_info", "extra", "instance_info", "network_data", "properties"}
)
NODE = Changeable(
    "node",
    _NODE_DICTIONARIES
    | {f"{kind}_interface" for kind in INTERFACE_TYPES}
    | {
        "automated_clean",
        "conductor_group",
        "description",
        "disable_power_off",
        "driver",
        "lessee",
        "name",
        "owner",
        "resource_class",
        "retired",
        "retired_reason",
        "shard",
    },
    _NODE_DICTIONARIES,
)

_PORT_DICTIONARIES = frozenset({"extra", "local_link_connection"})
PORT = Changeable(
    "port",
    _PORT_DICTIONARIES
    | {
        "category",
        "description",
        "is_smartnic",
        "name",
        "physical_network",
        "pxe_enabled",
        "vendor",
    },
    _PORT_DICTIONARIES,
)


class Arguments(NamedTuple):
    """The arguments of an operation, in order.

    :param needed: names of the required ones.
    :param optional: names of the optional ones.
    """

    needed: tuple[str, ...]
    optional: tuple[str, ...] = ()

    @property
    def all(self) -> tuple[str, ...]:
        return self.needed + self.optional


_COMPARISON = Arguments(("values",), ("force_strings",))
_QUESTION = Arguments(("value",))
_PATTERN = Arguments(("value", "regex"))

CONDITIONS = {
    "eq": _COMPARISON,
    "lt": _COMPARISON,
    "gt": _COMPARISON,
    "is-empty": _QUESTION,
    "is-none": _QUESTION,
    "is-true": _QUESTION,
    "is-false": _QUESTION,
    "in-net": Arguments(("address", "subnet")),
    "matches": _PATTERN,
    "contains": _PATTERN,
    "one-of": Arguments(("value", "values")),
}

LOG_LEVELS = ("debug", "info", "warning", "error", "critical")

ACTIONS = {
    "fail": Arguments(("msg",)),
    "log": Arguments(("msg",), ("level",)),
    "set-attribute": Arguments(("path", "value")),
    "extend-attribute": Arguments(("path", "value"), ("unique",)),
    "del-attribute": Arguments(("path",)),
    "set-capability": Arguments(("name", "value")),
    "unset-capability": Arguments(("name",)),
    "add-trait": Arguments(("name",)),
    "remove-trait": Arguments(("name",)),
    "set-plugin-data": Arguments(("path", "value")),
    "extend-plugin-data": Arguments(("path", "value"), ("unique",)),
    "unset-plugin-data": Arguments(("path",)),
    "set-port-attribute": Arguments(("port_id", "path", "value")),
    "extend-port-attribute": Arguments(("port_id", "path", "value"), ("unique",)),
    "del-port-attribute": Arguments(("port_id", "path")),
    "api-call": Arguments(("url",), ("headers", "proxies", "timeout", "retries", "backoff_factor")),
}

# -- validation ------------------------------------------------------------------------------------------


class Form(NamedTuple):
    """Conditions or actions, as a list of operations.

    :param known: the operations and their arguments.
    :param keys: keys that an operation may have.
    :param invertible: whether :data:`INVERTED` may precede its name.
    :param least: minimum number of operations.
    """

    known: Mapping[str, Arguments]
    keys: frozenset[str]
    invertible: bool
    least: int


CONDITION_FORM = Form(CONDITIONS, frozenset({"op", "args", "loop", "multiple"}), True, 0)
ACTION_FORM = Form(ACTIONS, frozenset({"op", "args", "loop"}), False, 1)


def problem_of(operations: Any, form: Form) -> str | None:
    """Describe what is wrong with a rule's conditions or actions; None when they are valid.

    The text has positions and words of the language only, so that it shows nothing of a sensitive rule.
    """
    if not isinstance(operations, list):
        return "must be a list"
    if len(operations) < form.least:
        return "must not be empty"
    if len(operations) > MOST:
        return f"holds more than {MOST}"
    for index, operation in enumerate(operations):
        problem = _problem_of_one(operation, form)
        if problem is not None:
            return f", number {index}: {problem}"
    return None


def plain_name(op: str) -> str:
    """Return the name of an operation without its exclamation mark."""
    return op.removeprefix(INVERTED)


def named_arguments(operation: Mapping[str, Any], known: Mapping[str, Arguments]) -> dict[str, Any]:
    """Return the arguments of a validated operation, by name."""
    args = operation["args"]
    if isinstance(args, list):
        return _named(args, known[plain_name(operation["op"])])
    return dict(args)


def attribute_path(path: Any) -> list[str]:
    """Split ``/extra/a/b``, ``extra/a/b`` or ``extra.a.b`` into its parts; an empty list for other forms."""
    if not isinstance(path, str):
        return []
    parts = path.strip("/").split("/" if "/" in path else ".")
    return parts if all(parts) else []


def _problem_of_one(item: Any, form: Form) -> str | None:
    if not isinstance(item, dict):
        return "it is not an object"
    for needed in ("op", "args"):
        if needed not in item:
            return f"'{needed}' is a required property"
    unknown = sorted(set(item) - form.keys)
    if unknown:
        return f"additional properties are not allowed ({', '.join(unknown)})"
    op = item["op"]
    plain = plain_name(op) if form.invertible and isinstance(op, str) else op
    if not isinstance(plain, str) or plain not in form.known:
        # The text may quote this name, because the client has just sent it.
        return f"{str(op)[:32]!r} is not one of {', '.join(form.known)}"
    if not isinstance(item.get("loop", []), (list, dict)):
        return "'loop' is neither a list nor an object"
    if item.get("multiple", MULTIPLE[0]) not in MULTIPLE:
        return f"'multiple' is not one of {', '.join(MULTIPLE)}"
    return _problem_of_arguments(plain, item["args"], form.known[plain])


def _named(args: list[Any], expected: Arguments) -> dict[str, Any]:
    """Return arguments given in order by their names; surplus ones get numbers as names.

    Comparisons also accept their values without a list around them: ``["{node.name}", "n1"]``.
    """
    if expected is _COMPARISON and len(args) > 1 and not isinstance(args[0], list):
        return {"values": args}
    names = (*expected.all, *map(str, range(len(expected.all), len(args))))
    return dict(zip(names, args, strict=False))


def _problem_of_arguments(op: str, args: Any, expected: Arguments) -> str | None:
    takes = f"it takes {', '.join(expected.all)}"
    if isinstance(args, list):
        args = _named(args, expected)
        if len(args) > len(expected.all):
            return f"there are too many arguments; {takes}"
    if not isinstance(args, dict):
        return "'args' is neither an object nor a list"
    unknown = sorted(set(args) - set(expected.all))
    if unknown:
        return f"unexpected arguments {', '.join(unknown)}; {takes}"
    missing = [name for name in expected.needed if name not in args]
    if missing:
        return f"arguments {', '.join(missing)} are missing; {takes}"
    for name, value in args.items():
        check = _CHECKS.get(name)
        # A value with a reference cannot be checked before the reference is replaced.
        if check is not None and not (isinstance(value, str) and REFERENCE.search(value)):
            problem = check(value) or _problem_of_path(op, name, value)
            if problem is not None:
                return f"argument '{name}' {problem}"
    return None


def _problem_of_path(op: str, name: str, path: Any) -> str | None:
    if name != "path" or "plugin-data" in op:
        return None
    kind = PORT if "port" in op else NODE
    attribute, *inside = attribute_path(path)
    if attribute not in kind.attributes:
        known = ", ".join(sorted(kind.attributes))
        return f"does not begin with an attribute that rules may change: {known}"
    if inside and attribute not in kind.dictionaries:
        return f"leads into {attribute}, which is not an object"
    return None


def _regex(value: Any) -> str | None:
    if not isinstance(value, str):
        return "is not a regular expression"
    try:
        patterns.Pattern(value)
    except ValueError as exc:
        return str(exc)
    return None


def _path(value: Any) -> str | None:
    return None if attribute_path(value) else "is not a path such as /extra/key"


def _url(value: Any) -> str | None:
    good = isinstance(value, str) and value.startswith(("http://", "https://"))
    return None if good else "is not an http or https URL"


def _level(value: Any) -> str | None:
    return None if value in LOG_LEVELS else f"is not one of {', '.join(LOG_LEVELS)}"


def _values(value: Any) -> str | None:
    return None if isinstance(value, list) else "is not a list"


def _subnet(value: Any) -> str | None:
    try:
        ipaddress.ip_network(value, strict=False)
    except ValueError:
        return "is not a subnet such as 192.0.2.0/24"
    return None


def _seconds(value: Any) -> str | None:
    good = isinstance(value, (int, float)) and not isinstance(value, bool) and 0 <= value <= 60
    return None if good else "is not a number between 0 and 60"


def _retries(value: Any) -> str | None:
    good = isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 10
    return None if good else "is not a whole number between 0 and 10"


def _texts(value: Any) -> str | None:
    good = isinstance(value, dict) and all(isinstance(text, str) for text in value.values())
    return None if good else "is not an object of strings"


_CHECKS: dict[str, Callable[[Any], str | None]] = {
    "regex": _regex,
    "path": _path,
    "url": _url,
    "level": _level,
    "values": _values,
    "subnet": _subnet,
    "timeout": _seconds,
    "backoff_factor": _seconds,
    "retries": _retries,
    "headers": _texts,
    "proxies": _texts,
}
