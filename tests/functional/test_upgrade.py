# SPDX-License-Identifier: Apache-2.0
"""A cluster that is being upgraded: processes that speak as the release before this one beside others."""

from collections.abc import Callable

import pytest

from ironic_lite.common.release_mappings import RELEASES
from tests.functional.deployment import Deployment, Options
from tests.waiting import wait_for

BEFORE, NOW = list(RELEASES)[-2:]
PINNED: Options = {"DEFAULT": {"pin_release_version": BEFORE}}


@pytest.mark.timeout(300)
def test_operations_go_on_while_a_cluster_is_upgraded_process_by_process(
    make_deployment: Callable[..., Deployment], mariadb_url: str, rabbitmq_url: str
) -> None:
    cloud = make_deployment(
        database=mariadb_url,
        transport=rabbitmq_url,
        options={"conductor": {"automated_clean": False}},
    )
    cloud.start_api(PINNED)
    cloud.add_conductors("c1", "c2", options=PINNED)
    nodes = _nodes_of_both(cloud)
    for node in nodes:
        cloud.set_provision_state(node, "manage", until="manageable")
    # One after the other speaks the new release. Its requests are the API's of the old one.
    cloud.stop_conductor("c2")
    cloud.add_conductor("c2")
    for node in nodes:
        cloud.set_provision_state(node, "provide", until="available")
    # Then the API, while a conductor of the old release is still there.
    assert cloud.api is not None
    cloud.api.terminate()
    cloud.api.wait(30)
    cloud.start_api()
    wait_for(lambda: {"c1", "c2"} <= cloud.alive(), "both conductors")
    for node in nodes:
        cloud.set_provision_state(node, "active", until="active")
        cloud.call("PATCH", f"/v1/nodes/{node}", [{"op": "add", "path": "/extra/a", "value": 1}])
        cloud.call("GET", f"/v1/nodes/{node}/history")
        cloud.set_provision_state(node, "deleted", until="available")


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
