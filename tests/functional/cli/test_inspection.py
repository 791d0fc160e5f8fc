# SPDX-License-Identifier: Apache-2.0
"""Inspection with its rules and inventory, rescue and the way back: `baremetal` against a virtual server."""

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from ironic_lite_simulator import images
from ironic_lite_simulator.timing import Timing
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.cli.conftest import Baremetal, wait_for_state
from tests.functional.deployment import Deployment

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def rack(service: Deployment) -> Iterator[VirtualRack]:
    """One server."""
    with VirtualRack(count=1, boot_url=service.api_url, timing=Timing().scaled(0.1)) as made:
        yield made


@pytest.fixture(scope="module")
def server(baremetal: Baremetal, rack: VirtualRack) -> str:
    """Its node's name, manageable."""
    kernel, ramdisk = (f"{rack.http_url}/images/{n}" for n in (images.KERNEL, images.RAMDISK))
    info = {
        "ipmi_address": "127.0.0.1",
        "ipmi_port": rack.bmc_port(0),
        "ipmi_username": rack.options.username,
        "ipmi_password": rack.options.password,
        "deploy_kernel": kernel,
        "deploy_ramdisk": ramdisk,
        "rescue_kernel": kernel,
        "rescue_ramdisk": ramdisk,
    }
    words = [w for key, value in info.items() for w in ("--driver-info", f"{key}={value}")]
    interfaces = ("--inspect-interface", "agent", "--rescue-interface", "agent")
    baremetal("node", "create", "--driver", "ipmi", "--name", "seen", *interfaces, *words)
    uuid = baremetal.json("node", "show", "seen")["uuid"]
    baremetal("port", "create", rack.status(0)["mac"], "--node", uuid)
    baremetal("node", "manage", "seen")
    wait_for_state(baremetal, "seen", "manageable")
    return "seen"


def test_inspect_and_save_the_inventory(
    baremetal: Baremetal, rack: VirtualRack, server: str, tmp_path: Path
) -> None:
    file = tmp_path / "rule.json"
    trait = {"op": "add-trait", "args": {"name": "CUSTOM_SEEN"}}
    condition = {"op": "eq", "args": {"values": ["{inventory[hostname]}", "server-0"]}}
    words = ("--actions", json.dumps([trait]), "--conditions", json.dumps([condition]))
    rule = baremetal.json("inspection", "rule", "create", "--priority", "10", *words)["uuid"]
    baremetal("node", "inspect", server, "--wait", "120")
    node = baremetal.json("node", "show", server)
    assert (node["provision_state"], node["last_error"]) == ("manageable", None)
    assert node["traits"] == ["CUSTOM_SEEN"]
    baremetal("node", "inventory", "save", server, "--file", str(file))
    saved = json.loads(file.read_text())
    assert saved["inventory"]["hostname"] == "server-0"
    assert saved["plugin_data"]["macs"] == [rack.status(0)["mac"]]
    baremetal("inspection", "rule", "delete", rule)


def test_rescue_and_unrescue(baremetal: Baremetal, rack: VirtualRack, server: str) -> None:
    image = images.catalog()[images.DISK_IMAGE]
    for key, value in (
        ("image_source", f"{rack.http_url}/images/{image.name}"),
        ("image_os_hash_algo", "sha256"),
        ("image_os_hash_value", image.sha256),
    ):
        baremetal("node", "set", server, "--instance-info", f"{key}={value}")
    baremetal("node", "adopt", server, "--wait", "120")
    words = ("--rescue-password", PASSWORD, "--wait", "120")
    baremetal("node", "rescue", server, *words)
    assert baremetal.json("node", "show", server)["provision_state"] == "rescue"
    assert rack.status(0)["rescue_password_hash"].startswith("$5$")
    assert PASSWORD not in baremetal("node", "show", server)
    baremetal("node", "unrescue", server, "--wait", "120")
    node = baremetal.json("node", "show", server)
    assert (node["provision_state"], node["power_state"]) == ("active", "power on")
