# SPDX-License-Identifier: Apache-2.0
"""What a conductor tells of its work on nodes. It is noted by the next ``node.save``, in the same transaction."""

from typing import Any

from ironic_lite.common import states
from ironic_lite.conductor import identity
from ironic_lite.objects import announcing, payloads
from ironic_lite.objects.announcing import END, ERROR, START, SUCCESS

__all__ = ["END", "ERROR", "START", "SUCCESS", "console", "power", "power_corrected", "provision"]


def _note(node: Any, what: str, status: str, payload: payloads.Payload, **own: Any) -> None:
    # Work that the service does on its own account runs outside of any request.
    publisher = f"ironic-conductor.{identity.current().host}"
    also = announcing.change(
        node._context, publisher, f"baremetal.node.{what}", status, payload, **own
    )
    if also is not None:
        node.along(also)


def provision(node: Any, event: str, state: str, target: str | None, starts: bool) -> None:
    """A move along the state machine.

    :param node: in its new state.
    :param state: the one it comes from; ``target`` likewise.
    :param starts: whether an operation begins with it.
    """
    _note(
        node,
        "provision_set",
        _status(event, state, node.provision_state, starts),
        payloads.NODE_PROVISION,
        event=event,
        # Two moves may be saved at once.
        provision_state=node.provision_state,
        target_provision_state=node.target_provision_state,
        previous_provision_state=state,
        previous_target_provision_state=target,
    )


def _status(event: str, left: str, entered: str, starts: bool) -> str:
    if event == "fail" or entered in states.FAILED or entered == states.ERROR:
        return ERROR
    if starts and left not in states.WORKING | states.HELD:
        return START
    return END if left in states.WORKING and entered in states.STABLE else SUCCESS


def power(node: Any, status: str, wanted: str) -> None:
    """A change of power.

    :param wanted: what was asked for: a power state, or a reboot.
    """
    _note(node, "power_set", status, payloads.NODE_POWER, to_power=wanted)


def power_corrected(node: Any, recorded: str | None) -> None:
    """The server was in another power state than the recorded one."""
    _note(
        node,
        "power_state_corrected",
        SUCCESS,
        payloads.NODE_CORRECTED,
        from_power=recorded,
    )


def console(node: Any, status: str) -> None:
    """The console is opened or closed."""
    _note(node, "console_set", status, payloads.NODE)
