# SPDX-License-Identifier: Apache-2.0
"""Many nodes at the same time on three conductors: the benchmark in small. Nothing may fail."""

from collections.abc import Callable

from tests.bench import scale
from tests.functional.deployment import Deployment

NODES = 100


def test_no_node_fails(
    make_deployment: Callable[..., Deployment], mariadb_url: str, rabbitmq_url: str
) -> None:
    # A power sync runs in the midst of it.
    options = {"DEFAULT": {"debug": False}, "conductor": {"sync_power_state_interval": 3}}
    cloud = make_deployment(database=mariadb_url, transport=rabbitmq_url, options=options)
    cloud.start_api()
    cloud.add_conductors("c1", "c2", "c3")
    failures = [
        failure for phase in scale.phases(cloud.port, NODES, 16) for failure in phase.failures
    ]
    assert failures == [], cloud.logs()
    assert cloud.call("GET", "/v1/nodes")["nodes"] == []
    assert "Traceback" not in cloud.logs()
