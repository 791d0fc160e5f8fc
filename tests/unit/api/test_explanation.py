# SPDX-License-Identifier: Apache-2.0
"""The explanation of a node's state, and the output of the command for it."""

import types
from typing import Any

import pytest

from ironic_lite.api import explanation
from ironic_lite.cmd import explain
from ironic_lite.common import states

HOLDER = {"c1": types.SimpleNamespace(alive=True, updated_at=None)}


def _waiting(state: str, reservation: str | None = "c1", **info: Any) -> Any:
    node: Any = types.SimpleNamespace(
        provision_state=state,
        reservation=reservation,
        target_power_state=None,
        driver_internal_info=info,
        agent_last_heartbeat=None,
    )
    return explanation._waiting(node, [], HOLDER)


@pytest.mark.parametrize("state", [states.DEPLOYING, states.CLEANWAIT, states.CLEANFAIL])
def test_an_operation_that_is_cleaned_up_after_has_failed(state: str) -> None:
    told = _waiting(state, failing="no disk")["for"]
    assert "cleans up after the failed or aborted operation" in told
    assert "no disk" not in told


def test_an_operation_that_runs_has_not() -> None:
    assert _waiting(states.DEPLOYING)["for"].endswith("its step ends, or fails")
    assert _waiting(states.CLEANWAIT)["for"] == "the agent"
    assert _waiting(states.CLEANFAIL, reservation=None) is None


def test_a_failure_whose_conductor_died_is_taken_up() -> None:
    assert "resumes" in _waiting(states.CLEANFAIL, reservation=None, failing="aborted")["for"]


@pytest.mark.parametrize(
    ("state", "said"),
    [
        (states.DEPLOYFAIL, ", and was to become 'active'"),
        (states.DEPLOYWAIT, ", on its way to 'active'"),
    ],
)
def test_who_has_failed_is_not_on_its_way(state: str, said: str) -> None:
    assert explain._goal({"provision_state": state, "target_provision_state": "active"}) == said


def test_a_boot_is_told_in_one_line() -> None:
    boot = {
        "stage": "address",
        "meaning": "the server asked for an address 3 times, never for its boot script",
        "since": "2026-01-01T00:00:00+00:00",
        "attempt": 2,
    }
    told = {
        "node": {"uuid": "u", "name": None},
        "provision_state": "clean wait",
        "target_provision_state": "available",
        "seconds": 5,
        "power_state": "power on",
        "target_power_state": None,
        "maintenance": None,
        "operation": None,
        "lock": None,
        "owner": {"conductor": "c1", "reason": "."},
        "waiting": None,
        "last_error": None,
        "advice": [],
        "next": [],
    }
    lines = list(explain._summary({**told, "boot": boot}))
    assert (
        "Boot (boot 2 of this wait): the server asked for an address 3 times, never for its boot script; so since "
        "2026-01-01T00:00:00+00:00."
    ) in lines
    assert list(explain._summary(told)) == [line for line in lines if "Boot" not in line]
