# SPDX-License-Identifier: Apache-2.0
"""The rules in the file that ``[inspection_rules] built_in_rules`` names."""

from pathlib import Path
from typing import Any

from ironic_lite.common import exception
from ironic_lite.common import inspection_rules as language
from ironic_lite.conf import CONF

_MAX_SIZE = 1024 * 1024
_KEYS = frozenset(
    {"uuid", "description", "priority", "sensitive", "phase", "conditions", "actions"}
)


def load() -> list[dict[str, Any]]:
    """Return the rules of the main phase from the file; an empty list when no file is configured.

    The file is read for each inspection, so changes need no restart.

    :raises ConfigInvalid: when the file is invalid; the message says why.
    """
    name = CONF.inspection_rules.built_in_rules
    if not name:
        return []
    rules = _read(Path(name))
    for number, rule in enumerate(rules):
        problem = _problem(rule)
        if problem is not None:
            raise _wrong(name, f"rule {number} {problem}")
    return rules


def _read(path: Path) -> list[Any]:
    # Late: few have such a file.
    import yaml

    try:
        with path.open("rb") as stream:
            content = stream.read(_MAX_SIZE + 1)
        if len(content) > _MAX_SIZE:
            raise _wrong(str(path), f"it is larger than {_MAX_SIZE} bytes")
        rules = yaml.safe_load(content)
    except (OSError, yaml.YAMLError, UnicodeDecodeError) as exc:
        raise _wrong(str(path), str(exc)) from exc
    except RecursionError:
        raise _wrong(str(path), "it is nested too deeply") from None
    if not isinstance(rules, list):
        raise _wrong(str(path), "it is not a list of rules")
    return rules


def _problem(rule: Any) -> str | None:
    if not isinstance(rule, dict):
        return "is not an object"
    unknown = sorted(map(str, set(rule) - _KEYS))
    if unknown:
        return f"has the unknown keys {', '.join(unknown)}"
    if rule.get("phase", language.PHASES[0]) not in language.PHASES:
        return f"has a phase other than {', '.join(language.PHASES)}"
    if not isinstance(rule.get("priority", 0), int):
        return "has a priority that is not a whole number"
    if not isinstance(rule.get("sensitive", False), bool):
        return "has a 'sensitive' that is neither true nor false"
    for key, form in (
        ("conditions", language.CONDITION_FORM),
        ("actions", language.ACTION_FORM),
    ):
        problem = language.problem_of(rule.get(key, []), form)
        if problem is not None:
            return f"{key}{'' if problem.startswith(',') else ' '}{problem}"
    return None


def _wrong(path: str, problem: str) -> exception.ConfigInvalid:
    return exception.ConfigInvalid(
        error_msg=f"[inspection_rules] built_in_rules, {path}: {problem}"
    )
