# SPDX-License-Identifier: Apache-2.0
"""Why a node is where it is, in words: who works on it, what it waits for, and what an operator can do next."""

import datetime
from collections.abc import Sequence
from typing import Any

from oslo_utils import timeutils

from ironic_lite.api import access
from ironic_lite.api.call import Call
from ironic_lite.common import exception, states
from ironic_lite.common import journal as terms
from ironic_lite.conf import CONF
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node

Row = dict[str, Any]

_VERBS = {
    "manage": "hand the node to the operator: from enroll it is verified first, from available it is only taken out of "
    "the pool",
    "provide": "clean the server, where automated cleaning is on, and make it available for deployment",
    "inspect": "find out what the server is made of",
    "clean": "run the cleaning steps that you name, or a runbook",
    "adopt": "take over the system that runs on the server, without touching its disk",
    "active": "deploy the image that instance_info names",
    "rebuild": "deploy the node's image anew; the data on its disk is lost",
    "deleted": "take the instance off the server, clean it, and make it available",
    "rescue": "boot a rescue system, for which you choose the password",
    "unrescue": "boot the instance again",
    "service": "run the steps that you name, or a runbook, on the server that carries an instance",
    "abort": "stop the operation; a step that must not be cut off is waited for",
    "unhold": "go on behind the hold step",
}
"""Verb -> what it does. ``deploy`` and ``undeploy`` are other words for two of them."""

_NOT_NOW: tuple[tuple[str, frozenset[str]], ...] = (
    (
        "maintenance",
        frozenset({"clean", "active", "rebuild", "rescue", "unrescue", "service"}),
    ),
    ("protected", frozenset({"rebuild", "deleted"})),
    ("retired", frozenset({"provide"})),
)
"""Field of the node that stands in the way, and of what, though the node's state would allow it."""

_FAILED_ADVICE = {
    states.DEPLOYFAIL: "Mend the cause, then ask for 'active' again; 'deleted' gives the node back.",
    states.CLEANFAIL: "Mend the cause, end the maintenance if the failure began one, then ask for 'manage' and clean.",
    states.INSPECTFAIL: "Mend the cause, then ask for 'inspect' again, or for 'manage' to do without.",
    states.ADOPTFAIL: "Mend the cause, then ask for 'adopt' again, or for 'manage' to give up.",
    states.RESCUEFAIL: "Ask for 'rescue' again, or for 'unrescue' to boot the instance.",
    states.UNRESCUEFAIL: "Mend the cause, then ask for 'unrescue' again.",
    states.SERVICEFAIL: "Mend the cause, then ask for 'service' again, or for 'abort' to leave the node as it is.",
    states.ERROR: "The instance could not be taken off. Mend the cause, then ask for 'deleted' again.",
}

_TIMED_OUT = (
    "The agent did not call in time. Look at the server's console: did it boot from the network, did it get the node's "
    "boot script, does its ramdisk reach the API?"
)
_POWER_FAILED = (
    "A change of power failed. Is the BMC reached under the address in driver_info, and are its credentials right? "
    "'baremetal node validate' and 'baremetal node power' tell more."
)
_INTERRUPTED = (
    "A conductor died in the middle of something that cannot be done twice. Look at the server itself before you try "
    "again."
)


def explain(call: Call, node: Node, entries: Sequence[Row]) -> Row:
    """What ``GET /v1/nodes/{node}/timeline`` says besides the entries.

    :param entries: the newest of the node's journal, oldest first.
    """
    now = timeutils.utcnow(with_timezone=True)
    conductors = {one.hostname: one for one in Conductor.list(call.context)}
    running = [e for e in entries if node.operation and e["operation"] == node.operation]
    shows_error = access.allows(
        call.context, "baremetal:node:get:last_error", access.of_node(node.owner, node.lessee)
    )
    return {
        "node": {"uuid": node.uuid, "name": node.name},
        "provision_state": node.provision_state,
        "target_provision_state": node.target_provision_state,
        "since": _moment(node.provision_updated_at),
        "seconds": _seconds(node.provision_updated_at, now),
        "power_state": node.power_state,
        "target_power_state": node.target_power_state,
        "cipher_suite": node.driver_internal_info.get("ipmi_cipher_suite"),
        "maintenance": _maintenance(node),
        "lock": _lock(node, conductors, now),
        "owner": _owner(call, node),
        "operation": _operation(node, running, now),
        "waiting": _waiting(node, running, conductors),
        "last_error": node.last_error if shows_error else None,
        "next": _next(node),
        "advice": _advice(node, entries),
    }


