# SPDX-License-Identifier: Apache-2.0
"""Inspection rules: list, create, show, change, delete."""

from typing import Any

import webob

from ironic_lite.api import access, filters, paging, request_notifications
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import concurrent_changes, record_access
from ironic_lite.api.resources.fields import DETAIL
from ironic_lite.api.resources.inspection_rule import INSPECTION_RULE
from ironic_lite.common import exception
from ironic_lite.objects.templates_and_rules import InspectionRule


def index(call: Call) -> webob.Response:
    """``GET /v1/inspection_rules``"""
    access.authorize(call.context, "baremetal:inspection_rule:list_all")
    query = call.query()
    serialise = paging.serialiser(call, query, INSPECTION_RULE)
    wanted = paging.page(query, INSPECTION_RULE, call.minor)
    narrowed = filters.check(query, call.form.query, call.minor)
    rows = paging.rows(call, InspectionRule.rows, serialise, wanted, narrowed)
    return paging.reply(call, INSPECTION_RULE, rows, serialise, wanted, "inspection_rules")


def show(call: Call, uuid: str) -> webob.Response:
    """``GET /v1/inspection_rules/{rule}``"""
    access.authorize(call.context, "baremetal:inspection_rule:get")
    query = call.query()
    serialise = paging.serialiser(call, query, INSPECTION_RULE, DETAIL)
    return call.reply(record_access.show(call, _find(call, uuid), serialise))


def create(call: Call) -> webob.Response:
    """``POST /v1/inspection_rules``"""
    access.authorize(call.context, "baremetal:inspection_rule:create")
    call.query()
    values = call.new(call.document())
    values.setdefault("conditions", [])
    rule = InspectionRule(call.context, **values)
    with request_notifications.request(rule, "create"):
        rule.create()
    return call.reply(_shown(call, rule), 201, call.url(f"inspection_rules/{rule.uuid}"))


def update(call: Call, uuid: str) -> webob.Response:
    """``PATCH /v1/inspection_rules/{rule}``"""
    access.authorize(call.context, "baremetal:inspection_rule:update")
    rule = _find(call, uuid)
    call.query()
    operations = call.patch(call.document())
    concurrent_changes.patch(rule, INSPECTION_RULE, operations, _keep_secret)
    return call.reply(_shown(call, rule))


def delete(call: Call, uuid: str) -> webob.Response:
    """``DELETE /v1/inspection_rules/{rule}``"""
    access.authorize(call.context, "baremetal:inspection_rule:delete")
    call.query()
    rule = _find(call, uuid)
    with request_notifications.request(rule, "delete"):
        rule.destroy()
    return call.empty(204)


def delete_all(call: Call) -> webob.Response:
    """``DELETE /v1/inspection_rules``: deletes all rules."""
    access.authorize(call.context, "baremetal:inspection_rule:delete")
    call.query()
    InspectionRule.destroy_all(call.context)
    return call.empty(204)


def missing_ident(_call: Call) -> webob.Response:
    """PATCH of the collection, which is an error."""
    raise exception.InvalidParameterValue("Missing mandatory parameter: inspection_rule_uuid")


def _keep_secret(_before: dict[str, Any], changes: dict[str, Any]) -> None:
    """:raises Invalid: the change would make a sensitive rule's conditions and actions visible again."""
    if changes.get("sensitive") is False:
        raise exception.Invalid(
            "An inspection rule that is sensitive stays so: its conditions and actions would be shown again."
        )


def _find(call: Call, uuid: str) -> InspectionRule:
    record_access.check_uuid("inspection_rule_uuid", uuid)
    return InspectionRule.get(call.context, uuid)


def _shown(call: Call, rule: InspectionRule) -> dict[str, Any]:
    return record_access.show(call, rule, INSPECTION_RULE.serialiser(call.minor, None, DETAIL))
