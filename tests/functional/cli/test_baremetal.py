# SPDX-License-Identifier: Apache-2.0
"""The real ``baremetal`` command of python-ironicclient, and openstacksdk, against a running service."""

import openstack
import pytest

from tests.functional.cli.conftest import Baremetal, wait_for_state
from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE, wait_for


def test_whole_life_of_a_node(baremetal: Baremetal) -> None:
    """Enrol, manage, provide, deploy, power, boot device, maintenance, undeploy, delete."""
    created = baremetal.json(
        "node", "create", "--driver", "fake-hardware", "--name", "web-1", "--property", "cpus=8",
        "--driver-info", "ipmi_password=secret", "--resource-class", "large",
    )  # fmt: skip
    uuid = created["uuid"]
    assert created["provision_state"] == "enroll"
    assert created["driver_info"] == {"ipmi_password": "******"}

    port = baremetal.json("port", "create", "52:54:00:C1:00:01", "--node", uuid)
    assert port["address"] == "52:54:00:c1:00:01"
    assert baremetal.json("port", "list", "--node", "web-1") == [
        {"uuid": port["uuid"], "address": "52:54:00:c1:00:01"}
    ]

    baremetal("port", "set", port["uuid"], "--extra", "slot=3", "--physical-network", "front")
    baremetal("port", "unset", port["uuid"], "--physical-network")
    shown = baremetal.json("port", "show", "--address", port["address"])
    assert (shown["extra"], shown["physical_network"]) == ({"slot": 3}, None)

    baremetal("node", "manage", "web-1", "--wait", "60")
    baremetal("node", "provide", "web-1")
    wait_for_state(baremetal, "web-1", "available")
    listed = baremetal.json("node", "list", "--resource-class", "large")
    assert [(row["name"], row["provision_state"]) for row in listed] == [("web-1", "available")]

    drive = '{"meta_data": {"role": "web"}}'
    baremetal("node", "deploy", "web-1", "--config-drive", drive, "--wait", "60")
    shown = baremetal.json("node", "show", "web-1")
    assert shown["provision_state"] == "active"
    assert shown["conductor"] == "all-in-one"
    assert shown["instance_info"]["configdrive"] == "******"
    refused = baremetal.run("node", "delete", "web-1")
    assert refused.status != 0
    assert "while it is in provision state" in refused.errors

    baremetal("node", "power", "on", "web-1")
    _wait_for_power(baremetal, "power on")
    baremetal("node", "reboot", "web-1")
    _wait_for_power(baremetal, "power on")
    baremetal("node", "power", "off", "--soft", "--power-timeout", "10", "web-1")
    _wait_for_power(baremetal, "power off")

    assert baremetal.json("node", "boot", "device", "show", "web-1")["boot_device"] == "pxe"
    assert baremetal.json("node", "boot", "device", "show", "--supported", "web-1") == {
        "supported_boot_devices": "pxe"
    }
    baremetal("node", "boot", "device", "set", "web-1", "pxe", "--persistent")
    wrong = baremetal.run("node", "boot", "device", "set", "web-1", "cdrom")
    assert wrong.status != 0
    assert "cdrom" in wrong.errors

    results = {
        row["Interface"]: row["Result"] for row in baremetal.json("node", "validate", "web-1")
    }
    assert results["power"] is True
    assert len(results) == 12

    baremetal("node", "maintenance", "set", "web-1", "--reason", "a fan is loud")
    shown = baremetal.json("node", "show", "web-1")
    assert (shown["maintenance"], shown["maintenance_reason"]) == (True, "a fan is loud")
    baremetal("node", "maintenance", "unset", "web-1")

    baremetal(
        "node",
        "set",
        "web-1",
        "--extra",
        "rack=r7",
        "--description",
        "front end",
        "--name",
        "web-2",
    )
    shown = baremetal.json("node", "show", "web-2", "--fields", "extra", "description", "name")
    assert shown == {"extra": {"rack": "r7"}, "description": "front end", "name": "web-2"}
    baremetal("node", "unset", "web-2", "--extra", "rack", "--description")
    assert baremetal.json("node", "show", "web-2")["extra"] == {}

    baremetal("node", "undeploy", "web-2")
    wait_for_state(baremetal, "web-2", "available")
    baremetal("port", "delete", port["uuid"])
    assert "Deleted node web-2" in baremetal("node", "delete", "web-2")
    assert baremetal.json("node", "list", "--resource-class", "large") == []


