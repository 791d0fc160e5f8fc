# SPDX-License-Identifier: Apache-2.0
"""Notifications about a conductor's work on nodes. The next ``node.save`` stores them in the same transaction."""

from typing import Any

from ironic_lite.common import states
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor.cluster import identity
from ironic_lite.objects import notification_outbox, payloads
from ironic_lite.objects.notification_outbox import END, ERROR, START, SUCCESS

__all__ = [
    "END",
    "ERROR",
    "START",
    "SUCCESS",
    "console",
    "created",
    "power",
    "power_corrected",
    "provision",
]


_NODE = "baremetal.node."


def _note(node: Any, what: str, status: str, payload: payloads.Payload, **own: Any) -> None:
    # Work that no request started has no request to take the publisher from.
    publisher = f"ironic-conductor.{identity.current().host}"
    also = notification_outbox.change(
        node._context, publisher, f"{_NODE}{what}", status, payload, **own
    )
    if also is not None:
        node.along(also)


def provision(node: Any, event: str, state: str, target: str | None, starts: bool) -> None:
    """Announce a change of the provision state.

    :param node: in its new state.
    :param state: its provision state before; ``target``: its target before.
    :param starts: whether an operation starts with it.
    """
    _note(
        node,
        "provision_set",
        _status(event, state, node.provision_state, starts),
        payloads.NODE_PROVISION,
        event=event,
        # One save may store two moves.
        provision_state=node.provision_state,
        target_provision_state=node.target_provision_state,
        previous_provision_state=state,
        previous_target_provision_state=target,
    )


def _status(event: str, left: str, entered: str, starts: bool) -> str:
    if event == "fail" or provision_states.is_failed(entered) or entered == states.ERROR:
        return ERROR
    under_way = provision_states.is_working(left)
    if starts and not (under_way or provision_states.is_held(left)):
        return START
    return END if under_way and provision_states.is_stable(entered) else SUCCESS


def created(node: Any) -> None:
    """Announce a node that no client has requested. Its creation stores the notification."""
    what = notification_outbox.event_type_of("Node", "create")
    payload = notification_outbox.payload_of("Node", "create")
    _note(node, what.removeprefix(_NODE), END, payload)


def power(node: Any, status: str, wanted: str) -> None:
    """Announce a change of power.

    :param wanted: the requested power state or reboot.
    """
    _note(node, "power_set", status, payloads.NODE_POWER, to_power=wanted)


def power_corrected(node: Any, recorded: str | None) -> None:
    """Announce that the server's power state differed from the recorded one."""
    _note(
        node,
        "power_state_corrected",
        SUCCESS,
        payloads.NODE_CORRECTED,
        from_power=recorded,
    )


def console(node: Any, status: str) -> None:
    """Announce that the console is opened or closed."""
    _note(node, "console_set", status, payloads.NODE)
