# SPDX-License-Identifier: Apache-2.0
"""What a ramdisk has found on a server that is being inspected. Without authentication, as lookup and heartbeat."""

import contextlib
from typing import Any

import webob
from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.api import access, bodies, inventories, schemas, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import ramdisk
from ironic_lite.common import exception, operations, states
from ironic_lite.common.operations import provision_states
from ironic_lite.objects.node import Node
from ironic_lite.objects.node_records import ReceivedInventory

LOG = log.getLogger(__name__)

SINCE = 84
_MAX_DATA = 4 * 1024 * 1024
_OF_DATA = (400, 413)
"""What is said of data that will be the same when it is sent again."""
_OLD_RAMDISKS = 1
"""They send no version at all."""

DATA = schemas.Body(
    "data",
    {
        "type": "object",
        "properties": {
            "inventory": {
                "type": "object",
                "properties": {
                    "interfaces": {
                        "type": "array",
                        "minItems": 1,
                        "maxItems": inventories.MAX_INTERFACES,
                    },
                },
                "required": ["interfaces"],
            }
        },
        "required": ["inventory"],
    },
)


def receive(call: Call) -> webob.Response:
    """``POST /v1/continue_inspection``: the inventory of the server, and what else the ramdisk collected.

    What cannot be used of it is left out. Where nothing can be used and the node is known, its inspection fails at
    once: no ramdisk will send it anything else. Ramdisks that send a version are told what a lookup would tell them.
    """
    access.authorize(call.context, "baremetal:driver:ipa_continue_inspection")
    query = call.query()
    try:
        data = dict(DATA.check(call.agents_document()))
        if not _takes_version(call, query):
            raise exception.NotFound(f"API version 1.{SINCE} or newer is required")
        _leave_out_logs(call, data)
    except exception.Invalid as exc:
        if exc.code in _OF_DATA and _takes_version(call, query):
            _fail(call, query, exc.message)
        raise
    inventory = inventories.clean(data.pop("inventory"))
    data = inventories.clean_extra(data)
    data.pop(ReceivedInventory.UNUSABLE, None)
    node = _find(call, query.get("node_uuid"), _macs(inventory), _bmcs(inventory))
    # Before the data is handed over: the inspection may end, and with it the time for a token.
    answer = {"uuid": node.uuid} if call.minor < SINCE else ramdisk.introduce(call, node)
    _hand_over(call, node, inventory, data)
    return call.reply(answer, 202)


def _takes_version(call: Call, query: dict[str, Any]) -> bool:
    return call.minor >= SINCE or (call.minor == _OLD_RAMDISKS and "node_uuid" not in query)


def _fail(call: Call, query: dict[str, Any], reason: str) -> None:
    """End the inspection of the node whose data cannot be used, where it tells whose it is.

    :raises Conflict: its server is not booted for the inspection yet.
    """
    macs, bmcs = inventories.salvage(call.request.environ.get(bodies.WHOLE, b""))
    with contextlib.suppress(exception.NotFound, exception.InvalidParameterValue):
        node = _find(call, query.get("node_uuid"), macs, bmcs)
        LOG.warning("Node %s: its inspection data cannot be used: %s", node.uuid, reason)
        _hand_over(call, node, {}, {ReceivedInventory.UNUSABLE: reason})


def _hand_over(call: Call, node: Node, inventory: dict[str, Any], data: dict[str, Any]) -> None:
    """Give the data to the node's conductor, or keep it: the ramdisk tries for half a minute only.

    A conductor may be dead for longer before others know, and a BMC may take longer to tell that its server is on.
    """
    if node.provision_state == states.INSPECTING:
        LOG.info(
            "Node %s: its inspection data comes before it is waited for, and is kept", node.uuid
        )
        _keep(call, node, inventory, data)
        # Its conductor looks for it when the wait begins. It may have begun meanwhile.
        if Node.get_by_uuid(call.context, node.uuid).provision_state != states.INSPECTWAIT:
            return
    try:
        call.conductors.of(node).continue_inspection(call.context, node.uuid, inventory, data)
    except (exception.TemporaryFailure, exception.NodeLocked) as exc:
        LOG.warning("Node %s: its inspection data is kept for its conductor: %s", node.uuid, exc)
        _keep(call, node, inventory, data)
    except exception.NotFound:
        # The wait has ended, by the data that was kept or otherwise.
        if node.provision_state != states.INSPECTING:
            raise


