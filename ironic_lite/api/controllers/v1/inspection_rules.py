# SPDX-License-Identifier: Apache-2.0
"""Inspection rules."""

from typing import Any

import webob

from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.records import Records, Values
from ironic_lite.api.controllers.v1.route_access import allowed
from ironic_lite.api.forms import DONE
from ironic_lite.api.resources.inspection_rule import INSPECTION_RULE
from ironic_lite.common import exception
from ironic_lite.objects.templates_and_rules import InspectionRule


class _InspectionRules(Records):
    def prepare(self, call: Call, values: Values) -> None:
        values.setdefault("conditions", [])

    def check(self, call: Call, record: Any, before: Values, changes: Values) -> None:
        """:raises Invalid: the change would make a sensitive rule's conditions and actions visible again."""
        if changes.get("sensitive") is False:
            raise exception.Invalid(
                "An inspection rule that is sensitive stays so: its conditions and actions would be shown again."
            )


RECORDS = _InspectionRules(
    INSPECTION_RULE,
    InspectionRule,
    rules="inspection_rule",
    variable="uuid",
    ident="inspection_rule_uuid",
    listed="list_all",
)


@allowed("inspection_rule:delete", DONE)
def delete_all(call: Call) -> webob.Response:
    """``DELETE /v1/inspection_rules``: deletes all rules."""
    InspectionRule.destroy_all(call.context)
    return call.empty(204)
