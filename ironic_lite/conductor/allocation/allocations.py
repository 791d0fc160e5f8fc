# SPDX-License-Identifier: Apache-2.0
"""Finds nodes for allocations.

The search runs on the worker pool. The first conductor that takes a node wins: one transaction checks the node and the
allocation again and writes both, and a failure is recorded only while the allocation still waits. So two conductors may
search for the same allocation, as can happen when one takes over from another.
"""

import random
import threading
import time
from typing import Any

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception, states
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.allocation import mismatches
from ironic_lite.conductor.cluster import identity
from ironic_lite.conf import CONF
from ironic_lite.objects.allocation import ALLOCATING, Allocation
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

Context = ironic_context.RequestContext

_searching: set[int] = set()
_guard = threading.Lock()


def request(context: Context, allocation: Allocation) -> Allocation:
    """See ``AllocationCalls.create_allocation``. When the pool is full, nothing is stored."""
    with identity.current().workers.claim() as slot:
        _make_ours(context, allocation)
        allocation.create()
    slot.run(search, context, allocation.id)
    return allocation


def _make_ours(context: Context, allocation: Allocation) -> None:
    me = Conductor.get_by_hostname(context, identity.current().host)
    allocation.conductor_affinity = me.id
    allocation.state = ALLOCATING


def resume(context: Context, allocation_id: int, conductor_id: int) -> None:
    """Resume a search that its conductor did not finish.

    :param conductor_id: id of this conductor, which gets the allocation.
    :raises NoFreeConductorWorker: when the pool is full.
    """
    with identity.current().workers.claim() as slot:
        allocation = Allocation.get(context, allocation_id)
        if allocation.conductor_affinity != conductor_id:
            allocation.conductor_affinity = conductor_id
            allocation.save()
    slot.run(search, context, allocation_id)


def search(context: Context, allocation_id: int) -> None:
    """Find a node for the allocation. If there is none, write the reason to ``last_error``.

    It returns at once if another worker of this process searches for the same allocation.
    """
    with _guard:
        if allocation_id in _searching:
            return
        _searching.add(allocation_id)
    try:
        allocation = Allocation.get(context, allocation_id)
        if allocation.state == ALLOCATING:
            _search(context, allocation)
    except exception.AllocationNotFound:
        LOG.info("Allocation %s was deleted during the search for its node", allocation_id)
    finally:
        with _guard:
            _searching.discard(allocation_id)


def _search(context: Context, allocation: Allocation) -> None:
    try:
        node_uuid = _take_one(context, allocation)
    except exception.AllocationFailed as exc:
        if allocation.fail(exc.message):
            LOG.error("%s", exc.message)
        return
    LOG.info("Allocation %s has node %s", allocation.uuid, node_uuid)


def _take_one(context: Context, allocation: Allocation) -> str:
    """Give the allocation one of the nodes that fit; retry locked ones for a while.

    :returns: the UUID of the node.
    :raises AllocationFailed: no node fits, or all that do stay locked.
    """
    for attempt in range(1 + CONF.conductor.node_locked_retry_attempts):
        if attempt:
            time.sleep(CONF.conductor.node_locked_retry_interval)
        locked = False
        for node_uuid in _candidates(context, allocation):
            try:
                if _take(context, allocation, node_uuid):
                    return node_uuid
            except exception.NodeLocked:
                locked = True
        if not locked:
            raise _failure(allocation, "other allocations took all nodes that fit in the meantime")
    raise _failure(allocation, "all nodes that fit are locked by other operations")


def _filters(allocation: Allocation) -> dict[str, Any]:
    filters: dict[str, Any] = {
        "resource_class": allocation.resource_class,
        "provision_state": states.AVAILABLE,
        "associated": False,
        "powered": True,
        "maintenance": False,
        "retired": False,
    }
    if allocation.owner is not None:
        filters["project"] = allocation.owner
    if allocation.candidate_nodes:
        filters["uuid_in"] = allocation.candidate_nodes
    if allocation.traits:
        filters["with_traits"] = allocation.traits
    return filters


