# SPDX-License-Identifier: Apache-2.0
"""The routes for agents, without authentication: lookup of the agent's node, and heartbeat."""

import hmac
from typing import Any
from urllib.parse import urlsplit

import webob
from oslo_log import log

from ironic_lite.api import replies, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import allowed
from ironic_lite.api.forms import Form
from ironic_lite.api.resources.node import NODE
from ironic_lite.api.resources.resource import DETAIL
from ironic_lite.common import agent_token, boot_stages, discovery, exception, redaction
from ironic_lite.common import journal as terms
from ironic_lite.common.operations import provision_states
from ironic_lite.conf import CONF
from ironic_lite.objects import boot_notes
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

_TOKEN_SINCE = 62
_SHOWN = ("uuid", "properties", "instance_info", "driver_internal_info", "links")

_AGENT_STATUSES = ("start", "end", "error")
_ARGUMENT_SINCE = {"agent_version": 36, "agent_verify_ca": 68}
_STATUS_SINCE = 72

_HEARTBEAT: dict[str, types.Kind] = {
    "callback_url": types.Text(2048),
    "agent_version": types.Text(64),
    "agent_token": types.Secret(),
    "agent_verify_ca": types.Text(64 * 1024),
    "agent_status": types.TEXT,
    "agent_status_message": types.Text(4096),
}
HEARTBEAT = types.body_class("Heartbeat", _HEARTBEAT, mandatory=["callback_url"])
NAMED_HEARTBEAT = types.body_class(
    "NamedHeartbeat",
    {**_HEARTBEAT, "node_ident": types.TEXT},
    mandatory=["callback_url", "node_ident"],
)


@allowed(
    "driver:ipa_lookup",
    Form(query={"addresses": types.CSV, "node_uuid": types.UUID}, reply=replies.LOOKUP),
)
def lookup(
    call: Call, addresses: list[str] | None = None, node_uuid: str | None = None
) -> webob.Response:
    """``GET /v1/lookup``: the agent's node, and once per boot, the agent's token."""
    macs = [mac.lower() for mac in addresses or () if types.is_mac(mac)]
    if not macs and not node_uuid:
        raise exception.InvalidParameterValue(
            "At least one of 'addresses' and 'node_uuid' parameters is required"
        )
    node = _find(call, macs, node_uuid)
    return call.reply(introduce(call, node))


def introduce(call: Call, node: Node) -> dict[str, Any]:
    """Return an agent's node, and the configuration of the agent with its token.

    :raises NotFound: the node does not expect an agent any more.
    """
    token = None
    if call.minor >= _TOKEN_SINCE:
        conductor = call.conductors.of(node)
        try:
            node = conductor.get_node_for_agent(call.context, node.uuid)
        except exception.NodeNotFound:
            raise exception.NotFound() from None
        token = _new_token(call, node)
    serialise = NODE.serialiser(call.minor, _SHOWN, DETAIL)
    return {"node": call.serialised(node, serialise), "config": _config(token)}


def _new_token(call: Call, node: Node) -> str:
    """Return the token of this boot to the first client; others get the placeholder for a token that is given out.

    This is the last step of a lookup: if a later one failed, the token would be lost.
    """
    address = call.request.remote_addr or ""
    token = agent_token.new(address)
    if Node.claim_agent_token(call.context, node.id, token):
        LOG.info("Node %s: its agent has asked for its token", node.uuid)
        boot_notes.note(
            call.context, node.id, boot_stages.LOOKUP.name, terms.DONE, f"from {address}"
        )
        return token
    now = Node.get_by_uuid(call.context, node.uuid)
    claimed = now.agent_secret_token
    if not claimed or not agent_token.is_given_to(claimed, address):
        LOG.warning("Node %s: a second agent asks for the token of this boot", node.uuid)
        refusal = f"the token of this boot was given out before; {address} did not get it"
        boot_notes.note(call.context, node.id, boot_stages.LOOKUP.name, terms.FAILED, refusal)
        return redaction.MASK
    if now.agent_last_heartbeat is not None or now.target_power_state is not None:
        # An agent repeats its lookup before it writes an image, and keeps its token. If its server has rebooted
        # instead, the conductor finds that the earlier agent is gone.
        LOG.info("Node %s: its agent looks it up again", node.uuid)
        return redaction.MASK
    # No heartbeat has used the token yet: the reply with it may have been lost.
    LOG.info("Node %s: its agent has asked for its token again", node.uuid)
    return claimed


