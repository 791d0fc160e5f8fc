# SPDX-License-Identifier: Apache-2.0
"""Checks the arguments of the provision verbs against the verbs' declarations."""

import re
from typing import Any

from ironic_lite.api import sizes, types
from ironic_lite.api import steps as step_lists
from ironic_lite.common import exception, json_reading, operations
from ironic_lite.common.operations.declaration import Argument, Form

_DRIVE_PARTS = frozenset({"meta_data", "network_data", "user_data", "vendor_data"})
# Possessive: with backtracking, the match of a config drive full of blanks would take minutes.
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]++={0,2}\s*\Z")

KINDS: dict[Form, types.Kind] = {
    Form.STEPS: types.List(step_lists.form()),
    Form.STEPS_BY_PRIORITY: types.List(step_lists.form("priority")),
    Form.RUNBOOK: types.UUID_OR_NAME,
    Form.CONFIG_DRIVE: types.OBJECT_OR_TEXT,
    Form.PASSWORD: types.Secret(),
    Form.TEXT: types.TEXT,
    Form.FLAG: types.BOOLEAN,
}
"""Form of an argument -> the kind of value that the body may hold."""


def check(minor: int, target: str, given: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments for a verb from those in the body; null is the same as no argument.

    :raises NotAcceptable: an argument is newer than the microversion.
    :raises Invalid: an argument belongs to another verb, is missing, or is not well formed.
    """
    verb = operations.WORDS[target]
    taken = {argument.name: argument for argument in verb.arguments}
    given = {
        name: value
        for name, value in given.items()
        # Some clients send an empty config drive for none.
        if value is not None and (value or operations.ARGUMENTS[name].form is not _DRIVE)
    }
    for name in given:
        _check_allowed(minor, name, taken.get(name))
    for argument in verb.arguments:
        if argument.required:
            _check_there(target, argument, verb.argument(Form.RUNBOOK), given)
    for name, value in given.items():
        _check_form(minor, taken[name], value)
    return given


_DRIVE = Form.CONFIG_DRIVE


def _check_allowed(minor: int, name: str, argument: Argument | None) -> None:
    """:raises Invalid: the verb does not have the argument.
    :raises NotAcceptable: the argument is newer than the microversion.
    """
    if argument is None:
        known, words = operations.ARGUMENTS[name], operations.words_with(name)
        raise exception.Invalid(
            known.elsewhere
            or f'"{name}" is only valid when setting target provision state to {" or ".join(words)}'
        )
    if minor < argument.since:
        if argument.too_early is not None:
            raise exception.Invalid(argument.too_early)
        raise exception.NotAcceptable()


def _check_there(
    target: str, argument: Argument, runbook: Argument | None, given: dict[str, Any]
) -> None:
    """:raises Invalid: a required argument is missing, or the body has both the argument and a runbook."""
    name = argument.name
    if argument.form is Form.STEPS and runbook is not None and runbook.name in given:
        if name in given:
            raise exception.Invalid(f'Please give either "{name}" or a runbook, but not both.')
        return
    if argument.form is Form.PASSWORD and not given.get(name, "").strip():
        raise exception.Invalid(
            f'A non-empty "{name}" is required when setting target provision state to {target}'
        )
    if name not in given:
        raise exception.Invalid(
            f'"{name}" is required when setting target provision state to {target}'
        )


def _check_form(minor: int, argument: Argument, value: Any) -> None:
    """Check what the kind of the argument does not check.

    :raises Invalid, NotAcceptable: the value is invalid, or newer than the microversion.
    """
    match argument.form:
        case Form.STEPS:
            _check_steps(argument.name, value)
        case Form.STEPS_BY_PRIORITY:
            _check_steps(argument.name, value, with_priority=True)
        case Form.CONFIG_DRIVE:
            _check_configdrive(minor, value)


def _check_steps(name: str, steps: list[Any], with_priority: bool = False) -> None:
    sizes.check(name, steps)
    if len(steps) > step_lists.MAX_STEPS:
        raise exception.InvalidParameterValue(
            f"Invalid {name}: more than {step_lists.MAX_STEPS} steps"
        )
    if not steps and not with_priority:
        raise exception.InvalidParameterValue(f"Invalid {name}: at least one step is needed")
    for index, step in enumerate(steps):
        problem = step_lists.problem(step, "priority" if with_priority else None)
        if problem:
            raise exception.InvalidParameterValue(f"Invalid {name}: step {index}: {problem}")


def _check_configdrive(minor: int, drive: Any) -> None:
    if isinstance(drive, dict):
        if minor < 56:
            raise exception.Invalid(
                "A config drive as an object is supported from API version 1.56 on."
            )
        unknown = sorted(set(drive) - _DRIVE_PARTS)
        if unknown:
            raise exception.Invalid(f"Invalid configdrive: unknown parts {', '.join(unknown)}")
        if "vendor_data" in drive and minor < 59:
            raise exception.Invalid(
                "vendor_data in a config drive is supported from API version 1.59 on."
            )
        return
    if drive.startswith(("http://", "https://")) or _BASE64.match(drive) or _is_json(drive):
        return
    raise exception.Invalid(
        "Invalid configdrive format: it is neither a JSON, nor a URL, nor a base64 string"
    )


def _is_json(text: str) -> bool:
    if not text.lstrip().startswith("{"):
        return False
    try:
        json_reading.read(text, json_reading.CONFIG_DRIVE)
    except json_reading.TooMuch as exc:
        raise exception.Invalid(f"Invalid configdrive: {exc}") from None
    except json_reading.Unreadable:
        return False
    return True
