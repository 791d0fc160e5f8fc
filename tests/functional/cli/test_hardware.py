# SPDX-License-Identifier: Apache-2.0
"""The command groups that speak to one server: console, BIOS, boot mode, vendor methods, VIFs, history, rescue ..."""

import json
from collections.abc import Iterator

import pytest

from tests.functional.cli.conftest import Baremetal, wait_for_state
from tests.functional.deployment import Deployment
from tests.waiting import wait_for

SETTINGS = json.dumps(
    [
        {
            "interface": "bios",
            "step": "apply_configuration",
            "args": {"settings": [{"name": "Turbo", "value": "on"}]},
        }
    ]
)
VIF = "0c000000-0000-4000-8000-00000000000f"


@pytest.fixture
def node(baremetal: Baremetal, service: Deployment) -> Iterator[str]:
    """The UUID of a manageable node called ``driven``."""
    created = baremetal.json("node", "create", "--driver", "fake-hardware", "--name", "driven")
    uuid: str = created["uuid"]
    baremetal("node", "manage", uuid, "--wait", "60")
    yield uuid
    baremetal("node", "maintenance", "set", uuid)
    baremetal("node", "delete", uuid)


def _last_error(baremetal: Baremetal, node: str, text: str) -> None:
    wait_for(
        lambda: text in (baremetal.json("node", "show", node)["last_error"] or ""),
        f"'{text}' in last_error",
    )


def test_console(baremetal: Baremetal, node: str) -> None:
    """baremetal node console ..."""
    baremetal("node", "console", "enable", node)
    wait_for(
        lambda: baremetal.json("node", "console", "show", node)["console_enabled"], "the console"
    )
    baremetal("node", "console", "disable", node)
    wait_for(
        lambda: not baremetal.json("node", "console", "show", node)["console_enabled"],
        "no console",
    )


def test_bios_and_history(baremetal: Baremetal, node: str) -> None:
    """baremetal node bios setting ..., node history ..."""
    assert baremetal.json("node", "bios", "setting", "list", node) == []
    baremetal("node", "clean", node, "--clean-steps", SETTINGS, "--wait", "60")
    assert baremetal.json("node", "bios", "setting", "list", node) == [
        {"name": "Turbo", "value": "on"}
    ]
    assert len(baremetal.json("node", "bios", "setting", "list", node, "--long")[0]) > 2
    shown = baremetal.json("node", "bios", "setting", "show", node, "Turbo")
    assert (shown["name"], shown["value"]) == ("Turbo", "on")
    refused = baremetal.run("node", "bios", "setting", "show", node, "nosuch")
    assert "doesn't have a BIOS setting 'nosuch'" in refused.errors

    events = baremetal.json("node", "history", "list", node, "--long")
    assert [event["event_type"] for event in events] == [
        "manual_cleaning_start",
        "manual_cleaning_end",
    ]
    event = baremetal.json("node", "history", "get", node, events[0]["uuid"])
    assert event["event"] == "Starting manual cleaning with steps=[bios.apply_configuration]"


def test_firmware_and_inventory(baremetal: Baremetal, node: str) -> None:
    """baremetal node firmware ..., node inventory ...: a fake server has neither."""
    assert baremetal.json("node", "firmware", "list", node) == []
    refused = baremetal.run("node", "inventory", "save", node)
    assert f"Node inventory record for node {node} could not be found." in refused.errors


def test_vendor_methods(baremetal: Baremetal, node: str) -> None:
    """baremetal node passthru ..., driver passthru ..."""
    methods = {row["Name"]: row for row in baremetal.json("node", "passthru", "list", node)}
    assert {"first_method", "second_method", "third_method_sync"} <= set(methods)
    assert methods["third_method_sync"]["Supported HTTP methods"] == "POST"
    baremetal("node", "passthru", "call", node, "second_method", "--arg", "bar=kazoo")
    refused = baremetal.run("node", "passthru", "call", node, "second_method")
    assert "Parameter 'bar' not passed to method 'second_method'." in refused.errors
    assert baremetal.json("driver", "passthru", "list", "fake-hardware") == []
    refused = baremetal.run("driver", "passthru", "call", "fake-hardware", "nosuch")
    assert "No handler for method nosuch" in refused.errors


def test_vifs(baremetal: Baremetal, node: str) -> None:
    """baremetal node vif ..."""
    baremetal("node", "vif", "attach", node, VIF, "--vif-info", "physical_network=front")
    assert baremetal.json("node", "vif", "list", node) == []
    baremetal("node", "vif", "detach", node, VIF)
    refused = baremetal.run(
        "node", "vif", "attach", node, VIF, "--port-uuid", VIF, "--portgroup-uuid", VIF
    )
    assert "Cannot specify both port_uuid and portgroup_uuid" in refused.errors


def test_boot_mode_secure_boot_and_nmi(baremetal: Baremetal, node: str) -> None:
    """baremetal node boot mode set, secure boot on and off, inject nmi: no fake server has them, and says so."""
    baremetal("node", "boot", "mode", "set", node, "uefi")
    _last_error(baremetal, node, "does not support set_boot_mode")
    baremetal("node", "secure", "boot", "on", node)
    _last_error(baremetal, node, "secure_boot state to 'True'")
    baremetal("node", "secure", "boot", "off", node)
    _last_error(baremetal, node, "secure_boot state to 'False'")
    refused = baremetal.run("node", "inject", "nmi", node)
    assert "does not support inject_nmi" in refused.errors


def test_raid(baremetal: Baremetal, node: str) -> None:
    """baremetal driver raid property list, node set --target-raid-config"""
    properties = {
        row["property"]
        for row in baremetal.json("driver", "raid", "property", "list", "fake-hardware")
    }
    assert {"raid_level", "size_gb"} <= properties
    wanted = {"logical_disks": [{"size_gb": "MAX", "raid_level": "1"}]}
    baremetal("node", "set", node, "--target-raid-config", json.dumps(wanted))
    assert baremetal.json("node", "show", node)["target_raid_config"] == wanted
    refused = baremetal.run("node", "set", node, "--target-raid-config", '{"logical_disks": []}')
    assert "RAID config validation error" in refused.errors
    baremetal("node", "unset", node, "--target-raid-config")
    assert baremetal.json("node", "show", node)["target_raid_config"] == {}


def test_inspect_rescue_and_service(baremetal: Baremetal, node: str) -> None:
    """baremetal node inspect, rescue, unrescue, service"""
    baremetal("node", "inspect", node, "--wait", "60")
    assert baremetal.json("node", "show", node)["inspection_finished_at"]
    baremetal("node", "provide", node)
    wait_for_state(baremetal, node, "available")
    baremetal("node", "deploy", node)
    wait_for_state(baremetal, node, "active")
    baremetal("node", "rescue", node, "--rescue-password", "hush")
    wait_for_state(baremetal, node, "rescue")
    baremetal("node", "unrescue", node)
    wait_for_state(baremetal, node, "active")
    baremetal("node", "service", node, "--service-steps", SETTINGS)
    wait_for_state(baremetal, node, "active")
    shown = baremetal.json("node", "show", node)
    assert (shown["provision_state"], shown["instance_info"]) == ("active", {})
    assert baremetal.json("node", "bios", "setting", "show", node, "Turbo")["value"] == "on"
