# SPDX-License-Identifier: Apache-2.0
"""Explains a node's state: who works on it, what it waits for, and what an operator can do next."""

import datetime
from collections.abc import Sequence
from typing import Any

from oslo_utils import timeutils

from ironic_lite.api import access, discovery_advice
from ironic_lite.api.call import Call
from ironic_lite.common import boot_progress, exception, operations, states
from ironic_lite.common import journal as terms
from ironic_lite.common.boot_progress import Progress
from ironic_lite.common.operations import machine, provision_states
from ironic_lite.common.operations.declaration import Bar, Verb
from ironic_lite.conf import CONF
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node

Row = dict[str, Any]

_LONG = datetime.timedelta(minutes=1)
"""How long a server may stay at a stage of its boot before there is advice about it."""

_TIMED_OUT = (
    "The agent sent no heartbeat in time. Check the server's console: did it boot from the network, did it get the "
    "node's boot script, can its ramdisk reach the API?"
)
_POWER_FAILED = (
    "A change of power failed. Check that the BMC can be reached at the address in driver_info, and its credentials, "
    "with 'baremetal node validate' and 'baremetal node power'."
)
_INTERRUPTED = (
    "A conductor died during a step that cannot safely be repeated. Check the server itself before you try "
    "again."
)


def explain(call: Call, node: Node, entries: Sequence[Row]) -> Row:
    """Return the summary of ``GET /v1/nodes/{node}/timeline``.

    :param entries: the newest entries of the node's journal, oldest first.
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
        "boot": _boot(node, entries),
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
        "reason": f"It owns the hash of the node's UUID on the ring of hardware type '{node.driver}' and {group}, "
        f"whose live conductors are: {', '.join(hosts) or owner}.",
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
    if provision_states.is_held(state):
        return {"for": "'unhold' or 'abort' by an operator", "until": None}
    if provision_states.is_waiting(state):
        return _waiting_for_agent(node, running)
    is_unfinished = (
        failing or provision_states.is_working(state) or node.target_power_state is not None
    )
    if node.reservation is None:
        if not is_unfinished:
            return None
        return {
            "for": "the node's owner, which resumes the unfinished operation at its next check, every "
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
        "for": f"the lock of conductor {node.reservation}, which sends no keepalives, to be broken; then the node's "
        "owner resumes",
        "until": _moment(holder.updated_at + patience) if holder.updated_at else None,
    }


def _work(node: Node) -> str:
    if terms.FAILING in node.driver_internal_info:
        return "which cleans up after the failed or aborted operation"
    what = "its step" if provision_states.is_working(node.provision_state) else "its work"
    return f"which works on the node: {what} ends, or fails"


def _waiting_for_agent(node: Node, running: Sequence[Row]) -> Row:
    waits = [e for e in running if e["kind"] == terms.WAIT and e["outcome"] == terms.STARTED]
    if not waits:
        return {"for": "the agent", "until": None}
    wait, until = waits[-1], None
    if wait["until"] and node.provision_updated_at:
        # Each heartbeat restarts the timeout.
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


def _awaited_boot(node: Node, entries: Sequence[Row]) -> Progress | None:
    """Return how far a server has come whose node waits for an agent that has not called yet."""
    awaits = provision_states.is_waiting(node.provision_state) and node.agent_last_heartbeat is None
    return boot_progress.of(entries) if awaits else None


def _takes_long(boot: Progress) -> bool:
    return timeutils.utcnow(with_timezone=True) - boot.since > _LONG


def _boot(node: Node, entries: Sequence[Row]) -> Row | None:
    boot = _awaited_boot(node, entries)
    if boot is None:
        return None
    return {
        "stage": boot.stage.name,
        "meaning": boot.sentence(),
        "since": _moment(boot.since),
        "last_seen": _moment(boot.last),
        "begun": _moment(boot.begun),
        "attempt": boot_progress.attempts(entries, node.operation),
    }


def _next(node: Node) -> list[Row]:
    state = node.provision_state
    return [
        {
            "target": verb.name,
            "leads_to": machine.move(state, verb.event, node.target_provision_state).state,
            "meaning": f"{verb.meaning}.",
            "refused": _not_now(node, verb),
        }
        for verb in operations.VERBS
        if machine.is_actionable(state, verb.event)
    ]


def _not_now(node: Node, verb: Verb) -> str | None:
    """Return why a verb is refused although the state allows it; None when it is not."""
    for bar in verb.barred_by:
        if getattr(node, bar.value):
            how = f"under {bar.value}" if bar is Bar.MAINTENANCE else bar.value
            return f"The node is {how}."
    return None


def _advice(node: Node, entries: Sequence[Row]) -> list[str]:
    found = []
    if node.maintenance and node.fault == "power failure":
        found.append("The BMC does not answer; maintenance ends automatically once it does.")
    elif node.maintenance:
        found.append(
            "The node is under maintenance: waiting operations pause, and most requests are refused, until "
            "'baremetal node maintenance unset'."
        )
    if node.protected:
        found.append(
            "The node is protected: it cannot be rebuilt or undeployed until 'protected' is unset."
        )
    if node.retired and node.provision_state == states.MANAGEABLE:
        found.append("The node is retired: it cannot become available until 'retired' is unset.")
    found += discovery_advice.advice(node, _since_last_start(entries))
    boot = _awaited_boot(node, entries)
    if boot is not None and (boot.problem or boot.times > 1 or _takes_long(boot)):
        sentence = boot.sentence()
        found.append(f"{sentence[0].upper()}{sentence[1:]}. {boot.stage.advice}")
    advice = provision_states.state(node.provision_state).advice
    if advice is not None:
        found += _causes(entries)
        found.append(advice)
    elif node.last_error and _last_kind(entries) == terms.POWER:
        found += _causes(entries)
    return found


def _since_last_start(entries: Sequence[Row]) -> Sequence[Row]:
    begins = [
        i
        for i, e in enumerate(entries)
        if e["kind"] == terms.OPERATION and e["outcome"] == terms.STARTED
    ]
    return entries[begins[-1] if begins else 0 :]


def _last_kind(entries: Sequence[Row]) -> str | None:
    """Return the kind of the last entry about an action of a conductor."""
    kinds = (str(entry["kind"]) for entry in reversed(entries) if entry["kind"] != terms.BOOT)
    return next(kinds, None)


def _causes(entries: Sequence[Row]) -> list[str]:
    """Return advice about the failures of the last operation and after it."""
    recent = _since_last_start(entries)
    kinds = {(e["kind"], e["outcome"]) for e in recent}
    found = []
    if any(kind == terms.TIMEOUT for kind, _ in kinds):
        found.append(_TIMED_OUT)
    if (terms.LOGS, terms.DONE) in kinds:
        found.append(
            "The logs of the ramdisk were collected: read them with 'ironic-lite logs NODE'."
        )
    if (terms.POWER, terms.FAILED) in kinds:
        found.append(_POWER_FAILED)
    if (terms.STEP, terms.INTERRUPTED) in kinds and (terms.STEP, terms.FAILED) in kinds:
        found.append(_INTERRUPTED)
    return found