def _keep(call: Call, node: Node, inventory: dict[str, Any], data: dict[str, Any]) -> None:
    received = ReceivedInventory(
        call.context, node_id=node.id, inventory_data=inventory, plugin_data=data
    )
    received.create()


def _leave_out_logs(call: Call, data: dict[str, Any]) -> None:
    """Drop what nobody reads, before it goes over the message bus and into the database.

    :raises Invalid: the rest is too large for both.
    """
    logs = data.pop("logs", None)
    rest = len(call.body()) - (len(logs) if isinstance(logs, str) else 0)
    if rest > _MAX_DATA:
        raise exception.Invalid(
            f"The inventory is too large: at most {_MAX_DATA} bytes are accepted, without logs.",
            code=413,
        )


def _macs(inventory: dict[str, Any]) -> list[str]:
    told = (nic["mac_address"] for nic in inventory["interfaces"])
    return [mac.lower() for mac in told if types.is_mac(mac)]


def _bmcs(inventory: dict[str, Any]) -> set[str]:
    return {inventory[key] for key in ("bmc_address", "bmc_v6address") if inventory.get(key)}


def _find(call: Call, node_uuid: str | None, macs: list[str], bmcs: set[str]) -> Node:
    """The node, if it waits for such data or is about to. Nobody learns more than that: the route is open to all.

    :raises NotFound:
    :raises Conflict: its server is not booted for the inspection yet, so this is what ran there before.
    """
    if not (node_uuid or macs or bmcs):
        raise exception.InvalidParameterValue("No lookup information provided")
    try:
        node = _by_uuid(call, node_uuid, macs) if node_uuid else _by_hardware(call, macs, bmcs)
    except exception.NotFound:
        raise exception.NotFound() from None
    if not provision_states.is_in(node.provision_state, operations.INSPECTION):
        raise exception.NotFound()
    if node.provision_state == states.INSPECTING and not _is_booted(node):
        raise exception.Conflict("The inspection does not wait for its data yet; try again.")
    return node


def _is_booted(node: Node) -> bool:
    """Whether the running inspection has changed the server's power."""
    (internal,) = node.as_row(("driver_internal_info",)).values()
    changed, began = internal.get("last_power_state_change"), node.inspection_started_at
    if not changed or began is None:
        return False
    return timeutils.parse_isotime(changed) >= began


def _by_uuid(call: Call, node_uuid: str, macs: list[str]) -> Node:
    """:raises NodeNotFound: also when the MAC addresses are those of another node."""
    if macs:
        with contextlib.suppress(exception.NodeNotFound):
            return Node.get_by_port_addresses(call.context, macs, node_uuid)
        with contextlib.suppress(exception.NodeNotFound):
            Node.get_by_port_addresses(call.context, macs)
            raise exception.NotFound()
    return Node.get_by_uuid(call.context, node_uuid)


def _by_hardware(call: Call, macs: list[str], bmcs: set[str]) -> Node:
    if macs:
        try:
            return Node.get_by_port_addresses(call.context, macs)
        except exception.NodeNotFound:
            if not bmcs:
                raise
    # A server may be inspected to find out its MAC addresses; then its BMC tells which one it is.
    inspected = provision_states.names_in(operations.INSPECTION)
    waiting = Node.rows(
        call.context, ("uuid", "driver_info"), filters={"provision_state_in": inspected}
    )
    found = [row["uuid"] for row in waiting if bmcs & _addresses(row["driver_info"])]
    if len(found) != 1:
        raise exception.NodeNotFound(node=", ".join(sorted(bmcs)))
    return Node.get_by_uuid(call.context, found[0])


def _addresses(driver_info: dict[str, Any]) -> set[str]:
    return {
        value
        for key, value in driver_info.items()
        if key.endswith("_address") and isinstance(value, str)
    }
