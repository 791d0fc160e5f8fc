# SPDX-License-Identifier: Apache-2.0
"""Volume connectors and volume targets: list, create, show, change, delete; and those of one node.

The two resources differ in their fields only, so they share their operations.
"""

from typing import Any

import webob

from ironic_lite.api import access, filters, paging, request_notifications
from ironic_lite.api import patch as json_patch
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import concurrent_changes, record_access
from ironic_lite.api.resources.fields import DETAIL, ROW, Resource
from ironic_lite.api.resources.volume import CONNECTOR, TARGET
from ironic_lite.common import exception
from ironic_lite.objects.node import Node
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget

Record = VolumeConnector | VolumeTarget


def index(call: Call) -> webob.Response:
    """``GET /v1/volume``"""
    access.authorize(call.context, "baremetal:volume:get")
    return _links(call, "volume")


def of_node(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/volume``"""
    node = record_access.node(call, ident, "baremetal:volume:get")
    return _links(call, f"nodes/{node.uuid}/volume")


def _links(call: Call, path: str) -> webob.Response:
    call.query()
    links = call.view.links
    parts = {part: links(f"{path}/{part}") for part in ("connectors", "targets")}
    return call.reply({"links": links(f"{path}/"), **parts})


class Volumes:
    """The operations on volume connectors or on volume targets."""

    def __init__(self, resource: Resource, records: type[VolumeConnector] | type[VolumeTarget]):
        self.resource = resource
        self.records: Any = records
        self.path = f"volume/{resource.collection}"

    def index(self, call: Call) -> webob.Response:
        """``GET /v1/volume/connectors``"""
        own = access.listing(call.context, "volume")
        return self._list(call, call.query(), self.path, own)

    def of_node(self, call: Call, ident: str) -> webob.Response:
        """``GET /v1/nodes/{node}/volume/connectors``"""
        node = record_access.node(call, ident, "baremetal:node:get")
        path = f"nodes/{node.uuid}/{self.path}"
        return self._list(call, {**call.query(), "node": node.uuid}, path)

    def _list(
        self, call: Call, query: dict[str, Any], path: str, own: str | None = None
    ) -> webob.Response:
        serialise = paging.serialiser(call, query, self.resource, ROW)
        wanted = paging.page(query, self.resource, call.minor)
        narrowed = filters.check(query, call.form.query, call.minor)
        access.narrow(narrowed, own)
        node = narrowed.pop("node", None)
        if node is not None:
            narrowed["node_id"] = record_access.named_node(call.context, node).id
        rows = paging.rows(call, self.records.rows, serialise, wanted, narrowed)
        return paging.reply(call, self.resource, rows, serialise, wanted, path)

    def show(self, call: Call, uuid: str) -> webob.Response:
        """``GET /v1/volume/connectors/{connector}``"""
        query = call.query()
        serialise = paging.serialiser(call, query, self.resource, DETAIL)
        record = self._find(call, uuid, "baremetal:volume:get")
        return call.reply(record_access.show(call, record, serialise))

    def create(self, call: Call) -> webob.Response:
        """``POST /v1/volume/connectors``"""
        body = call.document(
            lambda: record_access.authorize_any_part(call, "baremetal:volume:create")
        )
        record_access.authorize_new_part(call, body, "baremetal:volume:create")
        call.query()
        values = call.new(body)
        node = concurrent_changes.named_node(call.context, values.pop("node_uuid"))
        record = self.records(call.context, node_id=node.id, **values)
        with request_notifications.request(record, "create", node_uuid=node.uuid):
            record.create()
        return call.reply(self._shown(call, record), 201, call.url(f"{self.path}/{record.uuid}"))

    def update(self, call: Call, uuid: str) -> webob.Response:
        """``PATCH /v1/volume/connectors/{connector}``; the server must be off."""
        record = self._find(call, uuid, "baremetal:volume:update")
        call.query()
        operations = call.patch(call.document())
        # A volume always has a node: removing it changes nothing, as in Ironic.
        operations = [op for op in operations if (op["op"], op["path"]) != ("remove", "/node_uuid")]
        updated = concurrent_changes.until_settled(
            record, lambda: self._apply(call, record, operations)
        )
        return call.reply(self._shown(call, updated))

    def _apply(self, call: Call, record: Any, operations: list[dict[str, Any]]) -> Record:
        before = json_patch.before(record, self.resource, operations)
        changes = json_patch.apply(self.resource, operations, before)
        expected = {name: before[name] for name in changes}
        wanted = changes.pop("node_uuid", None)
        node = concurrent_changes.node_of_part(
            call.context, record, changes, wanted, "baremetal:volume:create"
        )
        for name, value in changes.items():
            setattr(record, name, value)
        conductor = call.conductors.of(node)
        with request_notifications.request(record, "update"):
            return conductor.update_volume(call.context, record, expected=expected)

    def delete(self, call: Call, uuid: str) -> webob.Response:
        """``DELETE /v1/volume/connectors/{connector}``; the server must be off, unless the volume is not in use."""
        call.query()
        record = self._find(call, uuid, "baremetal:volume:delete")
        node = Node.get_by_id(call.context, record.node_id)
        conductor = call.conductors.of(node)
        with request_notifications.request(record, "delete"):
            conductor.destroy_volume(call.context, record)
        return call.empty(204)

    def missing_ident(self, _call: Call) -> webob.Response:
        """PATCH and DELETE of the collection, which are errors."""
        raise exception.InvalidParameterValue(
            f"Missing mandatory parameter: {self.resource.name}_uuid"
        )

    def _find(self, call: Call, uuid: str, rule: str) -> Any:
        record_access.check_uuid(f"{self.resource.name}_uuid", uuid)
        found = self.records.get(call.context, uuid)
        unseen = exception.NotFound(f"Volume {self.resource.name} {uuid} could not be found.")
        record_access.authorize_part(call, found, rule, "baremetal:volume:get", unseen)
        return found

    def _shown(self, call: Call, record: Any) -> dict[str, Any]:
        return record_access.show(call, record, self.resource.serialiser(call.minor, None, DETAIL))


CONNECTORS = Volumes(CONNECTOR, VolumeConnector)
TARGETS = Volumes(TARGET, VolumeTarget)
