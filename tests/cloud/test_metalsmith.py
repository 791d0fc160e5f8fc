# SPDX-License-Identifier: Apache-2.0
"""metalsmith deploys and undeploys in the same cloud, beside Nova and without it."""

import json
from collections.abc import Iterator
from typing import Any

import pytest

from ironic_lite_simulator import images
from tests.cloud import baremetal, furnishing
from tests.cloud.composition import Cloud
from tests.functional.rack.cloud import Server
from tests.waiting import wait_for

HOSTNAME = "smith"


@pytest.fixture
def node(furnished: Cloud) -> Iterator[Any]:
    """An available node that belongs to the project `admin`, of a resource class that Nova has no flavor for."""
    service = furnished.baremetal
    found, *_ = service.call("GET", "/v1/nodes/detail?provision_state=available&associated=false")[
        "nodes"
    ]
    projects = furnished.identity.call("GET", "/projects?name=admin")["projects"]
    _set(furnished, found["uuid"], resource_class="smithy", owner=projects[0]["id"])
    yield found
    _undeploy(furnished, found["uuid"])
    _set(furnished, found["uuid"], resource_class=baremetal.RESOURCE_CLASS, owner=None)


def _set(cloud: Cloud, node: str, **fields: Any) -> None:
    patch = [{"op": "add", "path": f"/{name}", "value": value} for name, value in fields.items()]
    cloud.baremetal.call("PATCH", f"/v1/nodes/{node}", patch)


def _undeploy(cloud: Cloud, node: str) -> None:
    """Make the node available again, however far a failed test has come with it."""
    service = cloud.baremetal

    def rests() -> bool:
        shown = service.node(node)
        return not shown["reservation"] and shown["provision_state"] in _RESTING

    wait_for(rests, "the node to come to rest", 120, 0.5, lambda: service.node(node))
    if service.node(node)["provision_state"] != "available":
        service.set_provision_state(node, "deleted", until="available", timeout=120)


_RESTING = ("available", "active", "wait call-back", "deploy failed", "error")


@pytest.fixture
def network(furnished: Cloud) -> Iterator[str]:
    """The name of a network of the project `admin`."""
    administrator, name = furnished.administrator, "smiths"
    administrator("network", "create", name)
    administrator("subnet", "create", name, "--network", name, "--subnet-range", "10.78.0.0/24")
    yield name
    administrator("network", "delete", name)


def test_deploy_and_undeploy(furnished: Cloud, network: str, node: dict[str, Any]) -> None:
    cloud, administrator = furnished, furnished.administrator
    told = administrator.run(
        "metalsmith",
        *("-f", "json", "deploy", "--resource-class", "smithy", "--image", furnishing.IMAGE),
        *("--network", network, "--hostname", HOSTNAME, "--wait", "300"),
    )
    deployed = json.loads(told)
    assert deployed["state"] == "active"
    (addresses,) = deployed["ip_addresses"].values()
    machine = Server(cloud.rack, int(node["name"].removeprefix("server-")), node["uuid"])
    assert machine.wait_booted()["booted_image"] == images.catalog()[images.DISK_IMAGE].sha256
    (vif,) = cloud.baremetal.call("GET", f"/v1/nodes/{node['uuid']}/vifs")["vifs"]
    port = cloud.ask("network", f"/v2.0/ports/{vif['id']}")["port"]
    assert [ip["ip_address"] for ip in port["fixed_ips"]] == addresses
    assert (port["status"], port["mac_address"]) == ("ACTIVE", machine.status["mac"])

    administrator.run("metalsmith", "undeploy", "--wait", "300", node["uuid"])
    left = cloud.baremetal.wait_for_node(
        node["uuid"], provision_state="available", reservation=None
    )
    assert (left["instance_info"], left["allocation_uuid"]) == ({}, None)
    found = cloud.ask("network", f"/v2.0/ports?mac_address={machine.status['mac']}")["ports"]
    assert found == []
    wait_for(lambda: machine.status["nics"][0]["network"] is None, "the switch port to be free")
