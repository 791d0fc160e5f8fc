# SPDX-License-Identifier: Apache-2.0
"""The language of inspection rules: which conditions and actions there are, and what they take.

A condition or action is ``{"op": NAME, "args": ...}``; its arguments are named, or a list in the order given here. An
exclamation mark before a condition's name turns it round. Texts may hold references such as
``{inventory[cpu][count]}``, which are filled in when the rule is applied.
"""

from typing import NamedTuple

PHASES = ("main",)
"""When rules are applied: after the hooks of the inspection."""

MAX_PRIORITY = 9999
"""The highest that operators may give; rules above are the service's own."""

INVERTED = "!"

MULTIPLE = ("any", "all", "first", "last")
"""How a condition with a ``loop`` counts."""


class Arguments(NamedTuple):
    """What an operation takes, in order.

    :param needed: names of those that must be there.
    :param optional: names of the others.
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
