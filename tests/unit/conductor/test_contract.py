# SPDX-License-Identifier: Apache-2.0
"""The contract of RPCs: endpoints have its signatures, and it is compatible with the last release's calls."""

import inspect
import json
from pathlib import Path
from typing import Any

import pytest

from ironic_lite.common import release_mappings
from ironic_lite.conductor import contract, manager
from ironic_lite.conductor.contract.allocations import AllocationCalls
from ironic_lite.conductor.contract.declaration import Lock
from ironic_lite.conductor.endpoints import serving
from ironic_lite.conductor.endpoints.serving import Bound

BOUND = {bound.declared.name: bound for served in manager._SERVED for bound in served}

RELEASED = "1.2"
"""The RPC version of the last release. No release is out yet, so it is the version before 1.3."""

KNOWN: dict[str, dict[str, Any]] = json.loads(
    (Path(__file__).parent / "released_calls.json").read_text()
)
"""The calls of the last release: since which version, which arguments must be there, which may be, and what they are
else. It is written anew with each release."""


def _arguments(parameters: list[inspect.Parameter]) -> dict[str, Any]:
    return {each.name: each.default for each in parameters}


def test_every_call_is_served() -> None:
    assert set(BOUND) == set(contract.CALLS)


@pytest.mark.parametrize("name", sorted(contract.CALLS))
def test_what_serves_a_call_has_its_arguments(name: str) -> None:
    """mypy compares names and types, but not defaults, which matter for messages of older peers."""
    bound = BOUND[name]
    declared = list(bound.declared.signature.parameters.values())[1:]
    serves = list(inspect.signature(bound.function).parameters.values())[1:]
    if bound.declared.lock is not Lock.NONE:
        # The first argument is the task for the node, or the record.
        place = declared.pop(0)
        if place.name != "node_id":
            serves.pop(0)
    assert _arguments(serves) == _arguments(declared)


def test_arguments_are_bound_as_python_does() -> None:
    call = contract.CALLS["change_node_power_state"]
    everything = {"context": 1, "node_id": "n", "new_state": "on", "power_timeout": None}
    assert call.bind(1, "n", "on") == everything
    assert call.bind(1, "n", new_state="on") == everything
    assert call.bind(1, "n", "on", 5) == {**everything, "power_timeout": 5}
    for args, kwargs in (
        ((1, "n"), {}),
        ((1, "n", "on", 5, 6), {}),
        ((1, "n", "on"), {"new_state": "off"}),
        ((1, "n", "on"), {"timeout": 5}),
        ((), {"node_id": "n", "new_state": "on"}),
    ):
        with pytest.raises(TypeError):
            call.bind(*args, **kwargs)


def test_a_contract_is_served_whole() -> None:
    create = serving.unlocked(AllocationCalls.create_allocation)(lambda *_args: None)
    with pytest.raises(TypeError, match="destroy_allocation"):
        serving.served(AllocationCalls, create)
    with pytest.raises(TypeError, match="create_allocation"):
        serving.served(AllocationCalls, create, create, _other())


def _other() -> Bound:
    return serving.unlocked(AllocationCalls.destroy_allocation)(lambda *_args: None)


def test_purposes_name_arguments_that_there_are() -> None:
    for call in contract.CALLS.values():
        assert bool(call.purpose) == (call.lock is not Lock.NONE), call.name
        call.purpose.format_map(dict.fromkeys(call.names, ""))


def test_the_released_calls_are_those_of_the_last_release() -> None:
    newest = max((call["since"] for call in KNOWN.values()), key=_number)
    assert newest == RELEASED


@pytest.mark.parametrize("name", sorted(KNOWN))
def test_a_call_of_the_last_release_still_fits(name: str) -> None:
    """Processes of the last release run beside this one, and both must understand each other's messages."""
    known, call = KNOWN[name], contract.CALLS[name]
    now = _arguments(list(call.signature.parameters.values())[1:])
    assert call.since == known["since"]
    assert {n for n, value in now.items() if value is inspect.Parameter.empty} == set(
        known["required"]
    )
    assert {n: value for n, value in now.items() if n not in known["required"]} == known["optional"]


def test_a_call_that_the_last_release_does_not_know_has_a_version_that_it_does_not_know() -> None:
    known = _number(RELEASED)
    for name in set(contract.CALLS) - set(KNOWN):
        assert _number(contract.CALLS[name].since) > known, name


def test_this_release_speaks_the_newest_version() -> None:
    assert release_mappings.RELEASES[release_mappings.newest()].rpc == contract.VERSION


def _number(version: str) -> list[int]:
    return [int(part) for part in version.split(".")]
