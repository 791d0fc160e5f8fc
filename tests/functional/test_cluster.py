# SPDX-License-Identifier: Apache-2.0
"""A cluster loses a conductor: three of them over RabbitMQ, on MariaDB and on PostgreSQL, with SIGKILL for one."""

import time
import uuid
from collections import Counter
from collections.abc import Callable

import pytest

from tests.functional.deployment import HEARTBEAT_TIMEOUT, Deployment
from tests.waiting import at_most, wait_for

pytestmark = pytest.mark.timed

HOSTS = {"c1", "c2", "c3"}
# Fixed, so that the ring spreads them in the same way each time.
NODES = [str(uuid.uuid5(uuid.NAMESPACE_DNS, f"n{number}.example")) for number in range(12)]
# Seconds beyond the heartbeat timeout: the ring is read again every second, and the machine may be busy.
SLACK = at_most(10)


@pytest.fixture(params=["mariadb", "postgresql"])
def cluster(
    request: pytest.FixtureRequest, make_deployment: Callable[..., Deployment], rabbitmq_url: str
) -> Deployment:
    deployment = make_deployment(
        database=request.getfixturevalue(f"{request.param}_url"), transport=rabbitmq_url
    )
    deployment.start_api()
    deployment.add_conductors(*sorted(HOSTS))
    for node in NODES:
        deployment.create_node(driver="fake-hardware", uuid=node)
    return deployment


def owners(cluster: Deployment) -> dict[str, str]:
    """Node UUID -> host name of its conductor, as the API answers."""
    nodes = cluster.call("GET", "/v1/nodes?fields=uuid,conductor")["nodes"]
    return {node["uuid"]: node["conductor"] for node in nodes}


def test_the_nodes_of_a_killed_conductor_are_driven_by_the_others(cluster: Deployment) -> None:
    wait_for(lambda: set(owners(cluster).values()) == HOSTS, "every conductor to own nodes", SLACK)
    before = owners(cluster)
    orphans = [node for node, host in before.items() if host == "c2"]
    assert 1 <= Counter(before.values())["c2"] < len(NODES)

    cluster.kill_conductor("c2")
    bound = time.monotonic() + HEARTBEAT_TIMEOUT + SLACK
    wait_for(
        lambda: "c2" not in owners(cluster).values(),
        "the others to own its nodes",
        timeout=bound - time.monotonic(),
    )
    for node in orphans:
        cluster.set_power_state(node, "power on", timeout=max(1.0, bound - time.monotonic()))

    after = owners(cluster)
    moved = {node for node in NODES if before[node] != after[node]}
    assert moved == set(orphans), "nodes of living conductors stay where they are"

    cluster.add_conductor("c2")
    wait_for(lambda: owners(cluster) == before, "the conductor to get its nodes back", SLACK)
    for node in orphans:
        cluster.set_power_state(node, "power off")
