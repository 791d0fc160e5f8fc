# SPDX-License-Identifier: Apache-2.0
"""A cluster that is being upgraded from this release to the next one, process by process, as docs/upgrading.md says."""

from collections.abc import Callable
from pathlib import Path

from ironic_lite.common import release_mappings
from tests.functional import next_release
from tests.functional.deployment import Deployment, Options
from tests.waiting import wait_for

BEFORE = release_mappings.newest()
PINNED: Options = {"DEFAULT": {"pin_release_version": BEFORE}}
TAGGED = [{"op": "add", "path": f"/{next_release.FIELD}", "value": "rack 7"}]


def test_operations_go_on_while_a_cluster_is_upgraded_process_by_process(
    make_deployment: Callable[..., Deployment],
    mariadb_url: str,
    rabbitmq_url: str,
    tmp_path: Path,
) -> None:
    cloud = make_deployment(
        database=mariadb_url,
        transport=rabbitmq_url,
        options={"conductor": {"automated_clean": False}},
    )
    cloud.start_api()
    cloud.add_conductors("c1", "c2")
    nodes = _nodes_of_both(cloud)
    for node in nodes:
        cloud.set_provision_state(node, "manage", until="manageable")
    # The tables are of the next release; all processes are still of this one.
    cloud.code = next_release.make(tmp_path / "next")
    cloud.upgrade_database()
    for node in nodes:
        cloud.call("PATCH", f"/v1/nodes/{node}", [{"op": "add", "path": "/extra/a", "value": 1}])
    # One conductor is of the next release, and speaks as this one.
    _restart_conductor(cloud, "c2", PINNED)
    for node in nodes:
        cloud.set_provision_state(node, "provide", until="available")
    # Then all processes are.
    _restart_conductor(cloud, "c1", PINNED)
    _restart_api(cloud, PINNED)
    for node in nodes:
        cloud.set_provision_state(node, "active", until="active")
        assert cloud.node(node)[next_release.FIELD] is None
    refused = cloud.request("PATCH", f"/v1/nodes/{nodes[0]}", TAGGED)
    assert refused.status_code == 400, refused.text
    assert "Field asset_tag of Node is newer than release" in refused.text
    made = {"driver": "fake-hardware", next_release.FIELD: "rack 7"}
    assert cloud.request("POST", "/v1/nodes", made).status_code == 400
    # Without the pin they speak as the next release, one after the other.
    _restart_conductor(cloud, "c2")
    for node in nodes:
        cloud.call("PATCH", f"/v1/nodes/{node}", [{"op": "remove", "path": "/extra/a"}])
        cloud.call("GET", f"/v1/nodes/{node}/history")
    _restart_conductor(cloud, "c1")
    _restart_api(cloud)
    for node in nodes:
        assert cloud.call("PATCH", f"/v1/nodes/{node}", TAGGED)[next_release.FIELD] == "rack 7"
        cloud.set_provision_state(node, "deleted", until="available")
        assert cloud.node(node)[next_release.FIELD] == "rack 7"


def _restart_conductor(cloud: Deployment, host: str, options: Options | None = None) -> None:
    cloud.stop_conductor(host)
    cloud.add_conductor(host, options)
    wait_for(lambda: {"c1", "c2"} <= cloud.alive(), "both conductors")


def _restart_api(cloud: Deployment, options: Options | None = None) -> None:
    assert cloud.api is not None
    cloud.api.terminate()
    cloud.api.wait(30)
    cloud.start_api(options)
    wait_for(lambda: {"c1", "c2"} <= cloud.alive(), "both conductors")


def _nodes_of_both(cloud: Deployment) -> list[str]:
    """A node of each conductor."""
    wait_for(lambda: cloud.alive() == {"c1", "c2"}, "both conductors")
    found: dict[str, str] = {}

    def enough() -> bool:
        answer = cloud.request("POST", "/v1/nodes", {"driver": "fake-hardware"})
        # The API looks at the ring once a second.
        if answer.ok:
            node = answer.json()["uuid"]
            found.setdefault(cloud.node(node)["conductor"], node)
        return set(found) == {"c1", "c2"}

    wait_for(enough, "a node of each conductor")
    return list(found.values())
