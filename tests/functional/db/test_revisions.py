# SPDX-License-Identifier: Apache-2.0
"""A record's revision: another one after every change that a client should know of, the same after all else."""

from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite.db import node_agents, node_locks, nodes
from ironic_lite.db.ports import ports

pytestmark = pytest.mark.usefixtures("database")

CHANGES: dict[str, Callable[[int], Any]] = {
    "a field": lambda node: nodes.update(node, {"extra": {"a": 1}}),
    "the provision state": lambda node: nodes.update(node, {"provision_state": "manageable"}),
    "traits": lambda node: nodes.node_traits.replace(node, ["CUSTOM_A"]),
    "one more trait": lambda node: nodes.node_traits.add(node, "CUSTOM_B"),
    "one trait less": lambda node: nodes.node_traits.remove(node, "CUSTOM_OLD"),
}
NO_CHANGES: dict[str, Callable[[int], Any]] = {
    "a lock": lambda node: node_locks.reserve("host", node, "token"),
    "a lock given back": lambda node: node_locks.release(
        node, node_locks.reserve("h", node, "t") and "t"
    ),
    "a lock broken": lambda node: node_locks.release_orphans(
        [node_locks.reserve("h", node, "t") and "h"]
    ),
    "an agent's token": lambda node: node_agents.claim_agent_token(node, "token"),
    "a heartbeat": lambda node: node_agents.record_heartbeat(
        node, node_agents.claim_agent_token(node, "token") and "token", {"agent_url": "http://a"}
    ),
    "the same traits": lambda node: nodes.node_traits.replace(node, ["CUSTOM_OLD"]),
}


@pytest.fixture
def node() -> int:
    node_id: int = nodes.create({"driver": "ipmi"})["id"]
    nodes.node_traits.replace(node_id, ["CUSTOM_OLD"])
    return node_id


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_a_change_is_a_new_revision(node: int, change: Callable[[int], Any]) -> None:
    before = nodes.get(node)["revision"]
    change(node)
    assert nodes.get(node)["revision"] not in (before, None)


@pytest.mark.parametrize("write", NO_CHANGES.values(), ids=list(NO_CHANGES))
def test_what_no_client_need_know_is_none(node: int, write: Callable[[int], Any]) -> None:
    before = nodes.get(node)["revision"]
    write(node)
    assert nodes.get(node)["revision"] == before is not None


def test_an_update_tells_the_new_revision(node: int) -> None:
    assert nodes.update(node, {"name": "n"})["revision"] == nodes.get(node)["revision"]


def test_ports_have_revisions_too(node: int) -> None:
    made = ports.create({"node_id": node, "address": "52:54:00:00:00:01"})
    ports.update(made["id"], {"extra": {"a": 1}})
    assert ports.get(made["id"])["revision"] not in (made["revision"], None)
