# SPDX-License-Identifier: Apache-2.0
"""The command groups for parts of nodes, and for groups of nodes."""

from collections.abc import Iterator

import pytest

from tests.functional.cli.conftest import Baremetal
from tests.functional.deployment import Deployment


@pytest.fixture
def node(baremetal: Baremetal, service: Deployment) -> Iterator[str]:
    """The UUID of a node called ``parted``, whose power is off."""
    created = baremetal.json(
        "node", "create", "--driver", "fake-hardware", "--name", "parted", "--shard", "cli-shard"
    )
    uuid: str = created["uuid"]
    service.set_power_state(uuid, "power off")
    yield uuid
    baremetal("node", "delete", uuid)


def test_chassis(baremetal: Baremetal, node: str) -> None:
    """baremetal chassis ..."""
    made = baremetal.json("chassis", "create", "--description", "row 7", "--extra", "rack=r1")
    chassis = made["uuid"]
    assert (made["description"], made["extra"]) == ("row 7", {"rack": "r1"})
    baremetal("chassis", "set", chassis, "--description", "row 8", "--extra", "door=left")
    baremetal("chassis", "unset", chassis, "--extra", "rack")
    shown = baremetal.json("chassis", "show", chassis)
    assert (shown["description"], shown["extra"]) == ("row 8", {"door": "left"})
    listed = baremetal.json("chassis", "list", "--fields", "uuid", "description")
    assert {"uuid": chassis, "description": "row 8"} in listed
    assert chassis in {row["uuid"] for row in baremetal.json("chassis", "list", "--long")}

    baremetal("node", "set", node, "--chassis-uuid", chassis)
    assert baremetal.json("node", "list", "--chassis", chassis)[0]["uuid"] == node
    refused = baremetal.run("chassis", "delete", chassis)
    assert refused.status != 0
    assert "contains nodes" in refused.errors
    baremetal("node", "unset", node, "--chassis-uuid")
    assert f"Deleted chassis {chassis}" in baremetal("chassis", "delete", chassis)


def test_port_group(baremetal: Baremetal, node: str) -> None:
    """baremetal port group ..., and ports in one."""
    made = baremetal.json(
        "port", "group", "create", "--node", node, "--name", "cli-bond", "--mode", "802.3ad",
        "--address", "52:54:00:C2:00:01", "--property", "miimon=100", "--physical-network", "front",
        "--category", "tenant", "--unsupport-standalone-ports",
    )  # fmt: skip
    assert made["mode"] == "802.3ad"
    assert made["standalone_ports_supported"] is False
    baremetal("port", "group", "set", "cli-bond", "--name", "cli-bond-2", "--extra", "a=b")
    baremetal("port", "group", "unset", "cli-bond-2", "--property", "miimon", "--category")
    shown = baremetal.json("port", "group", "show", "cli-bond-2")
    assert (shown["extra"], shown["properties"], shown["category"]) == ({"a": "b"}, {}, None)
    assert baremetal.json("port", "group", "show", "--address", "52:54:00:c2:00:01") == shown
    listed = baremetal.json("port", "group", "list", "--node", "parted")
    assert [row["name"] for row in listed] == ["cli-bond-2"]

    port = baremetal.json(
        "port", "create", "52:54:00:C2:00:02", "--node", node, "--port-group", made["uuid"],
        "--pxe-enabled", "false", "--physical-network", "front",
    )  # fmt: skip
    assert port["portgroup_uuid"] == made["uuid"]
    members = baremetal.json("port", "list", "--port-group", "cli-bond-2")
    assert [row["uuid"] for row in members] == [port["uuid"]]
    refused = baremetal.run("port", "group", "delete", "cli-bond-2")
    assert refused.status != 0
    baremetal("port", "unset", port["uuid"], "--port-group")
    baremetal("port", "group", "delete", "cli-bond-2")
    assert baremetal.json("port", "group", "list", "--node", node) == []


def test_volumes(baremetal: Baremetal, node: str) -> None:
    """baremetal volume connector ..., baremetal volume target ..."""
    connector = baremetal.json(
        "volume", "connector", "create", "--node", node, "--type", "iqn", "--connector-id", "iqn.1"
    )["uuid"]
    baremetal("volume", "connector", "set", connector, "--connector-id", "iqn.2", "--extra", "a=b")
    baremetal("volume", "connector", "unset", connector, "--extra", "a")
    shown = baremetal.json("volume", "connector", "show", connector)
    assert (shown["connector_id"], shown["extra"]) == ("iqn.2", {})
    listed = baremetal.json("volume", "connector", "list", "--node", node, "--long")
    assert [row["connector_id"] for row in listed] == ["iqn.2"]
    baremetal("volume", "connector", "delete", connector)

    target = baremetal.json(
        "volume", "target", "create", "--node", node, "--type", "iscsi", "--volume-id", "v-1",
        "--boot-index", "0", "--property", "auth_password=hush", "--property", "target_lun=1",
    )  # fmt: skip
    assert target["properties"] == {"auth_password": "******", "target_lun": 1}
    baremetal("volume", "target", "set", target["uuid"], "--boot-index", "1", "--volume-id", "v-2")
    baremetal("volume", "target", "unset", target["uuid"], "--property", "auth_password")
    shown = baremetal.json("volume", "target", "show", target["uuid"])
    assert (shown["boot_index"], shown["volume_id"]) == (1, "v-2")
    assert shown["properties"] == {"target_lun": 1}
    listed = baremetal.json("volume", "target", "list", "--node", "parted")
    assert [row["boot_index"] for row in listed] == [1]
    baremetal("volume", "target", "delete", target["uuid"])


def test_traits(baremetal: Baremetal, node: str) -> None:
    """baremetal node add trait, remove trait, trait list."""

    def traits() -> list[str]:
        return [row["traits"] for row in baremetal.json("node", "trait", "list", node)]

    baremetal("node", "add", "trait", node, "CUSTOM_A", "HW_CPU_X86_VMX")
    assert traits() == ["CUSTOM_A", "HW_CPU_X86_VMX"]
    baremetal("node", "remove", "trait", node, "CUSTOM_A")
    assert traits() == ["HW_CPU_X86_VMX"]
    refused = baremetal.run("node", "add", "trait", node, "nosuch")
    assert "nosuch" in refused.output + refused.errors
    baremetal("node", "remove", "trait", node, "--all")
    assert traits() == []


def test_shards_and_children(baremetal: Baremetal, node: str) -> None:
    """baremetal shard list, node list --shards, node children list."""
    shards = {row["name"]: row["count"] for row in baremetal.json("shard", "list")}
    assert shards["cli-shard"] == 1
    assert [row["uuid"] for row in baremetal.json("node", "list", "--shards", "cli-shard")] == [
        node
    ]
    child = baremetal.json(
        "node", "create", "--driver", "fake-hardware", "--parent-node", node, "--name", "cli-child"
    )
    assert child["parent_node"] == node
    assert child["uuid"] in baremetal("node", "children", "list", node)
    listed = baremetal.json("node", "list", "--parent-node", node)
    assert [row["uuid"] for row in listed] == [child["uuid"]]
    baremetal("node", "delete", child["uuid"])
