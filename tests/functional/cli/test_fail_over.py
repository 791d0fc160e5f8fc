# SPDX-License-Identifier: Apache-2.0
"""The unmodified ``baremetal`` command during an outage of the service: it retries, and succeeds."""

import sqlite3
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from pathlib import Path

from tests.functional.cli.conftest import Baremetal
from tests.functional.deployment import Deployment
from tests.waiting import wait_for

HOSTS = ("c1", "c2")


SET_EXTRA = [{"op": "add", "path": "/extra/seen", "value": "1"}]


def test_a_conductor_is_killed(
    make_deployment: Callable[..., Deployment],
    mariadb_url: str,
    rabbitmq_url: str,
    tmp_path: Path,
) -> None:
    cloud = make_deployment(database=mariadb_url, transport=rabbitmq_url)
    cloud.start_api()
    cloud.add_conductors(*HOSTS)
    nodes = [cloud.create_node(driver="fake-hardware") for _ in range(8)]
    wait_for(
        lambda: {cloud.node(node)["conductor"] for node in nodes} == set(HOSTS), "both to own some"
    )
    orphan = next(node for node in nodes if cloud.node(node)["conductor"] == "c1")
    with closing(Baremetal(cloud.api_url, tmp_path)) as baremetal:
        baremetal("node", "list")
        cloud.kill_conductor("c1")
        refused = cloud.request("PUT", f"/v1/nodes/{orphan}/states/power", {"target": "power on"})
        assert refused.status_code == 503
        assert int(refused.headers["Retry-After"]) >= 1, (
            "who can read it is told when to come again"
        )
        baremetal("node", "power", "on", orphan)
        baremetal("node", "set", orphan, "--extra", "seen=1")
        baremetal("node", "manage", orphan, "--wait", "60")
    assert cloud.wait_for_node(orphan, power_state="power on")["conductor"] == "c2"


def test_the_database_is_busy_for_a_while(
    make_deployment: Callable[..., Deployment], tmp_path: Path
) -> None:
    file = tmp_path / "ironic-lite.sqlite"
    cloud = make_deployment(database=f"sqlite:///{file}")
    cloud.start_all_in_one({"database": {"sqlite_busy_timeout": 1, "max_retries": 1}})
    node = cloud.create_node(driver="fake-hardware")
    with closing(Baremetal(cloud.api_url, tmp_path)) as baremetal, ThreadPoolExecutor(1) as pool:
        baremetal("node", "list")
        with closing(sqlite3.connect(file, isolation_level=None)) as other:
            other.execute("BEGIN IMMEDIATE")
            refused = cloud.request("PATCH", f"/v1/nodes/{node}", SET_EXTRA)
            assert refused.status_code == 503
            assert "Retry-After" in refused.headers
            asked = pool.submit(baremetal, "node", "set", node, "--extra", "seen=2")
            wait_for(lambda: refusals(cloud) >= 2, "the command to be refused as well")
            other.execute("ROLLBACK")
        asked.result()
    assert cloud.node(node)["extra"] == {"seen": 2}


def refusals(cloud: Deployment) -> int:
    assert cloud.api is not None
    return cloud.api.log_tail(2000).count("A client must retry its request")


def test_no_worker_is_free(make_deployment: Callable[..., Deployment], tmp_path: Path) -> None:
    cloud = make_deployment(database=f"sqlite:///{tmp_path}/ironic-lite.sqlite")
    cloud.start_all_in_one(
        {
            "conductor": {"workers_pool_size": 3, "reserved_workers_pool_percentage": 0},
            "fake": {"power_delay": 2},
        }
    )
    node, *others = [cloud.create_node(driver="fake-hardware") for _ in range(4)]
    for other in others:
        cloud.call("PUT", f"/v1/nodes/{other}/states/power", {"target": "power on"})
    refused = cloud.request("PUT", f"/v1/nodes/{node}/states/power", {"target": "power on"})
    assert refused.status_code == 503
    with closing(Baremetal(cloud.api_url, tmp_path)) as baremetal:
        baremetal("node", "power", "on", node)
    cloud.wait_for_node(node, power_state="power on")
