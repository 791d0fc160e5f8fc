# SPDX-License-Identifier: Apache-2.0
"""RAID interface ``agent``: software RAID is made, deleted, applied by a deploy template, and lost with its agent."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.functional.rack.cloud import Cloud, Server, running
from tests.waiting import wait_for

MIRROR = {"raid_level": "1", "size_gb": 5, "controller": "software", "is_root_volume": True}
STRIPES = {"raid_level": "0", "size_gb": "MAX", "controller": "software"}
BOTH = {"logical_disks": [MIRROR, STRIPES]}


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    with running(tmp_path_factory.mktemp("raid")) as made:
        yield made


@pytest.fixture
def server(cloud: Cloud) -> Server:
    server = cloud.enrol(raid_interface="agent")
    cloud.manage(server)
    return server


def target(cloud: Cloud, server: Server, wanted: dict[str, Any], expect: int = 204) -> str:
    path = f"/v1/nodes/{server.node}/states/raid"
    answer = cloud.service.request("PUT", path, wanted)
    assert answer.status_code == expect, answer.text
    return str(answer.text)


def clean(cloud: Cloud, server: Server, *steps: str, until: str = "manageable") -> dict[str, Any]:
    named = [{"interface": "raid", "step": step} for step in steps]
    return cloud.provision(server, "clean", until, clean_steps=named)


def mend(cloud: Cloud, server: Server) -> None:
    """From ``clean failed`` to ``manageable``, without maintenance."""
    cloud.provision(server, "manage", "manageable")
    cloud.service.call("DELETE", f"/v1/nodes/{server.node}/maintenance")


def test_made_shown_and_deleted(cloud: Cloud, server: Server) -> None:
    target(cloud, server, BOTH)
    node = clean(cloud, server, "delete_configuration", "create_configuration")
    assert server.status["raid"] == BOTH["logical_disks"]
    assert node["raid_config"]["logical_disks"] == BOTH["logical_disks"]
    assert node["raid_config"]["last_updated"]
    assert node["target_raid_config"] == BOTH
    again = clean(cloud, server, "create_configuration", until="clean failed")
    assert "Existing Software RAID device" in again["last_error"]
    mend(cloud, server)
    node = clean(cloud, server, "delete_configuration")
    assert (node["raid_config"], server.status["raid"]) == ({}, [])


def test_only_the_root_volume(cloud: Cloud, server: Server) -> None:
    target(cloud, server, BOTH)
    step = {
        "interface": "raid",
        "step": "create_configuration",
        "args": {"create_nonroot_volumes": False},
    }
    node = cloud.provision(server, "clean", "manageable", clean_steps=[step])
    assert node["raid_config"]["logical_disks"] == server.status["raid"] == [MIRROR]


def test_by_a_deployment(cloud: Cloud) -> None:
    server = cloud.enrol_available(raid_interface="agent")
    step = {
        "interface": "raid",
        "step": "apply_configuration",
        "priority": 95,
        "args": {"raid_config": {"logical_disks": [MIRROR]}},
    }
    node = cloud.deploy(server, cloud.disk_image(), deploy_steps=[step])
    assert node["raid_config"]["logical_disks"] == server.status["raid"] == [MIRROR]
    assert server.steps() == ["apply_configuration", "write_image"]
    server.wait_booted()


def test_an_agent_that_dies_in_it(cloud: Cloud, server: Server) -> None:
    """What has become of the disks is unknown, and the node says so."""
    target(cloud, server, BOTH)
    cloud.rack.set_faults(server.index, agent_dies_on="create_configuration")
    path = f"/v1/nodes/{server.node}/states/provision"
    steps = [{"interface": "raid", "step": "create_configuration"}]
    cloud.service.call("PUT", path, {"target": "clean", "clean_steps": steps})
    wait_for(lambda: "create_configuration" in server.steps(), "the step")
    cloud.rack.control(server.index, "off")
    wait_for(lambda: cloud.show(server)["provision_state"] == "clean failed", "the end")
    assert "result of the step is unknown" in cloud.show(server)["last_error"]


@pytest.mark.parametrize(
    ("disks", "reason"),
    [
        ([{**MIRROR, "raid_level": "0"}], "first logical disk of software RAID must have"),
        ([MIRROR, {**STRIPES, "controller": "megaraid"}], "either all logical disks or none"),
        ([MIRROR, STRIPES, STRIPES], "at most 2 logical disks"),
        ([MIRROR, {**STRIPES, "raid_level": "6+0"}], "no raid_level 6+0"),
        ([{**MIRROR, "size_gb": "MAX"}, STRIPES], "only one logical disk"),
        ([{**MIRROR, "volume_name": "a"}, {**STRIPES, "volume_name": "a"}], "volume_name"),
        ([{**MIRROR, "physical_disks": ["/dev/sda", "/dev/sdb"]}], "two or more device hints"),
    ],
)
def test_what_cannot_be_made(
    cloud: Cloud, server: Server, disks: list[dict[str, Any]], reason: str
) -> None:
    assert reason in target(cloud, server, {"logical_disks": disks}, expect=400)


def test_without_a_target_and_with_a_foreign_controller(cloud: Cloud, server: Server) -> None:
    node = clean(cloud, server, "create_configuration", until="clean failed")
    assert "target_raid_config has no logical disk" in node["last_error"]
    mend(cloud, server)
    target(cloud, server, {"logical_disks": [{**MIRROR, "controller": "megaraid"}]})
    node = clean(cloud, server, "create_configuration", until="clean failed")
    assert "need a hardware manager in the ramdisk" in node["last_error"]
