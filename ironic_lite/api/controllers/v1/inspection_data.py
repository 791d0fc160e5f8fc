# SPDX-License-Identifier: Apache-2.0
"""Inspection data from the ramdisk of a server. The route needs no authentication, as lookup and heartbeat."""

import contextlib
from typing import Any

import webob
from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.api import bodies, forms, inventories, replies, schemas, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import ramdisk, unknown_servers
from ironic_lite.api.controllers.v1.route_access import allowed
from ironic_lite.api.forms import Early, Form
from ironic_lite.common import exception, operations, ramdisk_archive, states
from ironic_lite.common.operations import provision_states
from ironic_lite.conf import CONF
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


@allowed(
    "driver:ipa_continue_inspection",
    Form(
        query={"node_uuid": types.UUID, "system_uuid": types.TEXT},
        body=forms.Unread(DATA),
        most="max_inspection_body_size",
        since=SINCE,
        early=Early.HANDLED,
        status=202,
        reply=replies.LOOKUP,
    ),
)
def receive(
    call: Call, node_uuid: str | None = None, system_uuid: str | None = None
) -> webob.Response:
    """``POST /v1/continue_inspection``: the inventory of the server, and other data that the ramdisk collected.

    Invalid parts of the data are dropped. If all of it is invalid and identifies a node, the node's inspection fails at
    once, because the ramdisk would only send the same again. Ramdisks that send a version header get the reply of a
    lookup.
    """
    try:
        data = dict(DATA.check(call.agents_document()))
        if not _takes_version(call, node_uuid):
            raise exception.NotFound(f"API version 1.{SINCE} or newer is required")
        logs = _taken_logs(call, data)
    except exception.Invalid as exc:
        if exc.code in _OF_DATA and _takes_version(call, node_uuid):
            _fail(call, node_uuid, exc.message)
        raise
    inventory = inventories.clean(data.pop("inventory"))
    data = inventories.clean_extra(data)
    for name in (ReceivedInventory.UNUSABLE, ramdisk_archive.KEY):
        data.pop(name, None)
    if logs is not None:
        data[ramdisk_archive.KEY] = logs
    try:
        node = _find(call, node_uuid, _macs(inventory), _bmcs(inventory))
    except exception.NotFound:
        if node_uuid is not None or not CONF.auto_discovery.enabled:
            raise
        node = unknown_servers.enrol(call, inventory, data, system_uuid)
        return call.reply(_answer(call, node), 202)
    # The data may end the inspection, after which the node expects no agent and gives out no token.
    answer = _answer(call, node)
    _hand_over(call, node, inventory, data)
    return call.reply(answer, 202)


def _answer(call: Call, node: Node) -> dict[str, Any]:
    return {"uuid": node.uuid} if call.minor < SINCE else ramdisk.introduce(call, node)


def _takes_version(call: Call, node_uuid: str | None) -> bool:
    return call.minor >= SINCE or (call.minor == _OLD_RAMDISKS and node_uuid is None)


def _fail(call: Call, node_uuid: str | None, reason: str) -> None:
    """Let the inspection fail, if the invalid data still identifies a node under inspection.

    :raises Conflict: the node's server is not booted for the inspection yet.
    """
    macs, bmcs = inventories.salvage(call.request.environ.get(bodies.WHOLE, b""))
    with contextlib.suppress(exception.NotFound, exception.InvalidParameterValue):
        node = _find(call, node_uuid, macs, bmcs)
        LOG.warning("Node %s: its inspection data cannot be used: %s", node.uuid, reason)
        _hand_over(call, node, {}, {ReceivedInventory.UNUSABLE: reason})


def _hand_over(call: Call, node: Node, inventory: dict[str, Any], data: dict[str, Any]) -> None:
    """Send the data to the node's conductor, or store it until the conductor can take it.

    The ramdisk retries for half a minute only. Another conductor may take longer to replace a dead one, and a BMC may
    take longer to report that its server is on.
    """
    if node.provision_state == states.INSPECTING:
        LOG.info(
            "Node %s: its inspection data comes before it is waited for, and is kept", node.uuid
        )
        _keep(call, node, inventory, data)
        # The conductor reads the stored data when its wait begins, which may have been before it was stored.
        if Node.get_by_uuid(call.context, node.uuid).provision_state != states.INSPECTWAIT:
            return
    try:
        call.conductors.of(node).continue_inspection(call.context, node.uuid, inventory, data)
    except (exception.TemporaryFailure, exception.NodeLocked) as exc:
        LOG.warning("Node %s: its inspection data is kept for its conductor: %s", node.uuid, exc)
        _keep(call, node, inventory, data)
    except exception.NotFound:
        # If the data was stored, the conductor has used it since, or the inspection was aborted.
        if node.provision_state != states.INSPECTING:
            raise


def _keep(call: Call, node: Node, inventory: dict[str, Any], data: dict[str, Any]) -> None:
    # Nobody can take the logs now, and they are too large to be stored with the data.
    rest = {name: value for name, value in data.items() if name != ramdisk_archive.KEY}
    received = ReceivedInventory(
        call.context, node_id=node.id, inventory_data=inventory, plugin_data=rest
    )
    received.create()


def _taken_logs(call: Call, data: dict[str, Any]) -> str | None:
    """Take the ramdisk's logs out of the data; return them if the conductor may keep them.

    :raises Invalid: the rest is too large for the message bus and the database.
    """
    logs = data.pop("logs", None)
    rest = len(call.body()) - (len(logs) if isinstance(logs, str) else 0)
    if rest > _MAX_DATA:
        raise exception.Invalid(
            f"The inventory is too large: at most {_MAX_DATA} bytes are accepted, without logs.",
            code=413,
        )
    if not isinstance(logs, str) or not logs:
        return None
    if len(logs) > ramdisk_archive.MOST_SENT:
        LOG.warning("Logs of %d characters came with inspection data; they are dropped", len(logs))
        return None
    return logs


def _macs(inventory: dict[str, Any]) -> list[str]:
    reported = (nic["mac_address"] for nic in inventory["interfaces"])
    return [mac.lower() for mac in reported if types.is_mac(mac)]


def _bmcs(inventory: dict[str, Any]) -> set[str]:
    return {inventory[key] for key in ("bmc_address", "bmc_v6address") if inventory.get(key)}


def _find(call: Call, node_uuid: str | None, macs: list[str], bmcs: set[str]) -> Node:
    """Return the node that the data is from, if it is under inspection.

    :raises NotFound: for all other nodes too, because the route is open to everybody.
    :raises Conflict: the server is not booted for the inspection yet, so the data is from an earlier ramdisk.
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
    """:raises NotFound: there is no such node, or the MAC addresses are those of another."""
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
    # A node whose MAC addresses are not known before its inspection is found by the address of its BMC.
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
