# SPDX-License-Identifier: Apache-2.0
"""Allocations, and the allocation of one node."""

import dataclasses
from typing import Any

import webob

from ironic_lite.api import access, forms, request_notifications, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import concurrent_changes, record_access
from ironic_lite.api.controllers.v1.records import Records, Values
from ironic_lite.api.controllers.v1.route_access import Listing
from ironic_lite.api.forms import Early
from ironic_lite.api.resources.allocation import ALLOCATION
from ironic_lite.api.routing import Access
from ironic_lite.common import exception
from ironic_lite.objects.allocation import Allocation
from ironic_lite.objects.node import Node

_SEE = "baremetal:allocation:get"
_FOR_OTHERS = "baremetal:allocation:create_restricted"


class _Allocations(Records):
    """An allocation belongs to a project."""

    owner_filter = "owner"
    creation = dataclasses.replace(forms.creation(ALLOCATION), asks=(_FOR_OTHERS,))
    change = dataclasses.replace(forms.change(ALLOCATION), since=57, early=Early.NOT_ALLOWED)

    def to_list(self) -> Access:
        return Listing("allocation")

    def find(self, call: Call, ident: str, *rules: str) -> Allocation:
        """Return the allocation with this UUID or name, if ``rules`` are granted.

        :raises AllocationNotFound: also if the client may not see it.
        :raises Invalid: neither a UUID nor a name.
        :raises HTTPForbidden: the client may see the allocation, but a rule is not granted.
        """
        allocation: Allocation = self.get(call, ident)
        _authorize(call, allocation, rules, exception.AllocationNotFound(allocation=ident))
        return allocation

    def narrow(self, call: Call, narrowed: Values) -> None:
        if "node" in narrowed:
            named = narrowed.pop("node")
            narrowed["node_id"] = concurrent_changes.named_node(call.context, named).id

    def create(self, call: Call, body: Values) -> webob.Response:
        """``POST /v1/allocations``: a conductor looks for a node in the background.

        With ``node`` (backfill) the allocation is for the instance that this node already has, and becomes active at
        once.
        """
        record_access.check_name("allocation", body.get("name"))
        body["owner"] = _owner(call, body.get("owner"))
        body.setdefault("traits", [])
        body["candidate_nodes"] = _candidates(call, body.get("candidate_nodes", []))
        node = _to_backfill(call, body)
        if not body.get("resource_class"):
            raise exception.InvalidParameterValue(
                "The resource_class field is mandatory unless the allocation is for the instance of a node."
            )
        allocation = Allocation(call.context, **body)
        conductor = call.conductors.of(node) if node else call.conductors.any()
        named = node.uuid if node else None
        with request_notifications.request(allocation, "create"):
            created = conductor.create_allocation(call.context, allocation, named)
        return self._reply_created(call, created)

    def check(self, call: Call, record: Any, before: Values, changes: Values) -> None:
        record_access.check_name("allocation", changes.get("name"))

    def delete(self, call: Call, record: Allocation) -> webob.Response:
        """``DELETE /v1/allocations/{allocation}``"""
        conductor = call.conductors.any()
        if record.node_id is not None:
            conductor = call.conductors.of(Node.get_by_id(call.context, record.node_id))
        with request_notifications.request(record, "delete"):
            conductor.destroy_allocation(call.context, record.uuid)
        return call.empty(204)


RECORDS = _Allocations(
    ALLOCATION,
    Allocation,
    rules="allocation",
    variable="allocation",
    ident="allocation_ident",
)


def of_node(call: Call, ident: str, *rules: str) -> Allocation:
    """Return the allocation of a node; raises as ``RECORDS.find``."""
    try:
        node = record_access.node(call, ident)
    except exception.NodeNotFound as exc:
        # Ironic's 404 is about the allocation. Clients that may not see all nodes must not learn which nodes exist.
        if access.is_unrestricted(call.context):
            raise exception.Invalid(exc.message) from None
        raise
    missing = exception.AllocationNotFound(f"Allocation for node {ident} was not found.")
    try:
        allocation = Allocation.get_by_node_id(call.context, node.id)
    except exception.AllocationNotFound:
        raise missing from None
    _authorize(call, allocation, rules, missing)
    return allocation


def _authorize(
    call: Call,
    allocation: Allocation,
    rules: tuple[str, ...],
    unseen: exception.AllocationNotFound,
) -> None:
    target = access.of_owner("allocation", allocation.owner)
    if not access.allows(call.context, _SEE, target):
        raise unseen
    for rule in rules:
        access.authorize(call.context, rule, target)


def _owner(call: Call, owner: str | None) -> str | None:
    """Return the owner of a new allocation: by default the client's project.

    :raises HTTPForbidden: the client may not create allocations of another owner.
    """
    if call.context.system_scope == "all" or owner == call.context.project_id:
        return owner
    if owner is None:
        return call.context.project_id
    access.authorize(call.context, _FOR_OTHERS)
    return owner


def _candidates(call: Call, idents: list[str]) -> list[str]:
    """Return the UUIDs of an allocation's candidate nodes.

    :raises Invalid: a node does not exist, or the client may not see it.
    """
    named = [ident for ident in idents if not types.is_uuid(ident)]
    wanted = [types.UUID.check(ident) for ident in idents if types.is_uuid(ident)]
    missing = []
    if wanted:
        columns = ("uuid", "owner", "lessee")
        rows = Node.rows(call.context, columns, filters={"uuid_in": wanted})
        found = {row["uuid"] for row in rows if _may_see(call, row["owner"], row["lessee"])}
        missing = [uuid for uuid in wanted if uuid not in found]
    uuids = {}
    for name in named:
        try:
            uuids[name] = record_access.named_node(call.context, name).uuid
        except exception.NodeNotFound:
            missing.append(name)
    if missing:
        raise exception.Invalid(f"Nodes cannot be found: {', '.join(missing)}")
    resolved = (uuids.get(ident) or types.UUID.check(ident) for ident in idents)
    return list(dict.fromkeys(resolved))


def _may_see(call: Call, owner: str | None, lessee: str | None) -> bool:
    return access.allows(call.context, "baremetal:node:get", access.of_node(owner, lessee))


def _to_backfill(call: Call, values: dict[str, Any]) -> Node | None:
    """Return the node of a backfill, or None; set the allocation's UUID and resource class in ``values`` from the node.

    :raises Invalid: there is no such node that the client may see, or the allocation's UUID is not that of
        the node's instance.
    """
    ident = values.pop("node", None)
    if ident is None:
        return None
    node = concurrent_changes.named_node(call.context, ident)
    if node.instance_uuid is not None:
        if values.get("uuid") not in (None, node.instance_uuid):
            raise exception.Invalid(
                f"Node {node.uuid} has the instance {node.instance_uuid}; the UUID of its allocation has to be "
                "the same."
            )
        values["uuid"] = node.instance_uuid
    if values.get("resource_class") is None:
        values["resource_class"] = node.resource_class
    return node