def _moment(moment: datetime.datetime | None) -> str | None:
    return moment.isoformat() if moment else None


def _seconds(since: datetime.datetime | None, now: datetime.datetime) -> int | None:
    return max(0, round((now - since).total_seconds())) if since else None


def _maintenance(node: Node) -> Row | None:
    if not node.maintenance:
        return None
    return {"reason": node.maintenance_reason, "fault": node.fault}


def _lock(node: Node, conductors: dict[str, Any], now: datetime.datetime) -> Row | None:
    if node.reservation is None:
        return None
    holder = conductors.get(node.reservation)
    return {
        "holder": node.reservation,
        "holder_alive": bool(holder and holder.alive),
        "since": _moment(node.reserved_at),
        "seconds": _seconds(node.reserved_at, now),
    }


def _owner(call: Call, node: Node) -> Row:
    group = (
        f"conductor group '{node.conductor_group}'"
        if node.conductor_group
        else "no conductor group"
    )
    ring = Conductor.ring_members(call.context)
    hosts = sorted(ring.get(f"{node.conductor_group.lower()}:{node.driver}") or [])
    try:
        owner = call.conductors.get_conductor_for(node)
    except exception.NoValidHost as exc:
        return {"conductor": None, "reason": exc.message}
    return {
        "conductor": owner,
        "reason": f"The hash of the node's UUID falls to it on the ring of hardware type '{node.driver}' and {group}, "
        f"whose living conductors are: {', '.join(hosts) or owner}.",
    }


def _operation(node: Node, running: Sequence[Row], now: datetime.datetime) -> Row | None:
    begun = next((e for e in running if e["kind"] == terms.OPERATION), None)
    if begun is None:
        return None
    since = timeutils.parse_isotime(begun["created_at"])
    step = node.deploy_step or node.clean_step or node.service_step or {}
    done = [e["subject"] for e in running if e["kind"] == terms.STEP and e["outcome"] == terms.DONE]
    return {
        "name": begun["subject"],
        "detail": begun["detail"],
        "since": begun["created_at"],
        "seconds": _seconds(since, now),
        "user": begun["user"],
        "project": begun["project"],
        "request_id": begun["request_id"],
        "step": _step_name(step),
        "steps_done": done,
    }


def _step_name(step: Row) -> str | None:
    if not step:
        return None
    interface = step.get("interface")
    return f"{interface}.{step['step']}" if interface else str(step["step"])


def _waiting(node: Node, running: Sequence[Row], conductors: dict[str, Any]) -> Row | None:
    state = node.provision_state
    failing = terms.FAILING in node.driver_internal_info
    if failing and node.reservation is not None:
        return _waiting_for_holder(node, conductors)
    if state in states.HELD:
        return {"for": "somebody who says 'unhold' or 'abort'", "until": None}
    if state in states.WAITING.values():
        return _waiting_for_agent(node, running)
    left_off = failing or state in states.WORKING or node.target_power_state is not None
    if node.reservation is None:
        if not left_off:
            return None
        return {
            "for": "the node's owner, which takes up what another conductor has left off at its next look, each "
            f"{CONF.conductor.heartbeat_interval} s",
            "until": None,
        }
    return _waiting_for_holder(node, conductors)