def _candidates(context: Context, allocation: Allocation) -> list[str]:
    """UUIDs of the nodes that fit: first the node with the allocation's name, the others in random order.

    :raises AllocationFailed: there are none.
    """
    rows = Node.rows(context, ("uuid", "name"), filters=_filters(allocation))
    if not rows:
        raise _failure(allocation, mismatches.explain(context, allocation))
    found = list(rows)
    random.shuffle(found)
    if allocation.name is not None:
        found.sort(key=lambda row: row["name"] != allocation.name)
    return [row["uuid"] for row in found]


def _take(context: Context, allocation: Allocation, node_uuid: str) -> bool:
    """Give the node to the allocation, if it still fits once it is locked; False when it does not.

    :raises NodeLocked: when another task has the node locked.
    """
    purpose = f"allocation {allocation.uuid}"
    try:
        with task_manager.acquire(context, node_uuid, purpose=purpose, retry=False) as task:
            wanted = {**_filters(allocation), "uuid_in": [node_uuid]}
            if not Node.rows(context, ("uuid",), filters=wanted):
                return False
            allocation.take(task.node)
    except exception.InstanceAssociated as exc:
        raise _failure(allocation, exc.message) from None
    except (exception.NodeNotFound, exception.NodeAssociated, exception.NodeLockLost) as exc:
        LOG.debug("Node %s is gone for allocation %s: %s", node_uuid, allocation.uuid, exc.message)
        return False
    return True


def backfill(context: Context, allocation: Allocation, node_ident: str) -> Allocation:
    """Store an allocation for an instance that is on a node already; see ``AllocationCalls.create_allocation``."""
    with task_manager.acquire(context, node_ident, purpose="allocation backfilling") as task:
        problem = _misfit(allocation, task.node)
        if problem is not None:
            raise _failure(allocation, f"node {task.node.uuid} cannot be its node: {problem}")
        if not allocation.obj_attr_is_set("uuid") and task.node.instance_uuid is not None:
            allocation.uuid = task.node.instance_uuid
        _make_ours(context, allocation)
        allocation.create_with(task.node)
    return allocation


def _misfit(allocation: Allocation, node: Node) -> str | None:
    if node.provision_state != states.ACTIVE:
        return f"it is '{node.provision_state}', not '{states.ACTIVE}'"
    if allocation.resource_class != node.resource_class:
        return f"its resource class is {node.resource_class}, not {allocation.resource_class}"
    missing = sorted(set(allocation.traits or ()) - set(node.traits))
    if missing:
        return f"it does not have the traits {', '.join(missing)}"
    if allocation.candidate_nodes and node.uuid not in allocation.candidate_nodes:
        return "it is not one of the candidate nodes"
    if allocation.owner is not None and allocation.owner not in (node.owner, node.lessee):
        return f"it neither belongs nor is leased to {allocation.owner}"
    return None


def _failure(allocation: Allocation, reason: str) -> exception.AllocationFailed:
    uuid = allocation.uuid if allocation.obj_attr_is_set("uuid") else "of a node"
    return exception.AllocationFailed(uuid=uuid, error=reason, code=400)


def destroy(context: Context, allocation_id: str) -> None:
    """See ``AllocationCalls.destroy_allocation``."""
    allocation = Allocation.get(context, allocation_id)
    if allocation.node_id is None:
        allocation.destroy()
        return
    purpose = "allocation deletion"
    with task_manager.acquire(context, allocation.node_id, purpose=purpose) as task:
        node = task.node
        if provision_states.state(node.provision_state).carries_instance and not node.maintenance:
            raise exception.InvalidState(
                f"Cannot remove allocation {allocation.uuid}: its node {node.uuid} is '{node.provision_state}'. "
                "Undeploy the node, which removes the allocation too, or put it under maintenance first."
            )
        task.ensure_locked()
        allocation.destroy()


def release(context: Context, node: Node) -> None:
    """Delete the allocation of a locked node that loses its instance, if it has one."""
    if node.allocation_uuid is None:
        return
    try:
        Allocation.get(context, node.allocation_uuid).destroy()
    except exception.AllocationNotFound:
        LOG.debug("Node %s: its allocation is gone already", node.uuid)
