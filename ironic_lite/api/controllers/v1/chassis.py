# SPDX-License-Identifier: Apache-2.0
"""Chassis: list, create, show, change, delete; and the nodes in one."""

from typing import Any

import webob

from ironic_lite.api import access, paging, request_notifications
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import concurrent_changes, node_listing, record_access
from ironic_lite.api.resources.chassis import CHASSIS
from ironic_lite.api.resources.fields import DETAIL, ROW
from ironic_lite.common import exception
from ironic_lite.objects.chassis import Chassis


def index(call: Call) -> webob.Response:
    """``GET /v1/chassis``"""
    access.authorize(call.context, "baremetal:chassis:get")
    return _list(call, call.query(), ROW, "chassis")


def details(call: Call) -> webob.Response:
    """``GET /v1/chassis/detail``"""
    access.authorize(call.context, "baremetal:chassis:get")
    return _list(call, call.query(), DETAIL, "chassis/detail")


def _list(call: Call, query: dict[str, Any], view: str, path: str) -> webob.Response:
    serialise = paging.serialiser(call, query, CHASSIS, view)
    wanted = paging.page(query, CHASSIS, call.minor)
    rows = paging.rows(call, Chassis.rows, serialise, wanted, {})
    return paging.reply(call, CHASSIS, rows, serialise, wanted, path)


def show(call: Call, uuid: str) -> webob.Response:
    """``GET /v1/chassis/{chassis}``"""
    query = call.query()
    serialise = paging.serialiser(call, query, CHASSIS, DETAIL)
    chassis = record_access.chassis(call, uuid, "baremetal:chassis:get")
    return call.reply(record_access.show(call, chassis, serialise))


def create(call: Call) -> webob.Response:
    """``POST /v1/chassis``"""
    access.authorize(call.context, "baremetal:chassis:create")
    call.query()
    chassis = Chassis(call.context, **call.new(call.document()))
    with request_notifications.request(chassis, "create"):
        chassis.create()
    document = record_access.show(call, chassis, CHASSIS.serialiser(call.minor, None, DETAIL))
    return call.reply(document, 201, call.url(f"chassis/{chassis.uuid}"))


def update(call: Call, uuid: str) -> webob.Response:
    """``PATCH /v1/chassis/{chassis}``"""
    chassis = record_access.chassis(call, uuid, "baremetal:chassis:update")
    call.query()
    operations = call.patch(call.document())
    concurrent_changes.patch(chassis, CHASSIS, operations)
    return call.reply(
        record_access.show(call, chassis, CHASSIS.serialiser(call.minor, None, DETAIL))
    )


def delete(call: Call, uuid: str) -> webob.Response:
    """``DELETE /v1/chassis/{chassis}``"""
    call.query()
    chassis = record_access.chassis(call, uuid, "baremetal:chassis:delete")
    with request_notifications.request(chassis, "delete"):
        chassis.destroy()
    return call.empty(204)


def nodes(call: Call, uuid: str) -> webob.Response:
    """``GET /v1/chassis/{chassis}/nodes``"""
    return _nodes(call, uuid, ROW, "nodes")


def node_details(call: Call, uuid: str) -> webob.Response:
    """``GET /v1/chassis/{chassis}/nodes/detail``"""
    return _nodes(call, uuid, DETAIL, "nodes/detail")


def _nodes(call: Call, uuid: str, view: str, path: str) -> webob.Response:
    record_access.check_uuid("chassis_uuid", uuid)
    return node_listing.reply(call, view, f"chassis/{uuid}/{path}", {"chassis_uuid": uuid})


def missing_ident(_call: Call) -> webob.Response:
    """PATCH and DELETE of the collection, which are errors."""
    raise exception.InvalidParameterValue("Missing mandatory parameter: chassis_uuid")
