# SPDX-License-Identifier: Apache-2.0
"""The conditions of inspection rules."""

import ipaddress
import itertools
import operator
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from ironic_lite.common import inspection_rules as language
from ironic_lite.common.patterns import Pattern
from ironic_lite.conductor.inspection_rules.references import Scope

_YES = frozenset({"yes", "true"})
_NO = frozenset({"no", "false"})


def holds(condition: Mapping[str, Any], scope: Scope) -> bool:
    """Tell whether a condition holds; with a loop, whether it holds for as many items as ``multiple`` says.

    :raises ValueError, TypeError: when the condition cannot handle a value.
    """
    if "loop" not in condition:
        return _once(condition, scope)
    rounds: Iterable[bool] = (
        _once(condition, scope.with_item(item)) for item in rounds_of(condition["loop"])
    )
    wanted = condition.get("multiple", "any")
    if wanted == "all":
        return all(rounds)
    if wanted == "last":
        return [False, *rounds][-1]
    return any(rounds)


def rounds_of(loop: Any) -> list[Any]:
    """Return the items of a loop; an object counts as one item."""
    return loop if isinstance(loop, list) else [loop]


def _once(condition: Mapping[str, Any], scope: Scope) -> bool:
    op = condition["op"]
    plain = language.plain_name(op)
    args = language.named_arguments(condition, language.CONDITIONS)
    return _CONDITIONS[plain](args, scope) is not op.startswith(language.INVERTED)


def _compare(relation: Callable[[Any, Any], bool]) -> Callable[[dict[str, Any], Scope], bool]:
    def compared(args: dict[str, Any], scope: Scope) -> bool:
        values = _list(scope.fill(args["values"]), "values")
        if _is_true(scope.read(args.get("force_strings"))):
            values = [str(value) for value in values]
        return all(relation(one, two) for one, two in itertools.pairwise(values))

    return compared


def _list(value: Any, name: str) -> list[Any]:
    if not isinstance(value, list):
        raise TypeError(f"'{name}' is not a list")
    return value


def _is_true(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in _YES
    return isinstance(value, (bool, int, float)) and bool(value)


def _is_false(value: Any) -> bool:
    if isinstance(value, str):
        return value.strip().lower() in _NO
    return value is None or (isinstance(value, (bool, int, float)) and not value)


def _in_net(args: dict[str, Any], scope: Scope) -> bool:
    address = ipaddress.ip_address(scope.fill(args["address"]))
    return address in ipaddress.ip_network(scope.fill(args["subnet"]), strict=False)


def _pattern(
    find: Callable[[Pattern, str], bool],
) -> Callable[[dict[str, Any], Scope], bool]:
    def found(args: dict[str, Any], scope: Scope) -> bool:
        try:
            pattern = Pattern(str(scope.fill(args["regex"])))
        except ValueError as exc:
            raise ValueError(f"'regex' {exc}") from exc
        return find(pattern, str(scope.fill(args["value"])))

    return found


def _one_of(args: dict[str, Any], scope: Scope) -> bool:
    known = _list(scope.read(args["values"]), "values")
    return scope.read(args["value"]) in known or scope.fill(args["value"]) in known


_CONDITIONS: dict[str, Callable[[dict[str, Any], Scope], bool]] = {
    "eq": _compare(operator.eq),
    "lt": _compare(operator.lt),
    "gt": _compare(operator.gt),
    "is-empty": lambda args, scope: scope.read(args["value"]) in (None, "", [], {}),
    "is-none": lambda args, scope: scope.read(args["value"]) is None,
    "is-true": lambda args, scope: _is_true(scope.read(args["value"])),
    "is-false": lambda args, scope: _is_false(scope.read(args["value"])),
    "in-net": _in_net,
    "matches": _pattern(Pattern.matches),
    "contains": _pattern(Pattern.is_in),
    "one-of": _one_of,
}
