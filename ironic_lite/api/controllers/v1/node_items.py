# SPDX-License-Identifier: Apache-2.0
"""BIOS settings, firmware components and inventory of a node."""

from typing import Any

import webob

from ironic_lite.api import filters, forms, replies
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import on_node
from ironic_lite.api.forms import Form
from ironic_lite.api.resources.bios_setting import BIOS_SETTING, REGISTRY_SINCE
from ironic_lite.api.resources.firmware_component import FIRMWARE_COMPONENT
from ironic_lite.api.resources.resource import DETAIL
from ironic_lite.common import exception
from ironic_lite.objects.node import Node
from ironic_lite.objects.node_items import BIOSSetting, FirmwareComponent
from ironic_lite.objects.node_records import NodeInventory


@on_node(
    "node:bios:get",
    Form(
        query={
            name: filters.Filter(filters.kind_of(kind), 74) for name, kind in forms.CHOOSING.items()
        },
        reply=forms.Page(BIOS_SETTING),
    ),
)
def list_bios(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/bios``"""
    if call.minor < REGISTRY_SINCE and call.query:
        unknown = ", ".join(sorted(call.query))
        raise exception.InvalidParameterValue(f"Unexpected arguments: {unknown}")
    return _list(call, BIOSSetting, node, "name")


@on_node("node:bios:get", Form(reply=replies.BIOS_SETTINGS))
def show_bios(call: Call, node: Node, setting: str) -> webob.Response:
    """``GET /v1/nodes/{node}/bios/{setting}``"""
    try:
        found = BIOSSetting.get(call.context, node.id, setting)
    except exception.BIOSSettingNotFound:
        raise exception.BIOSSettingNotFound(node=node.uuid, name=setting[:255]) from None
    serialise = BIOS_SETTING.serialiser(call.minor, None, DETAIL)
    return call.reply({found.name: call.serialised(found, serialise)})


@on_node("node:firmware:get", Form(query=forms.CHOOSING, reply=forms.Page(FIRMWARE_COMPONENT)))
def list_firmware(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/firmware``"""
    return _list(call, FirmwareComponent, node, "component")


def _list(call: Call, source: Any, node: Node, key: str) -> webob.Response:
    serialise = call.serialiser
    rows = source.rows(call.context, serialise.columns, sort_key=key, filters={"node_id": node.id})
    return call.reply({call.form.resource.collection: [serialise(row, call.view) for row in rows]})


@on_node("node:inventory:get", Form(reply=replies.INVENTORY))
def show_inventory(call: Call, node: Node) -> webob.Response:
    """``GET /v1/nodes/{node}/inventory``: the data of the last inspection."""
    try:
        found = NodeInventory.get(call.context, node.id)
    except exception.NodeInventoryNotFound:
        raise exception.NodeInventoryNotFound(node=node.uuid) from None
    return call.reply({"inventory": found.inventory_data, "plugin_data": found.plugin_data})
