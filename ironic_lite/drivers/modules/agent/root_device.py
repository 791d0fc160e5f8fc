# SPDX-License-Identifier: Apache-2.0
"""Root device hints: which of a server's disks is the root device.

The agent evaluates them when it writes an image. This module checks them before the agent boots, and evaluates them in
the same way on an inventory. The language is that of oslo.utils' ``specs_matcher`` with the agent's additions: a value
without an operator means equality, a value may hold blanks, and comparisons ignore case.
"""

import dataclasses
import urllib.parse
from collections.abc import Iterable, Mapping
from typing import Any

from oslo_utils import strutils

from ironic_lite.common import exception

_TEXT = frozenset(
    {
        "model",
        "vendor",
        "serial",
        "wwn",
        "wwn_with_extension",
        "wwn_vendor_extension",
        "name",
        "hctl",
        "by_path",
        "tran",
    }
)
_HINTS = _TEXT | {"size", "rotational"}

_OF_NUMBERS = ("==", "!=", ">=", "<=", ">", "<", "=", "<or>", "<range-in>")
_OF_TEXT = ("s==", "s!=", "s>=", "s<=", "s>", "s<", "<in>", "<or>", "<all-in>")
_ANYTHING_ELSE = "s!="
_GIB = 1024**3
_LONGEST = 1024


@dataclasses.dataclass(frozen=True)
class _Hint:
    """One hint: ``value`` is a bool, or the text after the operator in lower case."""

    name: str
    operator: str
    values: tuple[str, ...]
    truth: bool | None = None

    def fits(self, disk: Mapping[str, Any]) -> bool:
        found = disk.get(self.name)
        if self.truth is not None:
            return _truth(found) is self.truth
        if self.name == "size":
            return self._fits_size(found)
        if isinstance(found, list):
            return any(self._fits_text(each) for each in found)
        return self._fits_text(found)

    def _fits_size(self, found: Any) -> bool:
        if not isinstance(found, int | float) or isinstance(found, bool):
            return False
        size = repr(found / _GIB)
        if self.operator == "<or>":
            return any(_matches(size, f"== {value}") for value in self.values)
        return _matches(size, f"{self.operator} {self.values[0]}")

    def _fits_text(self, found: Any) -> bool:
        if found is None:
            # An unknown value equals nothing and differs from everything.
            return self.operator == _ANYTHING_ELSE
        text = str(found).strip().lower()
        if not text:
            return False
        if self.operator == "<all-in>":
            words = " ".join(urllib.parse.quote(word) for word in self.values[0].split())
            return _matches(str(list(map(urllib.parse.quote, text.split()))), f"<all-in> {words}")
        spec = " ".join(f"{self.operator} {urllib.parse.quote(value)}" for value in self.values)
        return _matches(urllib.parse.quote(text), spec)


def _matches(text: str, spec: str) -> bool:
    from oslo_utils import specs_matcher

    return bool(specs_matcher.match(text, spec))


def validate(node: Any) -> None:
    """Check ``root_device`` in ``instance_info`` or ``properties``.

    :raises InvalidParameterValue: when a hint is wrong; the message names it.
    """
    for where in ("instance_info", "properties"):
        hints = getattr(node, where).get("root_device")
        if hints is not None:
            _parse(hints, f"{where}/root_device")
            return


def choose(disks: Iterable[Any], hints: Any, where: str) -> Mapping[str, Any] | None:
    """Return the first disk of an inventory that matches all hints; None if there is none.

    :param where: the field with the hints, for messages.
    :raises InvalidParameterValue: when a hint is wrong; the message names it.
    """
    parsed = _parse(hints, where)
    for disk in disks:
        if isinstance(disk, Mapping) and all(hint.fits(disk) for hint in parsed):
            return disk
    return None


def _parse(hints: Any, where: str) -> list[_Hint]:
    if not isinstance(hints, dict):
        raise _invalid(f"{where} must be an object of hints, such as {{'serial': '...'}}.")
    unknown = sorted(set(map(str, hints)) - _HINTS)
    if unknown:
        raise _invalid(
            f"{where} has the unknown hint(s) {', '.join(unknown)}; known hints are {', '.join(sorted(_HINTS))}."
        )
    return [_hint(name, value, f"{where}/{name}") for name, value in hints.items()]


def _hint(name: str, value: Any, where: str) -> _Hint:
    if name == "rotational":
        truth = _truth(value)
        if truth is None:
            raise _invalid(f"{where} must be true or false.")
        return _Hint(name, "", (), truth)
    if name == "size":
        if not isinstance(value, int | str) or isinstance(value, bool):
            raise _invalid(f"{where} must be a number of GiB, or text such as '>= 100'.")
        operator, values = _taken_apart(str(value), where)
        _check_numbers(operator, values, where)
        return _Hint(name, operator or "==", values)
    if not isinstance(value, str):
        raise _invalid(f"{where} must be text.")
    operator, values = _taken_apart(value, where)
    if operator and operator not in _OF_TEXT:
        raise _invalid(
            f"{where} uses '{operator}', which compares numbers; for text use {', '.join(_OF_TEXT)}."
        )
    return _Hint(name, operator or "s==", values)


def _taken_apart(value: str, where: str) -> tuple[str, tuple[str, ...]]:
    """Return the operator (empty if there is none) and the operands."""
    # Imported here because the grammar costs start-up time and memory, and few nodes have hints.
    import pyparsing
    from oslo_utils import specs_matcher

    text = value.strip().lower()
    if not text or len(text) > _LONGEST:
        raise _invalid(f"{where} must not be empty, nor longer than {_LONGEST} characters.")
    try:
        operator, *operands = specs_matcher.make_grammar().parse_string(text)
    except pyparsing.ParseException:
        raise _invalid(f"{where} '{value:.64}' has an operator without a value.") from None
    if not operands:
        return "", (text,)
    rest = text.split(operator) if operator == "<or>" else [text.removeprefix(operator)]
    values = tuple(part.strip() for part in rest if part.strip())
    return operator, values


def _check_numbers(operator: str, values: tuple[str, ...], where: str) -> None:
    if operator and operator not in _OF_NUMBERS:
        raise _invalid(
            f"{where} uses '{operator}', which compares text; for sizes use {', '.join(_OF_NUMBERS)}."
        )
    numbers = values
    if operator == "<range-in>":
        first, *numbers_of_range, last = values[0].split()
        numbers = tuple(numbers_of_range)
        if first not in "[(" or last not in "])" or len(numbers) != 2:
            raise _invalid(f"{where} must be written as '<range-in> [ 200 300 ]'.")
    if not all(number.isascii() and number.isdecimal() and int(number) > 0 for number in numbers):
        raise _invalid(
            f"{where} must be a whole number of GiB, at least 1, or a comparison such as '>= 100'."
        )
    if operator == "<range-in>" and int(numbers[0]) > int(numbers[1]):
        raise _invalid(f"{where} has a range that ends before it begins.")


def _truth(value: Any) -> bool | None:
    try:
        return strutils.bool_from_string(value, strict=True)
    except ValueError:
        return None


def _invalid(message: str) -> exception.InvalidParameterValue:
    return exception.InvalidParameterValue(err=message)
