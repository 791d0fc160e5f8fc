# SPDX-License-Identifier: Apache-2.0
"""Servers that no node is known for: switched on, inspected, enrolled, powered off, and accepted by an operator."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ironic_lite_simulator.agent import inventory
from tests.functional.rack.cloud import Cloud, running
from tests.functional.scan.command import enrol
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """A service that discovers, in front of a rack whose servers have two network cards."""
    directory = tmp_path_factory.mktemp("cloud")
    options = {
        "auto_discovery": {"enabled": True, "inspection_scope": "new", "max_waiting": 4},
        "inspector": {
            "hooks": "$default_hooks,cpus,memory,parse-lldp,local-link-connection",
            "extra_kernel_params": "ipa-collect-lldp=1",
        },
    }
    with running(directory, nics=2, configured_ramdisk=True, **options) as made:
        yield made


def _switch_on(cloud: Cloud, index: int) -> dict[str, Any]:
    cloud.rack.control(index, "on")
    return cloud.rack.status(index)


def _node_of(cloud: Cloud, mac: str) -> dict[str, Any] | None:
    ports = cloud.service.call("GET", f"/v1/ports?address={mac}&fields=node_uuid")["ports"]
    return cloud.service.node(ports[0]["node_uuid"]) if ports else None


def _waiting(cloud: Cloud) -> list[str]:
    """What `baremetal node list --provision-state enroll --description-contains ...` asks for."""
    query = "provision_state=enroll&description_contains=waiting%20to%20be%20accepted"
    return [node["uuid"] for node in cloud.service.call("GET", f"/v1/nodes?{query}")["nodes"]]


def _discovered(cloud: Cloud, index: int) -> dict[str, Any]:
    """Switch a server on, and wait until it is enrolled and off again."""
    mac = _switch_on(cloud, index)["mac"]

    def done() -> dict[str, Any] | None:
        node = _node_of(cloud, mac)
        off = cloud.rack.status(index)["power"] == "off"
        return node if node and off and node["reservation"] is None else None

    found: dict[str, Any] = wait_for(
        done, "the server to be discovered", describe=lambda: cloud.rack.console(index)
    )
    return found


def test_from_switched_on_to_manageable(cloud: Cloud) -> None:
    index = 0
    node = _discovered(cloud, index)
    status = cloud.rack.status(index)
    assert (node["provision_state"], node["driver"], node["last_error"]) == ("enroll", "ipmi", None)
    assert node["name"] == f"server-{status['uuid']}"
    assert node["driver_info"] == {"ipmi_address": status["bmc_address"]}
    assert node["properties"] == {
        "inspection_scope": "new",
        "cpu_arch": "x86_64",
        "cpus": inventory.CPUS,
        "memory_mb": inventory.MEMORY_MB,
    }
    told = node["extra"]["discovered"]
    assert told["system_uuid"] == told["serial_number"] == status["uuid"]
    assert (told["manufacturer"], told["product_name"]) == ("ironic_lite", "virtual rack")
    ports = cloud.service.call("GET", f"/v1/ports/detail?node={node['uuid']}")["ports"]
    assert {port["address"]: port["pxe_enabled"] for port in ports} == {
        nic["mac"]: nic["mac"] == status["mac"] for nic in status["nics"]
    }
    assert all(port["local_link_connection"]["switch_info"] == "virtual-switch" for port in ports)
    found = cloud.service.call("GET", f"/v1/nodes/{node['uuid']}/inventory")
    assert found["plugin_data"]["auto_discovered"] is True
    assert node["uuid"] in _waiting(cloud)

    told = cloud.service.call("GET", f"/v1/nodes/{node['uuid']}/timeline")["summary"]
    assert "waits to be accepted" in " ".join(told["advice"])
    assert "manage" in {verb["target"] for verb in told["next"]}

    # It is known now, so it boots its disk.
    script = cloud.service.request("GET", f"/boot/{status['mac'].replace(':', '-')}").text
    assert script.splitlines()[-1] == "exit" and "kernel" not in script

    credentials = {
        "ipmi_port": cloud.rack.bmc_port(index),
        "ipmi_username": cloud.rack.options.username,
        "ipmi_password": cloud.rack.options.password,
    }
    patch = [
        {"op": "add", "path": f"/driver_info/{name}", "value": value}
        for name, value in credentials.items()
    ]
    cloud.service.call("PATCH", f"/v1/nodes/{node['uuid']}", patch)
    node = cloud.service.set_provision_state(node["uuid"], "manage", until="manageable")
    assert node["uuid"] not in _waiting(cloud)
    assert "waiting" not in node["description"]
    advice = cloud.service.call("GET", f"/v1/nodes/{node['uuid']}/timeline")["summary"]["advice"]
    assert "accepted" not in " ".join(advice)
    cloud.service.set_provision_state(node["uuid"], "inspect", until="manageable")


def test_servers_that_are_listed_and_accepted_in_one_command(cloud: Cloud, tmp_path: Path) -> None:
    node = _discovered(cloud, 8)
    listed = enrol("--list", "--json", "--api", cloud.service.api_url)
    assert node["uuid"] in [each["uuid"] for each in json.loads(listed.stdout)["nodes"]]
    table = enrol("--list", "--api", cloud.service.api_url).stdout
    assert f"{node['name']}  ironic_lite virtual rack" in table

    password = tmp_path / "password"
    arguments = ("--accept", node["name"], "--username", cloud.rack.options.username)
    arguments += ("--password-file", str(password), "--api", cloud.service.api_url)
    arguments += ("--driver-info", f"ipmi_port={cloud.rack.bmc_port(8)}")
    password.write_text("wrong\n")
    refused = enrol(*arguments)
    assert refused.returncode == 1
    assert node["name"] in refused.stdout and "manageable" not in refused.stdout
    password.write_text(f"{cloud.rack.options.password}\n")
    accepted = enrol(*arguments)
    assert (accepted.returncode, accepted.stdout) == (0, f"{node['name']}: manageable\n")
    assert cloud.service.node(node["uuid"])["provision_state"] == "manageable"
    listed = enrol("--list", "--json", "--api", cloud.service.api_url)
    assert node["uuid"] not in [each["uuid"] for each in json.loads(listed.stdout)["nodes"]]


def test_a_server_that_is_accepted_automatically(tmp_path: Path) -> None:
    password = tmp_path / "password"
    password.write_text("password\n")
    options = {
        "enabled": True,
        "accept": "automatically",
        "bmc_username": "admin",
        "bmc_password_file": password,
        "bmc_networks": "127.0.0.0/8",
    }
    with running(tmp_path, configured_ramdisk=True, auto_discovery=options) as cloud:
        # BMCs of the rack differ by their ports only.
        action = {"path": "/driver_info/ipmi_port", "value": cloud.rack.bmc_port(0)}
        rule = {"conditions": [], "actions": [{"op": "set-attribute", "args": action}]}
        cloud.service.call("POST", "/v1/inspection_rules", rule)
        mac = _switch_on(cloud, 0)["mac"]
        node = wait_for(lambda: _node_of(cloud, mac), "the server to be discovered")
        node = cloud.service.wait_for_node(node["uuid"], provision_state="manageable")
        assert node["driver_info"]["ipmi_username"] == cloud.rack.options.username
        assert node["last_error"] is None
        wait_for(lambda: cloud.rack.status(0)["power"] == "off", "the server to be off")
        node = cloud.service.wait_for_node(node["uuid"], power_state="power off", reservation=None)
        assert node["uuid"] not in _waiting(cloud)


def test_no_more_servers_than_may_wait(cloud: Cloud) -> None:
    indices = range(1, 7)
    for index in indices:
        _switch_on(cloud, index)
    wait_for(
        lambda: all(cloud.rack.status(index)["phase"] != "pxe" for index in indices),
        "the servers to leave their firmware",
    )
    wait_for(lambda: len(_waiting(cloud)) == 4, "four discovered servers")
    macs = [cloud.rack.status(index)["mac"] for index in indices]
    known = [mac for mac in macs if _node_of(cloud, mac)]
    assert len(known) == 4
    unknown = next(mac for mac in macs if mac not in known)
    script = cloud.service.request("GET", f"/boot/{unknown.replace(':', '-')}").text
    assert "continuing with the next boot device" in script and "kernel" not in script
    cloud.service.call("DELETE", f"/v1/nodes/{_waiting(cloud)[0]}")
    script = cloud.service.request("GET", f"/boot/{unknown.replace(':', '-')}").text
    assert "kernel" in script
    for uuid in _waiting(cloud):
        cloud.service.call("DELETE", f"/v1/nodes/{uuid}")
