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
