# SPDX-License-Identifier: Apache-2.0
"""The inspection rule: actions on a node whose inspection data meets the rule's conditions."""

from collections.abc import Callable
from typing import Any

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.field import BOTH, Field, Reader, computed, links
from ironic_lite.api.resources.resource import Resource
from ironic_lite.common import inspection_rules as language


class _Operations(types.Kind):
    """A list of conditions or actions."""

    def __init__(self, name: str, form: language.Form):
        self.name = name
        self._form = form
        inverted = [f"{language.INVERTED}{word}" for word in form.known] if form.invertible else []
        properties = {
            "op": {"enum": [*form.known, *inverted]},
            "args": {"type": ["object", "array"]},
            "loop": {"type": ["object", "array"]},
            "multiple": {"enum": list(language.MULTIPLE)},
        }
        self.schema = {
            "type": "array",
            "minItems": form.least,
            "maxItems": language.MOST,
            "items": {
                "type": "object",
                "properties": {key: kind for key, kind in properties.items() if key in form.keys},
                "required": ["op", "args"],
                "additionalProperties": False,
            },
        }

    def check(self, value: Any) -> list[dict[str, Any]]:
        problem = language.problem_of(value, self._form)
        if problem is not None:
            blank = "" if problem.startswith(",") else " "
            raise ValueError(f"{{name}}{blank}{types.literal(problem)}")
        operations: list[dict[str, Any]] = value
        return operations


class _Priority(types.Kind):
    """An integer; python-ironicclient sends it as a string."""

    name = "priority"
    shown = {"type": "integer", "minimum": 0, "maximum": language.MAX_PRIORITY}
    schema = {"anyOf": [shown, {"type": "string", "pattern": "^[0-9]{1,4}$"}]}

    def check(self, value: Any) -> int:
        number = types.INTEGER.check(value)
        if not 0 <= number <= language.MAX_PRIORITY:
            raise ValueError(f"{{name}} must be between 0 and {language.MAX_PRIORITY}: {{value}}")
        return number


def _unless_sensitive(name: str) -> Callable[[int], Reader]:
    return computed(lambda row, view: None if row["sensitive"] else row[name])


INSPECTION_RULE = Resource(
    "rule",
    "inspection_rules",
    (
        Field(name="uuid", create=True, row=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="description", row=True, **BOTH),
        Field(name="priority", kind=_Priority(), row=True, **BOTH),
        Field(
            name="phase", filter=types.TEXT, kind=types.Choice(*language.PHASES), row=True, **BOTH
        ),
        Field(name="sensitive", **BOTH),
        Field(
            name="conditions",
            kind=_Operations("conditions", language.CONDITION_FORM),
            default=[],
            sort=False,
            columns=("conditions", "sensitive"),
            reader=_unless_sensitive("conditions"),
            **BOTH,
        ),
        Field(
            name="actions",
            kind=_Operations("actions", language.ACTION_FORM),
            mandatory=True,
            sort=False,
            columns=("actions", "sensitive"),
            reader=_unless_sensitive("actions"),
            **BOTH,
        ),
        links("inspection_rules"),
    ),
    record=objects.InspectionRule,
)