def _wait_for_power(baremetal: Baremetal, state: str) -> None:
    fields = ("power_state", "target_power_state")
    wait_for(
        lambda: (
            baremetal.json("node", "show", "web-1", "--fields", *fields)
            == dict(zip(fields, (state, None), strict=True))
        ),
        f"'{state}' of web-1",
    )


def test_what_there_is(baremetal: Baremetal) -> None:
    """Drivers and conductors."""
    drivers = {row["name"] for row in baremetal.json("driver", "list")}
    assert drivers == {"fake-hardware", "ipmi", "manual-management"}
    assert baremetal.json("driver", "show", "ipmi")["default_power_interface"]
    properties = baremetal.json("driver", "property", "list", "ipmi")
    assert "ipmi_address" in {row["property"] for row in properties}
    assert [row["alive"] for row in baremetal.json("conductor", "list")] == [True]
    assert baremetal.json("conductor", "show", "all-in-one")["alive"] is True


def test_mistakes_are_told(baremetal: Baremetal) -> None:
    """The client shows the service's error messages."""
    for words, text in (
        (("node", "show", "nosuch"), "Node nosuch could not be found."),
        (("node", "create", "--driver", "nosuch"), "nosuch"),
        (("port", "create", "nosuch", "--node", "nosuch"), "nosuch"),
        (("driver", "show", "nosuch"), "nosuch"),
    ):
        refused = baremetal.run(*words)
        assert refused.status != 0
        assert text in refused.output + refused.errors


@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_openstacksdk(service: Deployment) -> None:
    """The library that other clients are made of: enrol, deploy, list by pages, update, delete."""
    cloud = openstack.connect(
        auth_type="none",
        endpoint=service.api_url,
        baremetal_endpoint_override=service.api_url,
        load_yaml_config=False,
        load_envvars=False,
    ).baremetal
    nodes = [
        cloud.create_node(driver="fake-hardware", name=f"sdk-{i}", resource_class="sdk")
        for i in range(3)
    ]
    assert [node.name for node in cloud.nodes(limit=1, sort_key="name", resource_class="sdk")] == [
        "sdk-0",
        "sdk-1",
        "sdk-2",
    ]
    node = cloud.set_node_provision_state(nodes[0], "manage", wait=True, timeout=PATIENCE)
    node = cloud.set_node_provision_state(node, "provide", wait=True, timeout=PATIENCE)
    node = cloud.set_node_provision_state(
        node, "active", config_drive={"meta_data": {"a": "b"}}, wait=True, timeout=PATIENCE
    )
    assert node.provision_state == "active"
    cloud.set_node_power_state(node, "power on", wait=True, timeout=PATIENCE)
    node = cloud.update_node(node, instance_id="3c0e7a52-7e29-4c9e-8d3b-6f3f5f0f6b11")
    assert [each.id for each in cloud.nodes(associated=True)] == [node.id]
    port = cloud.create_port(address="52:54:00:c1:00:02", node_id=node.id)
    assert [each.id for each in cloud.ports(details=True, node=node.id)] == [port.id]
    with pytest.raises(openstack.exceptions.BadRequestException, match="can not be performed"):
        cloud.set_node_provision_state(node, "manage")
    node = cloud.set_node_provision_state(node, "deleted", wait=True, timeout=PATIENCE)
    assert node.provision_state == "available"
    for each in nodes:
        cloud.delete_node(each)
    assert not list(cloud.nodes(resource_class="sdk"))
