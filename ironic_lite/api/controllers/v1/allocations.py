# SPDX-License-Identifier: Apache-2.0
"""Allocations: list, create, show, change, delete; and the allocation of one node."""

from typing import Any

import webob

from ironic_lite.api import access, filters, paging, request_notifications, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import concurrent_changes, record_access
from ironic_lite.api.resources.allocation import ALLOCATION
from ironic_lite.api.resources.fields import DETAIL
from ironic_lite.api.routing import MethodNotAllowed
from ironic_lite.common import exception
from ironic_lite.objects.allocation import Allocation
from ironic_lite.objects.node import Node

UPDATE_SINCE = 57


def index(call: Call) -> webob.Response:
    """``GET /v1/allocations``"""
    own = access.listing(call.context, "allocation")
    query = call.query()
    serialise = paging.serialiser(call, query, ALLOCATION, DETAIL)
    wanted = paging.page(query, ALLOCATION, call.minor)
    narrowed = filters.check(query, call.form.query, call.minor)
    access.narrow(narrowed, own, "owner")
    if "node" in narrowed:
        narrowed["node_id"] = concurrent_changes.named_node(call.context, narrowed.pop("node")).id
    rows = paging.rows(call, Allocation.rows, serialise, wanted, narrowed)
    return paging.reply(call, ALLOCATION, rows, serialise, wanted, "allocations")


def show(call: Call, ident: str) -> webob.Response:
    """``GET /v1/allocations/{allocation}``"""
    query = call.query()
    serialise = paging.serialiser(call, query, ALLOCATION, DETAIL)
    allocation = _find(call, ident, "baremetal:allocation:get")
    return call.reply(record_access.show(call, allocation, serialise))


def create(call: Call) -> webob.Response:
    """``POST /v1/allocations``: a conductor looks for a node in the background.

    With ``node`` (backfill) the allocation is for the instance that this node already has, and becomes active at once.
    """
    access.authorize(call.context, "baremetal:allocation:create")
    call.query()
    document = call.document()
    # Before its microversion this field is 400 (unknown) and not 406 as other fields are.
    if (
        call.minor < ALLOCATION.fields["node"].since
        and isinstance(document, dict)
        and "node" in document
    ):
        raise exception.InvalidParameterValue(
            "Schema error for allocation: Additional properties are not allowed ('node' was unexpected)"
        )
    values = call.new(document)
    record_access.check_name("allocation", values.get("name"))
    values["owner"] = _owner(call, values.get("owner"))
    values.setdefault("traits", [])
    values["candidate_nodes"] = _candidates(call, values.get("candidate_nodes", []))
    node = _to_backfill(call, values)
    if not values.get("resource_class"):
        raise exception.InvalidParameterValue(
            "The resource_class field is mandatory unless the allocation is for the instance of a node."
        )
    allocation = Allocation(call.context, **values)
    conductors = call.conductors
    conductor = conductors.of(node) if node else conductors.any()
    with request_notifications.request(allocation, "create"):
        created = conductor.create_allocation(call.context, allocation, node.uuid if node else None)
    return call.reply(_shown(call, created), 201, call.url(f"allocations/{created.uuid}"))


def _owner(call: Call, owner: str | None) -> str | None:
    """Return the owner of a new allocation: by default the client's project.

    :raises HTTPForbidden: the client may not create allocations of another owner.
    """
    if call.context.system_scope == "all" or owner == call.context.project_id:
        return owner
    if owner is None:
        return call.context.project_id
    access.authorize(call.context, "baremetal:allocation:create_restricted")
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


def update(call: Call, ident: str) -> webob.Response:
    """``PATCH /v1/allocations/{allocation}``"""
    if call.minor < UPDATE_SINCE:
        raise MethodNotAllowed(["DELETE", "GET"])
    allocation = _find(call, ident, "baremetal:allocation:update")
    call.query()
    operations = call.patch(call.document())
    concurrent_changes.patch(
        allocation,
        ALLOCATION,
        operations,
        lambda _before, changes: record_access.check_name("allocation", changes.get("name")),
    )
    return call.reply(_shown(call, allocation))


def delete(call: Call, ident: str) -> webob.Response:
    """``DELETE /v1/allocations/{allocation}``"""
    call.query()
    return _delete(call, _find(call, ident, "baremetal:allocation:delete"))


def _delete(call: Call, allocation: Allocation) -> webob.Response:
    conductor = call.conductors.any()
    if allocation.node_id is not None:
        conductor = call.conductors.of(Node.get_by_id(call.context, allocation.node_id))
    with request_notifications.request(allocation, "delete"):
        conductor.destroy_allocation(call.context, allocation.uuid)
    return call.empty(204)


def show_of_node(call: Call, ident: str) -> webob.Response:
    """``GET /v1/nodes/{node}/allocation``"""
    query = call.query()
    serialise = paging.serialiser(call, query, ALLOCATION, DETAIL)
    allocation = _of_node(call, ident, "baremetal:allocation:get")
    return call.reply(record_access.show(call, allocation, serialise))


def delete_of_node(call: Call, ident: str) -> webob.Response:
    """``DELETE /v1/nodes/{node}/allocation``"""
    call.query()
    return _delete(call, _of_node(call, ident, "baremetal:allocation:delete"))


def missing_ident(_call: Call) -> webob.Response:
    """PATCH and DELETE of the collection, which are errors."""
    raise exception.InvalidParameterValue("Missing mandatory parameter: allocation_ident")


def _of_node(call: Call, ident: str, rule: str) -> Allocation:
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
    _authorize(call, allocation, rule, missing)
    return allocation


def _find(call: Call, ident: str, rule: str) -> Allocation:
    """Return the allocation with this UUID or name, if ``rule`` is granted.

    :raises AllocationNotFound: also if the client may not see it.
    :raises Invalid: neither a UUID nor a name.
    :raises HTTPForbidden: the client may see the allocation, but ``rule`` is not granted.
    """
    record_access.check_ident("allocation_ident", ident)
    allocation = Allocation.get(call.context, ident)
    _authorize(call, allocation, rule, exception.AllocationNotFound(allocation=ident))
    return allocation


def _authorize(
    call: Call, allocation: Allocation, rule: str, unseen: exception.AllocationNotFound
) -> None:
    target = access.of_owner("allocation", allocation.owner)
    if not access.allows(call.context, "baremetal:allocation:get", target):
        raise unseen
    access.authorize(call.context, rule, target)


def _shown(call: Call, allocation: Allocation) -> dict[str, Any]:
    return record_access.show(call, allocation, ALLOCATION.serialiser(call.minor, None, DETAIL))