def _find(call: Call, macs: list[str], node_uuid: str | None) -> Node:
    """Return the node, if it expects an agent.

    :raises NotFound: for all other nodes too, because the route is open to everybody.
    """
    try:
        if node_uuid:
            node = Node.get_by_uuid(call.context, node_uuid)
        else:
            node = Node.get_by_port_addresses(call.context, macs)
    except exception.NotFound:
        raise exception.NotFound() from None
    # With fast track, agents of idle nodes may look up too; the conductor decides for which nodes.
    if (
        CONF.api.restrict_lookup
        and not (CONF.deploy.fast_track or _has_fast_track(node))
        and not provision_states.expects_agent(node.provision_state)
        and not _was_discovered_by(node)
    ):
        raise exception.NotFound()
    return node


def _has_fast_track(node: Node) -> bool:
    # The setting is not secret, so this reads driver_info without decrypting it.
    (driver_info,) = node.as_row(("driver_info",)).values()
    return bool(driver_info.get("fast_track"))


def _was_discovered_by(node: Node) -> bool:
    """Whether the agent that has inspected an unknown server is to call once more, so that it can be ended."""
    (internal,) = node.as_row(("driver_internal_info",)).values()
    return discovery.ends_agent(internal)


def _config(token: str | None) -> dict[str, Any]:
    return {
        "metrics": {},
        "metrics_statsd": {},
        "heartbeat_timeout": CONF.api.ramdisk_heartbeat_timeout,
        "agent_token": token,
        "agent_token_required": True,
        "agent_md5_checksum_enable": False,
        "enable_bios_bootloader_install": CONF.agent.enable_bios_bootloader_install,
    }


@allowed("node:ipa_heartbeat", Form(body=HEARTBEAT, status=202))
def heartbeat(call: Call, node: str, **arguments: Any) -> webob.Response:
    """``POST /v1/heartbeat/{node}``: an agent is alive, and its API is at ``callback_url``."""
    return _heartbeat(call, node, arguments)


@allowed("node:ipa_heartbeat", Form(body=NAMED_HEARTBEAT, status=202))
def heartbeat_of_named(call: Call, node_ident: str | None, **arguments: Any) -> webob.Response:
    """``POST /v1/heartbeat``: the same with the node in the body."""
    return _heartbeat(call, node_ident or "", arguments)


def _heartbeat(call: Call, ident: str, arguments: dict[str, Any]) -> webob.Response:
    _check_versions(call.minor, arguments)
    callback_url = arguments["callback_url"]
    if not _is_url(callback_url):
        raise exception.Invalid('An issue with the supplied "callback_url" has been detected.')
    token = arguments.get("agent_token")
    if not token:
        raise exception.InvalidParameterValue("Agent token is required for heartbeat processing.")
    node = _called_with(call, ident, token)
    try:
        call.conductors.of(node).heartbeat(
            call.context,
            node.uuid,
            callback_url,
            arguments.get("agent_version") or "",
            token,
            agent_verify_ca=arguments.get("agent_verify_ca"),
            agent_status=arguments.get("agent_status"),
            agent_status_message=arguments.get("agent_status_message"),
        )
    except exception.InvalidAgentToken:
        raise exception.HeartbeatRefused(node=ident) from None
    return call.empty(202)


def _called_with(call: Call, ident: str, token: str) -> Node:
    """Return the node with this UUID, if the token is that of its agent.

    :raises HeartbeatRefused: the node does not exist, or the token is wrong. The route is open to everybody, so the
        error is the same for both.
    """
    refused = exception.HeartbeatRefused(node=ident[:64])
    if not types.is_uuid(ident):
        raise refused
    try:
        node = Node.get_by_uuid(call.context, ident)
    except exception.NodeNotFound:
        raise refused from None
    known = node.agent_secret_token or ""
    if not hmac.compare_digest(_bytes(known), _bytes(token)):
        LOG.info("Node %s: a heartbeat came without the token of this boot's agent", node.uuid)
        raise refused
    return node


def _bytes(text: str) -> bytes:
    return text.encode(errors="surrogatepass")


def _check_versions(minor: int, arguments: dict[str, Any]) -> None:
    for name, since in _ARGUMENT_SINCE.items():
        if arguments.get(name) is not None and minor < since:
            raise exception.InvalidParameterValue(f'Field "{name}" not recognised.')
    status = arguments.get("agent_status")
    message = arguments.get("agent_status_message")
    if (status is not None or message is not None) and minor < _STATUS_SINCE:
        raise exception.InvalidParameterValue(
            'Fields "agent_status" and "agent_status_message" not recognised.'
        )
    if status is not None and status not in _AGENT_STATUSES:
        raise exception.InvalidParameterValue(
            f"Agent status is invalid. Valid states are {','.join(_AGENT_STATUSES)}."
        )


def _is_url(url: str | None) -> bool:
    if not url or any(ord(char) <= 32 for char in url):
        return False
    try:
        parts = urlsplit(url)
        return parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        return False
