# SPDX-License-Identifier: Apache-2.0
"""The verbs that a node accepts in each stable state, and the requests for them."""

from typing import Any

from ironic_lite.common import states

Goal = dict[str, Any]
Choice = tuple[str, Goal, int]


def _to(state: str) -> Goal:
    return {"provision_state": state}


_POWER_ON = {"power_state": states.POWER_ON}

CHOICES: dict[str, list[Choice]] = {
    "enroll": [("manage", _to("manageable"), 1)],
    "manageable": [
        ("provide", _to("available"), 3),
        ("inspect", _to("manageable"), 2),
        ("adopt", _to("active"), 1),
        ("clean", _to("clean hold"), 1),
    ],
    "available": [("active", _to("active"), 4), ("manage", _to("manageable"), 1)],
    "active": [
        ("deleted", _to("available"), 3),
        ("rebuild", _to("active"), 1),
        ("service", _to("active"), 1),
        ("rescue", _to("rescue"), 1),
        ("rebooting", _POWER_ON, 1),
        ("power off", {"power_state": states.POWER_OFF}, 1),
        ("power on", _POWER_ON, 1),
    ],
    "clean hold": [("unhold", _to("manageable"), 2), ("abort", _to("clean failed"), 1)],
    "rescue": [("unrescue", _to("active"), 3), ("deleted", _to("available"), 1)],
    "deploy failed": [("deleted", _to("available"), 1)],
    "error": [("deleted", _to("available"), 1)],
    "clean failed": [("manage", _to("manageable"), 1)],
    "inspect failed": [("manage", _to("manageable"), 1)],
    "adopt failed": [("manage", _to("manageable"), 1)],
    "service failed": [("deleted", _to("available"), 1)],
    "rescue failed": [("deleted", _to("available"), 1)],
    "unrescue failed": [("deleted", _to("available"), 1)],
}
"""Verb, goal and weight."""

# The service step needs an agent.
_UNFIT = {"fake-hardware": {"service"}}

TAKES_IMAGE = frozenset({"active", "adopt", "rebuild"})
_POWER = frozenset({"rebooting", "power off", "power on"})
_ERASE = {"interface": "deploy", "step": "erase_devices_metadata"}
_HOLD = {"step": "hold"}
_BURN_IN = {"interface": "deploy", "step": "burnin_cpu"}


def choices(state: str, driver: str) -> list[Choice]:
    """Return what can be requested for a node with this driver in a state."""
    return [choice for choice in CHOICES[state] if choice[0] not in _UNFIT.get(driver, ())]


def request(verb: str, name: str, driver: str) -> tuple[str, dict[str, Any]]:
    """Return the path below the node, and the body of the PUT.

    :param name: the name of the node.
    """
    body: dict[str, Any] = {"target": verb}
    if verb in _POWER:
        return "states/power", body
    if verb == "active":
        body["configdrive"] = {"meta_data": {"hostname": name}}
    elif verb == "clean":
        # Erasing needs an agent.
        body["clean_steps"] = [_HOLD] if driver == "fake-hardware" else [_ERASE, _HOLD]
    elif verb == "service":
        body["service_steps"] = [_BURN_IN]
    elif verb == "rescue":
        body["rescue_password"] = "correct horse battery staple"
    return "states/provision", body
