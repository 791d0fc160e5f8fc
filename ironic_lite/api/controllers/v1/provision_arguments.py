# SPDX-License-Identifier: Apache-2.0
"""The arguments of the provision verbs, and from which microversion on each is known."""

import re
from collections.abc import Callable
from typing import Any

from ironic_lite.api import sizes
from ironic_lite.api import steps as step_lists
from ironic_lite.common import exception, json_reading

_DRIVE_PARTS = frozenset({"meta_data", "network_data", "user_data", "vendor_data"})
# Possessive: blanks are tried once, or a drive full of them takes minutes to refuse.
_BASE64 = re.compile(r"[A-Za-z0-9+/\s]++={0,2}\s*\Z")

_DEPLOY = ("active", "deploy", "rebuild")


def check(minor: int, target: str, given: dict[str, Any]) -> dict[str, Any]:
    """What a verb is called with, from the arguments that were given (nulls count as not given).

    :raises NotAcceptable: an argument is newer than the microversion.
    :raises Invalid: an argument belongs to another verb, is missing, or is not well formed.
    """
    given = {name: value for name, value in given.items() if value is not None}
    if not given.get("configdrive", True):
        # Some clients say so that there is none.
        del given["configdrive"]
    for name in given:
        _ALLOWED[name](minor, target)
    match target:
        case "clean":
            _check_steps_or_runbook(given, "clean_steps", target)
        case "service":
            _check_steps_or_runbook(given, "service_steps", target)
        case "rescue":
            if not given.get("rescue_password", "").strip():
                raise exception.Invalid(
                    'A non-empty "rescue_password" is required when setting '
                    "target provision state to rescue"
                )
    if "deploy_steps" in given:
        _check_steps("deploy_steps", given["deploy_steps"], with_priority=True)
    if "configdrive" in given:
        _check_configdrive(minor, given["configdrive"])
    return given


def _check_steps_or_runbook(given: dict[str, Any], name: str, target: str) -> None:
    if "runbook" in given:
        if name in given:
            raise exception.Invalid(f'Please give either "{name}" or a runbook, but not both.')
        return
    if name not in given:
        raise exception.Invalid(
            f'"{name}" is required when setting target provision state to {target}'
        )
    _check_steps(name, given[name])


def _only_with(name: str, verbs: dict[str, int]) -> Callable[[int, str], None]:
    """A check that an argument comes with its verb, each from a microversion on."""

    def allowed(minor: int, target: str) -> None:
        if target not in verbs:
            raise exception.Invalid(
                f'"{name}" is only valid when setting target provision state to {" or ".join(verbs)}'
            )
        if minor < verbs[target]:
            raise exception.NotAcceptable()

    return allowed


def _configdrive_allowed(minor: int, target: str) -> None:
    if target not in _DEPLOY:
        raise exception.Invalid(
            "Adding a config drive is only supported when setting provision state to active, rebuild"
        )
    if target == "rebuild" and minor < 35:
        raise exception.Invalid(
            "A config drive is supported with rebuild from API version 1.35 on."
        )


_ALLOWED: dict[str, Callable[[int, str], None]] = {
    "configdrive": _configdrive_allowed,
    "clean_steps": _only_with("clean_steps", {"clean": 15}),
    "deploy_steps": _only_with("deploy_steps", dict.fromkeys(_DEPLOY, 69)),
    "service_steps": _only_with("service_steps", {"service": 87}),
    "rescue_password": _only_with("rescue_password", {"rescue": 38}),
    "disable_ramdisk": _only_with("disable_ramdisk", {"clean": 70, "service": 108}),
    "runbook": _only_with("runbook", {"clean": 92, "service": 92}),
}


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
