# SPDX-License-Identifier: Apache-2.0
"""All agents send requests at once, as after a power cut. Operators are served meanwhile, and no request is lost."""

import contextlib
import datetime
from collections.abc import Callable, Iterator

import pytest

from tests.bench import storm
from tests.functional.deployment import Deployment
from tests.waiting import wait_for

AGENTS = 150
# Real agents come again after 5 to 10 s; the test has less time.
RETRY_S = (0.2, 0.6)


@pytest.fixture
def agents() -> Iterator[storm.Agents]:
    with contextlib.closing(storm.Agents()) as started:
        yield started


@pytest.fixture
def cloud(
    make_deployment: Callable[..., Deployment], mariadb_url: str, rabbitmq_url: str
) -> Deployment:
    deployment = make_deployment(database=mariadb_url, transport=rabbitmq_url)
    deployment.start_api()
    deployment.add_conductors("c1", "c2")
    return deployment


def heard_since(cloud: Deployment, moment: str) -> set[str]:
    """UUIDs of the nodes whose agent's call is on record since then."""
    listed = cloud.call("GET", "/v1/nodes?fields=uuid,driver_internal_info&limit=1000")["nodes"]
    return {
        node["uuid"]
        for node in listed
        if node["driver_internal_info"].get("agent_last_heartbeat", "") > moment
    }


def test_operators_are_served_and_every_agent_is_heard(
    cloud: Deployment, agents: storm.Agents
) -> None:
    tokens = storm.waiting_nodes(cloud, agents, AGENTS)
    for each in agents.storm(cloud.port, storm.lookups(tokens), RETRY_S):
        assert {call.status for call in each} <= {200, 503}

    ended = set(list(tokens)[::2])
    agents.running -= ended
    operator = storm.Operator(cloud.port, cloud.create_node(driver="fake-hardware"))
    begun = datetime.datetime.now(datetime.UTC).isoformat()
    with operator.at_work():
        calls = agents.storm(cloud.port, agents.heartbeats(tokens), RETRY_S)

    # An agent that has done its work is switched off and forgotten.
    assert heard_since(cloud, begun) >= agents.running
    refused = [call for each in calls for call in each[:-1]]
    assert {call.status for call in refused} <= {409, 503}
    assert all(call.retry_after for call in refused if call.status == 503)
    assert {call.status for call in operator.shows} == {200}
    # 409: the change of power before this one is not quite done.
    assert {call.status for call in operator.powers} <= {202, 409}

    def available() -> set[str]:
        nodes = cloud.call("GET", "/v1/nodes?provision_state=available&limit=1000")["nodes"]
        return {node["uuid"] for node in nodes}

    wait_for(lambda: available() == ended, "the flows whose step has ended to go on", 60)
