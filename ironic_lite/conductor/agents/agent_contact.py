# SPDX-License-Identifier: Apache-2.0
"""Requests of agents: a lookup gives an agent its token, and heartbeats continue operations.

Both come from the server's network, which is not trusted. A token is given out once per boot, to the first lookup
for a node that expects an agent; every later request must carry it.
"""

import hmac

from oslo_log import log

from ironic_lite import objects
from ironic_lite.common import boot_stages, discovery, exception, redaction
from ironic_lite.common import context as ironic_context
from ironic_lite.common import journal as terms
from ironic_lite.common.operations import provision_states
from ironic_lite.common.outbound import OutboundError
from ironic_lite.common.outbound import url as outbound_url
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.operations import flows
from ironic_lite.conductor.operations.flows import discover
from ironic_lite.conf import CONF
from ironic_lite.drivers import fast_track
from ironic_lite.objects import boot_notes

LOG = log.getLogger(__name__)


def expected(context: ironic_context.RequestContext, node_id: int | str) -> objects.Node:
    """Return the node, without its token, if an agent may look it up now.

    :raises NodeNotFound: when there is no such node, or it expects no agent now, for example while its power changes.
        An agent that asks during a power change is about to end, and would take the token meant for the next agent.
    """
    node = objects.Node.get(context, node_id)
    unwanted = CONF.api.restrict_lookup and not _expects_agent(node)
    if unwanted or node.target_power_state is not None:
        raise exception.NodeNotFound(node=node.uuid)
    if node.agent_secret_token and node.agent_last_heartbeat is not None:
        # The lookup is from the agent that has the token, or from another one because the server was restarted.
        identity.current().watch(node.uuid, suspected=True)
    node.agent_secret_token = None
    return node


def heartbeat(
    context: ironic_context.RequestContext,
    node_id: int | str,
    callback_url: str,
    agent_version: str | None,
    agent_token: str | None,
    agent_verify_ca: str | None = None,
    agent_status: str | None = None,
    agent_status_message: str | None = None,
) -> None:
    """Record a heartbeat, and continue the operation that waits for it.

    The callback URL and the certificate of the first heartbeat are the only ones until the next boot.

    :param agent_status: the report of a ramdisk without commands: ``start``, ``end`` or ``error``.
    :param agent_version: any text; every agent with a token is new enough.
    :raises InvalidParameterValue: when the heartbeat is malformed or has no token.
    :raises InvalidAgentToken: when the token is not the node's.
    :raises NodeLocked: when the node waits for its agent but is locked; the agent repeats the heartbeat soon.
    :raises NoFreeConductorWorker: when no worker is free; the agent repeats the heartbeat soon.
    """
    if not agent_token:
        raise exception.InvalidParameterValue(
            err="Agent token is required for heartbeat processing."
        )
    node = objects.Node.get(context, node_id)
    _check_token(node, agent_token)
    _check_url(node, callback_url)
    _check_pinned(node, callback_url, agent_verify_ca)
    found = objects.Node.record_heartbeat(
        context, node.id, agent_token, callback_url, agent_version, agent_verify_ca
    )
    if found is None:
        raise exception.InvalidAgentToken(node=node.uuid)
    if node.agent_last_heartbeat is None:
        detail = f"agent {agent_version} at {callback_url}" if agent_version else callback_url
        boot_notes.note(context, node.id, boot_stages.HEARTBEAT.name, terms.DONE, detail)
    if agent_status:
        LOG.info("Node %s: ramdisk reports %s: %s", node.uuid, agent_status, agent_status_message)
    # The state is read after the heartbeat is on the record, and an engine that begins to wait reads the record after
    # it has saved the state. So one of the two always notices the other.
    if not provision_states.is_waiting(found["provision_state"]):
        if discovery.ends_agent(node.driver_internal_info):
            _end_discovery(context, node.id, agent_token)
        return
    if found["maintenance"]:
        LOG.info(
            "Node %s is under maintenance: its agent has sent a heartbeat, and waits", node.uuid
        )
        return
    _continue_operation(context, node.id, agent_token, agent_status, agent_status_message)


def _end_discovery(context: ironic_context.RequestContext, node_id: int, agent_token: str) -> None:
    with task_manager.acquire(context, node_id, purpose="the end of its discovery") as task:
        _check_token(task.node, agent_token)
        task.spawn_after(discover.end_agent, task)


def _continue_operation(
    context: ironic_context.RequestContext,
    node_id: int,
    agent_token: str,
    agent_status: str | None,
    agent_status_message: str | None,
) -> None:
    with task_manager.acquire(context, node_id, purpose="heartbeat") as task:
        # While this call waited for the lock, the node may have lost this agent and begun to wait for another.
        _check_token(task.node, agent_token)
        if agent_status == "error":
            reason = redaction.mask_text(agent_status_message or "no reason given")
            task.spawn_after(flows.fail, task, f"The ramdisk reports an error: {reason}")
        else:
            task.spawn_after(flows.resume, task)


def _expects_agent(node: objects.Node) -> bool:
    state = node.provision_state
    if provision_states.expects_agent(state) or discovery.ends_agent(node.driver_internal_info):
        return True
    return provision_states.state(state).idle_agent and fast_track.enabled(node)


def _check_token(node: objects.Node, given: str) -> None:
    known = node.agent_secret_token or ""
    if not known or not hmac.compare_digest(known.encode(), given.encode()):
        raise exception.InvalidAgentToken(node=node.uuid)


def _check_url(node: objects.Node, url: str) -> None:
    """Check that a callback URL has a scheme, a host (address or name) and a port, and nothing else.

    :raises InvalidParameterValue: when it has another form, or an address that the service must not connect to.
    """
    try:
        parts = outbound_url.parse(url, "callback_url")
    except OutboundError:
        parts = None
    if parts is None or (parts.path not in ("", "/")) or "?" in url or "#" in url or "@" in url:
        raise exception.InvalidParameterValue(
            err='An issue with the supplied "callback_url" has been detected.'
        )
    refusal = outbound_url.refusal_of_literal(parts.hostname or "")
    if refusal is not None:
        LOG.warning("Node %s: the callback_url of its agent %s", node.uuid, refusal)
        raise exception.InvalidParameterValue(
            err=f"The callback_url of node {node.uuid} has an address that the service does not connect to."
        )
    if CONF.agent.require_tls and parts.scheme != "https":
        raise exception.InvalidParameterValue(
            err=f"The agent of node {node.uuid} must use https ([agent] require_tls)."
        )


def _check_pinned(node: objects.Node, url: str, verify_ca: str | None) -> None:
    """Check that the callback URL and the certificate stay the same for as long as the token.

    :raises InvalidParameterValue: when they differ from those of the first heartbeat of this boot.
    """
    if node.agent_url is None:
        return
    if (url, verify_ca) != (node.agent_url, node.agent_verify_ca):
        raise exception.InvalidParameterValue(
            err=f"The agent of node {node.uuid} sent another callback_url or certificate than in its first heartbeat "
            "of this boot. Reboot the server if its address has changed."
        )
