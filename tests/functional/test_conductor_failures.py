# SPDX-License-Identifier: Apache-2.0
"""Conductors that die or hang during operations, over RabbitMQ and MariaDB, behind an API without database
credentials."""

from collections.abc import Callable

import pytest

from tests.functional.deployment import HEARTBEAT_TIMEOUT, WITHOUT_DATABASE, Deployment
from tests.functional.servers.ipmi_sim import BMC
from tests.waiting import wait_for

pytestmark = pytest.mark.timed


@pytest.fixture
def cluster(
    make_deployment: Callable[..., Deployment], mariadb_url: str, rabbitmq_url: str
) -> Deployment:
    cloud = make_deployment(database=mariadb_url, transport=rabbitmq_url)
    cloud.start_api(WITHOUT_DATABASE)
    cloud.add_conductor("c1")
    return cloud


def owned_by(cluster: Deployment, host: str, **fields: object) -> str:
    """A node that the ring gives to this conductor."""
    for _ in range(60):
        node = cluster.create_node(**fields)
        if cluster.node(node)["conductor"] == host:
            return node
        cluster.call("DELETE", f"/v1/nodes/{node}")
    raise AssertionError(f"the ring gives nothing to {host}")


def test_work_of_a_killed_conductor_is_taken_up(cluster: Deployment, bmc: BMC) -> None:
    node = cluster.create_node(driver="ipmi", driver_info=bmc.driver_info)
    bmc.process.pause()
    cluster.call("PUT", f"/v1/nodes/{node}/states/provision", {"target": "manage"})
    cluster.wait_for_node(node, provision_state="verifying", reservation="c1")
    cluster.add_conductor("c2")
    cluster.kill_conductor("c1")
    bmc.process.resume()
    cluster.wait_for_node(node, provision_state="manageable", reservation=None)
    assert cluster.node(node)["last_error"] is None


def test_a_paused_conductor_harms_nothing_when_it_wakes(cluster: Deployment, bmc: BMC) -> None:
    cluster.add_conductors("c2", "c3")
    bmc.powered_on = True
    bmc.ignore_soft_power_off()
    node = owned_by(cluster, "c2", driver="ipmi", driver_info=bmc.driver_info)
    cluster.set_provision_state(node, "manage", until="manageable")
    cluster.call(
        "PUT", f"/v1/nodes/{node}/states/power", {"target": "soft power off", "timeout": 8}
    )
    wait_for(lambda: any("shutdown" in line for line in bmc.history), "the soft power off")
    cluster.pause_conductor("c2")
    cluster.wait_for_node(node, reservation=None, target_power_state=None)
    # Another conductor has asked the server again, which ignores it.
    assert "the server is still on" in cluster.node(node)["last_error"]
    cluster.call(
        "PATCH",
        f"/v1/nodes/{node}",
        [{"op": "replace", "path": "/description", "value": "mine"}],
    )
    before = cluster.node(node)
    cluster.resume_conductor("c2")
    wait_for(
        lambda: "Lost the lock on node" in cluster.conductors["c2"].log_tail(2000),
        "the conductor to notice",
        describe=cluster.conductors["c2"].log_tail,
    )
    wait_for(lambda: "c2" in cluster.alive(), "the conductor to be back")
    wait_for(
        lambda: cluster.node(node) == {**before, "conductor": "c2"},
        "the node to be as it was, and back with its conductor",
        describe=lambda: cluster.node(node),
    )


def test_a_stopped_conductor_leaves_at_once(cluster: Deployment) -> None:
    cluster.add_conductor("c2")
    nodes = [cluster.create_node(driver="fake-hardware") for _ in range(8)]
    cluster.stop_conductor("c2")
    # The API reads the ring each second here.
    wait_for(
        lambda: {cluster.node(node)["conductor"] for node in nodes} == {"c1"},
        "the nodes to move",
        timeout=HEARTBEAT_TIMEOUT,
    )


def test_the_api_works_without_database_credentials(cluster: Deployment) -> None:
    assert cluster.api is not None
    configuration = (cluster.directory / "api.conf").read_text()
    assert "mysql" not in configuration
    node = cluster.create_node(driver="fake-hardware", name="n0", extra={"a": 1})
    assert cluster.node("n0")["uuid"] == node
    cluster.call(
        "PATCH", f"/v1/nodes/{node}", [{"op": "add", "path": "/extra/b", "value": [2, None]}]
    )
    assert cluster.node(node)["extra"] == {"a": 1, "b": [2, None]}
    listed = cluster.call("GET", "/v1/nodes?fields=uuid,name")["nodes"]
    assert [each["name"] for each in listed] == ["n0"]
    port = cluster.call("POST", "/v1/ports", {"node_uuid": node, "address": "52:54:00:12:34:56"})
    cluster.call("DELETE", f"/v1/ports/{port['uuid']}")
    assert cluster.request("GET", "/v1/nodes/absent").status_code == 404
    cluster.set_provision_state(node, "manage", until="manageable")
    cluster.set_provision_state(node, "provide", until="available")
    told = cluster.call("GET", f"/v1/nodes/{node}/timeline?limit=2")
    assert (len(told["timeline"]), told["summary"]["owner"]["conductor"]) == (2, "c1")
    assert cluster.call("GET", f"/v1/nodes/{node}/plan?target=active")["refused"] == []
    cluster.call("DELETE", f"/v1/nodes/{node}")
    assert cluster.call("GET", "/v1/nodes")["nodes"] == []


NEXT = {
    "enroll": "manage",
    "manageable": "provide",
    "available": "active",
    "active": "deleted",
}


def test_a_service_killed_again_and_again_leaves_no_node_behind(
    make_deployment: Callable[..., Deployment], sqlite_url: str
) -> None:
    """Nodes are driven round and round; a fake one takes no harm from a step that runs twice, so none may fail."""
    cloud = make_deployment(database=sqlite_url)
    cloud.start_all_in_one()
    nodes = [cloud.create_node(driver="fake-hardware") for _ in range(8)]

    def listed() -> list[dict[str, object]]:
        fields = "uuid,provision_state,reservation,last_error"
        return cloud.call("GET", f"/v1/nodes?fields={fields}")["nodes"]

    def drive() -> None:
        for node in listed():
            target = NEXT.get(str(node["provision_state"]))
            if target and not node["reservation"]:
                path = f"/v1/nodes/{node['uuid']}/states/provision"
                cloud.request("PUT", path, {"target": target})

    for rounds in range(1, 5):
        for _ in range(rounds):
            drive()
        assert cloud.api is not None
        cloud.api.kill()
        cloud.start_all_in_one()
        wait_for(
            lambda: all(
                node["provision_state"] in NEXT and not node["reservation"] for node in listed()
            ),
            "every node to come to rest",
            describe=listed,
        )
        assert [node["last_error"] for node in listed()] == [None] * len(nodes)
