# SPDX-License-Identifier: Apache-2.0
"""Deploy templates: list, create, show, change, delete."""

import webob

from ironic_lite.api import access, paging, request_notifications
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import concurrent_changes, record_access
from ironic_lite.api.resources.deploy_template import DEPLOY_TEMPLATE
from ironic_lite.api.resources.fields import DETAIL
from ironic_lite.common import exception
from ironic_lite.objects.templates_and_rules import DeployTemplate


def index(call: Call) -> webob.Response:
    """``GET /v1/deploy_templates``"""
    access.authorize(call.context, "baremetal:deploy_template:get")
    query = call.query()
    serialise = paging.serialiser(call, query, DEPLOY_TEMPLATE)
    wanted = paging.page(query, DEPLOY_TEMPLATE, call.minor)
    rows = paging.rows(call, DeployTemplate.rows, serialise, wanted, {})
    return paging.reply(call, DEPLOY_TEMPLATE, rows, serialise, wanted, "deploy_templates")


def show(call: Call, ident: str) -> webob.Response:
    """``GET /v1/deploy_templates/{template}``"""
    access.authorize(call.context, "baremetal:deploy_template:get")
    query = call.query()
    serialise = paging.serialiser(call, query, DEPLOY_TEMPLATE, DETAIL)
    return call.reply(record_access.show(call, _find(call, ident), serialise))


def create(call: Call) -> webob.Response:
    """``POST /v1/deploy_templates``"""
    access.authorize(call.context, "baremetal:deploy_template:create")
    call.query()
    template = DeployTemplate(call.context, **call.new(call.document()))
    with request_notifications.request(template, "create"):
        template.create()
    return call.reply(_shown(call, template), 201, call.url(f"deploy_templates/{template.uuid}"))


def update(call: Call, ident: str) -> webob.Response:
    """``PATCH /v1/deploy_templates/{template}``"""
    access.authorize(call.context, "baremetal:deploy_template:update")
    template = _find(call, ident)
    call.query()
    operations = call.patch(call.document())
    concurrent_changes.patch(template, DEPLOY_TEMPLATE, operations)
    return call.reply(_shown(call, template))


def delete(call: Call, ident: str) -> webob.Response:
    """``DELETE /v1/deploy_templates/{template}``"""
    access.authorize(call.context, "baremetal:deploy_template:delete")
    call.query()
    template = _find(call, ident)
    with request_notifications.request(template, "delete"):
        template.destroy()
    return call.empty(204)


def missing_ident(_call: Call) -> webob.Response:
    """PATCH and DELETE of the collection, which are errors."""
    raise exception.InvalidParameterValue("Missing mandatory parameter: template_ident")


def _find(call: Call, ident: str) -> DeployTemplate:
    record_access.check_ident("template_ident", ident)
    return DeployTemplate.get(call.context, ident)


def _shown(call: Call, template: DeployTemplate) -> dict[str, object]:
    return record_access.show(call, template, DEPLOY_TEMPLATE.serialiser(call.minor, None, DETAIL))