def _waiting_for_holder(node: Node, conductors: dict[str, Any]) -> Row:
    holder = conductors.get(str(node.reservation))
    if holder is None or holder.alive:
        return {"for": f"conductor {node.reservation}, {_work(node)}", "until": None}
    patience = datetime.timedelta(seconds=CONF.conductor.heartbeat_timeout)
    return {
        "for": f"the lock of conductor {node.reservation}, which gives no sign of life, to be broken; then the node's "
        "owner goes on",
        "until": _moment(holder.updated_at + patience) if holder.updated_at else None,
    }


def _work(node: Node) -> str:
    if terms.FAILING in node.driver_internal_info:
        return "which cleans up after the operation; that has failed, or was aborted"
    what = "its step" if node.provision_state in states.WORKING else "its work"
    return f"which works on the node: {what} ends, or fails"


def _waiting_for_agent(node: Node, running: Sequence[Row]) -> Row:
    waits = [e for e in running if e["kind"] == terms.WAIT and e["outcome"] == terms.STARTED]
    if not waits:
        return {"for": "the agent", "until": None}
    wait, until = waits[-1], None
    if wait["until"] and node.provision_updated_at:
        # Each call of the agent starts the clock anew.
        patience = timeutils.parse_isotime(wait["until"]) - timeutils.parse_isotime(
            wait["created_at"]
        )
        until = node.provision_updated_at + patience
    called = node.agent_last_heartbeat
    return {
        "for": wait["subject"],
        "until": _moment(until),
        "last_call": _moment(called),
    }


def _next(node: Node) -> list[Row]:
    state = node.provision_state
    found = []
    for verb, sentence in _VERBS.items():
        event = states.VERBS[verb]
        if states.is_actionable(state, event):
            leads_to = states.move(state, event, node.target_provision_state).state
            found.append(
                {
                    "target": verb,
                    "leads_to": leads_to,
                    "meaning": f"{sentence}.",
                    "refused": _not_now(node, verb),
                }
            )
    return found


def _not_now(node: Node, verb: str) -> str | None:
    """Why the verb would be refused although the node's state allows it; None where it would not be for that."""
    for field, barred in _NOT_NOW:
        if verb in barred and getattr(node, field):
            how = f"under {field}" if field == "maintenance" else field
            return f"The node is {how}."
    return None


def _advice(node: Node, entries: Sequence[Row]) -> list[str]:
    found = []
    if node.maintenance and node.fault == "power failure":
        found.append("The BMC does not answer; maintenance ends by itself once it does.")
    elif node.maintenance:
        found.append(
            "The node is under maintenance: operations that wait are left alone, and most others are refused, until "
            "'baremetal node maintenance unset'."
        )
    if node.protected:
        found.append(
            "The node is protected: it is neither rebuilt nor given back until that is unset."
        )
    if node.retired and node.provision_state == states.MANAGEABLE:
        found.append("The node is retired: it is not made available until that is unset.")
    if node.provision_state in _FAILED_ADVICE:
        found += _causes(entries)
        found.append(_FAILED_ADVICE[node.provision_state])
    elif node.last_error and entries and entries[-1]["kind"] == terms.POWER:
        found += _causes(entries)
    return found


def _causes(entries: Sequence[Row]) -> list[str]:
    """What the last operation, or what came after it, has failed of."""
    begins = [
        i
        for i, e in enumerate(entries)
        if e["kind"] == terms.OPERATION and e["outcome"] == terms.STARTED
    ]
    recent = entries[begins[-1] if begins else 0 :]
    kinds = {(e["kind"], e["outcome"]) for e in recent}
    found = []
    if any(kind == terms.TIMEOUT for kind, _ in kinds):
        found.append(_TIMED_OUT)
    if (terms.POWER, terms.FAILED) in kinds:
        found.append(_POWER_FAILED)
    if (terms.STEP, terms.INTERRUPTED) in kinds and (terms.STEP, terms.FAILED) in kinds:
        found.append(_INTERRUPTED)
    return found
