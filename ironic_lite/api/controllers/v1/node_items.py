# SPDX-License-Identifier: Apache-2.0
"""BIOS settings, firmware components and inventory of a node."""

from typing import Any

import webob

from ironic_lite.api import paging
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.api.resources.bios_setting import BIOS_SETTING, REGISTRY_SINCE
from ironic_lite.api.resources.fields import DETAIL, ROW
from ironic_lite.api.resources.firmware_component import FIRMWARE_COMPONENT
from ironic_lite.common import exception
from ironic_lite.objects.node_items import BIOSSetting, FirmwareComponent
from ironic_lite.objects.node_records import NodeInventory


def list_bios(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/bios``"""
    node = record_access.node(call, ident, "baremetal:node:bios:get")
    query = call.query()
    if call.minor < REGISTRY_SINCE and query:
        raise exception.InvalidParameterValue(f"Unexpected arguments: {', '.join(sorted(query))}")
    return _list(call, BIOSSetting, BIOS_SETTING, node.id, query, "name")


def show_bios(call: Call, ident: str, name: str) -> webob.Response:
    """``GET /v1/nodes/{node}/bios/{setting}``"""
    node = record_access.node(call, ident, "baremetal:node:bios:get")
    call.query()
    try:
        setting = BIOSSetting.get(call.context, node.id, name)
    except exception.BIOSSettingNotFound:
        raise exception.BIOSSettingNotFound(node=node.uuid, name=name[:255]) from None
    serialise = BIOS_SETTING.serialiser(call.minor, None, DETAIL)
    return call.reply({setting.name: record_access.show(call, setting, serialise)})


def list_firmware(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/firmware``"""
    node = record_access.node(call, ident, "baremetal:node:firmware:get")
    query = call.query()
    return _list(call, FirmwareComponent, FIRMWARE_COMPONENT, node.id, query, "component")


def _list(
    call: Call, source: Any, resource: Any, node_id: int, query: dict[str, Any], key: str
) -> webob.Response:
    serialise = paging.serialiser(call, query, resource, ROW)
    rows = source.rows(call.context, serialise.columns, sort_key=key, filters={"node_id": node_id})
    return call.reply({resource.collection: [serialise(row, call.view) for row in rows]})


def show_inventory(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/inventory``: the data of the last inspection."""
    node = record_access.node(call, ident, "baremetal:node:inventory:get")
    call.query()
    try:
        found = NodeInventory.get(call.context, node.id)
    except exception.NodeInventoryNotFound:
        raise exception.NodeInventoryNotFound(node=node.uuid) from None
    return call.reply({"inventory": found.inventory_data, "plugin_data": found.plugin_data})
