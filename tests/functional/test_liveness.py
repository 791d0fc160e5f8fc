# SPDX-License-Identifier: Apache-2.0
"""The effects of a dead conductor: when others resume its nodes, what clients get meanwhile, which nodes move.

Measured against the configured times, on a database server and a broker, with processes of their own.
"""

import time
from collections.abc import Callable

import pytest

from tests.functional.deployment import Deployment
from tests.waiting import at_most, wait_for

pytestmark = pytest.mark.timed

INTERVAL, TIMEOUT = 2, 8
NODES = 60
# Seconds that a busy machine may add.
SLACK = at_most(12)
# What a request may take that finds its conductor dead; see `rpcapi.CALL_MONITOR_TIMEOUT`.
BOUND = 8 + SLACK / 2

OPTIONS = {
    "DEFAULT": {"hash_ring_reset_interval": INTERVAL},
    "conductor": {"heartbeat_interval": INTERVAL, "heartbeat_timeout": TIMEOUT},
}


@pytest.fixture
def cloud(
    make_deployment: Callable[..., Deployment], postgresql_url: str, rabbitmq_url: str
) -> Deployment:
    deployment = make_deployment(database=postgresql_url, transport=rabbitmq_url, options=OPTIONS)
    deployment.start_api()
    deployment.add_conductors("c1", "c2", "c3")
    for _ in range(NODES):
        deployment.create_node(driver="fake-hardware")
    return deployment


def owners(cloud: Deployment) -> dict[str, str]:
    listed = cloud.call("GET", "/v1/nodes?fields=uuid,conductor&limit=1000")["nodes"]
    return {node["uuid"]: node["conductor"] for node in listed}


def moved(before: dict[str, str], after: dict[str, str]) -> set[str]:
    return {node for node in before if before[node] != after[node]}


def test_a_dead_conductor(cloud: Deployment) -> None:
    hosts = {"c1", "c2", "c3"}
    wait_for(lambda: set(owners(cloud).values()) == hosts, "every conductor to own nodes", SLACK)
    before = owners(cloud)
    orphans = [node for node, host in before.items() if host == "c2"]
    others = [node for node, host in before.items() if host != "c2"]
    assert NODES / 3 / 3 < len(orphans) < NODES / 3 * 2

    cloud.kill_conductor("c2")
    died = time.monotonic()
    answers = ask_until_all_work(cloud, orphans, died + TIMEOUT + INTERVAL + SLACK)
    assert {answer.status_code for answer in answers} <= {202, 503}
    assert all("Retry-After" in answer.headers for answer in answers if not answer.ok)
    assert max(answer.elapsed.total_seconds() for answer in answers) < BOUND
    # The first one waits for a sign; the others need not.
    refused = [answer for answer in answers if not answer.ok]
    waited = [answer for answer in refused if answer.elapsed.total_seconds() > BOUND / 4]
    assert len(waited) <= 1 + (TIMEOUT + INTERVAL + SLACK) / 8
    assert cloud.api is not None
    assert "Traceback" not in cloud.api.log_tail(100_000)

    after = owners(cloud)
    assert moved(before, after) == set(orphans)
    assert set(after.values()) == {"c1", "c3"}

    # One that comes takes its share and leaves the others where they are; one that goes gives just that back.
    cloud.add_conductor("c4")
    wait_for(lambda: "c4" in owners(cloud).values(), "the new one to own nodes", SLACK)
    wide = owners(cloud)
    assert {wide[node] for node in moved(after, wide)} == {"c4"}
    assert NODES / 3 / 3 < len(moved(after, wide)) < NODES / 3 * 2
    cloud.stop_conductor("c4")
    wait_for(lambda: owners(cloud) == after, "its nodes to go back", SLACK)
    cloud.set_power_state(others[0], "power on")


def ask_until_all_work(cloud: Deployment, nodes: list[str], deadline: float) -> list:
    """Ask for power again and again until each request was accepted; returns all answers."""
    answers = []
    left = list(nodes)
    while left:
        assert time.monotonic() < deadline, f"{len(left)} nodes have no conductor yet"
        node = left[0]
        answers.append(
            cloud.request("PUT", f"/v1/nodes/{node}/states/power", {"target": "power on"})
        )
        if answers[-1].ok:
            left.remove(node)
        else:
            time.sleep(0.2)
    return answers
