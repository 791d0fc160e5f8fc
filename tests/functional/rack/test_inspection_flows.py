# SPDX-License-Identifier: Apache-2.0
"""Inspection and rescue of virtual servers, driven through the REST API as a client does."""

from collections.abc import Iterator
from typing import Any

import pytest
from oslo_utils import secretutils

from ironic_lite_simulator import images
from ironic_lite_simulator.agent import inventory
from tests.functional.rack.cloud import Cloud, Server, running
from tests.waiting import wait_for

PASSWORD = "correct horse battery staple"

RULES = """
- uuid: built-in-rack
  priority: 20000
  conditions:
    - op: eq
      args: {values: ["{inventory[system_vendor][manufacturer]}", ironic_lite]}
  actions:
    - op: set-attribute
      args: {path: /extra/order, value: built-in}
"""


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """As in the other suites, with all hooks and a built-in rule."""
    directory = tmp_path_factory.mktemp("cloud")
    rules = directory / "rules.yaml"
    rules.write_text(RULES)
    inspector = {
        "hooks": "$default_hooks,cpus,memory,boot-mode,cpu-capabilities,pci-devices,parse-lldp,"
        "local-link-connection,physical-network,root-device,raid-device",
        "extra_kernel_params": "ipa-collect-lldp=1",
        "physical_network_cidr_map": "10.0.0.0/8:rack",
    }
    with running(
        directory, inspector=inspector, inspection_rules={"built_in_rules": rules}
    ) as made:
        yield made


@pytest.fixture
def rule(cloud: Cloud) -> Iterator[Any]:
    """``rule(conditions=..., actions=...)``: an inspection rule for one test."""
    made = []

    def make(**fields: Any) -> str:
        uuid: str = cloud.service.call("POST", "/v1/inspection_rules", fields)["uuid"]
        made.append(uuid)
        return uuid

    yield make
    for uuid in made:
        cloud.service.call("DELETE", f"/v1/inspection_rules/{uuid}")


def manageable(cloud: Cloud, **fields: Any) -> Server:
    server = cloud.enrol(**fields)
    cloud.manage(server)
    return server


def of_vendor(name: str) -> dict[str, Any]:
    reference = "{inventory[system_vendor][manufacturer]}"
    return {"op": "eq", "args": {"values": [reference, name]}}


def ports(cloud: Cloud, server: Server) -> list[dict[str, Any]]:
    return cloud.service.call("GET", f"/v1/ports/detail?node={server.node}")["ports"]


def test_an_inspection_fills_in_what_the_server_is_made_of(cloud: Cloud) -> None:
    server = manageable(cloud)
    assert cloud.show(server)["inspect_interface"] == "agent"
    node = cloud.provision(server, "inspect", "manageable")
    assert node["last_error"] is None
    assert node["properties"] == {
        "cpu_arch": "x86_64",
        "cpus": inventory.CPUS,
        "memory_mb": inventory.MEMORY_MB,
        "local_gb": 9,
        "capabilities": "boot_mode:uefi,cpu_vt:true,cpu_aes:true",
    }
    assert node["extra"] == {"order": "built-in"}
    assert node["inspection_started_at"] is None and node["inspection_finished_at"]
    (port,) = ports(cloud, server)
    assert port["local_link_connection"] == {
        "switch_id": "02:00:00:00:5c:01",
        "port_id": f"Ethernet1/{server.index}",
        "switch_info": "virtual-switch",
    }
    assert (port["pxe_enabled"], port["physical_network"]) == (True, "rack")
    found = cloud.service.call("GET", f"/v1/nodes/{server.node}/inventory")
    assert found["inventory"]["hostname"] == f"server-{server.index}"
    assert found["plugin_data"]["macs"] == [port["address"]]
    assert found["plugin_data"]["parsed_lldp"]["eth0"]["switch_system_name"] == "virtual-switch"
    assert server.status["power"] == "off"
    assert "inspection_taken_in" not in node["driver_internal_info"]


def test_two_nodes_that_are_one_server(cloud: Cloud) -> None:
    """The second was enrolled by mistake, with the other network card in mind."""
    first = manageable(cloud)
    cloud.provision(first, "inspect", "manageable")
    (port,) = ports(cloud, first)
    cloud.service.call("DELETE", f"/v1/ports/{port['uuid']}")
    info = cloud.service.node(first.node)["driver_info"]
    info["ipmi_password"] = cloud.rack.options.password
    second = cloud.service.create_node(driver="ipmi", driver_info=info)
    cloud.service.call("POST", "/v1/ports", {"node_uuid": second, "address": port["address"]})
    cloud.service.set_provision_state(second, "manage", until="manageable")
    cloud.service.set_provision_state(second, "inspect", until="manageable")
    for node, other in ((first.node, second), (second, first.node)):
        told = cloud.service.call("GET", f"/v1/nodes/{node}/timeline")["summary"]["advice"]
        (conflict,) = (each for each in told if "has the same" in each)
        assert f"Node {other} has the same serial number ironic_lite" in conflict


def test_data_that_comes_before_the_bmc_tells_that_the_server_is_on(cloud: Cloud) -> None:
    server = manageable(cloud)
    since = server.now()
    cloud.rack.set_faults(server.index, bmc_reports_late=3.0)
    node = cloud.provision(server, "inspect", "manageable")
    sent = (e for e in server.journal("agent", since) if e.action == "inspection-data-sent")
    assert [e.details["status"] for e in sent] == [202]
    assert node["properties"]["cpus"] == inventory.CPUS
    assert server.phases(since).count("agent") == 1
    assert "inspection_taken_in" not in node["driver_internal_info"]


def test_what_a_ramdisk_reports_fails_the_inspection(cloud: Cloud) -> None:
    server = manageable(cloud)
    cloud.rack.set_faults(server.index, inspection_error="the disk is on fire")
    node = cloud.provision(server, "inspect", "inspect failed")
    assert "hook ramdisk-error: the ramdisk reports: the disk is on fire" in node["last_error"]
    assert node["properties"] == {}
    assert server.status["power"] == "off"
    assert cloud.service.request("GET", f"/v1/nodes/{server.node}/inventory").status_code == 404
    cloud.rack.set_faults(server.index, inspection_error=None)
    assert cloud.provision(server, "inspect", "manageable")["properties"]["cpu_arch"] == "x86_64"


def test_abort_of_an_inspection_whose_ramdisk_never_comes(cloud: Cloud) -> None:
    server = manageable(cloud)
    cloud.rack.set_faults(server.index, agent_never_boots=True)
    cloud.provision(server, "inspect", "inspect wait")
    node = cloud.provision(server, "abort", "inspect failed")
    assert node["last_error"] == "The inspection was aborted by request."
    assert server.status["power"] == "off"
    assert "ramdisk_params" not in node["driver_internal_info"]
    cloud.provision(server, "manage", "manageable")


def test_rules_by_priority(cloud: Cloud, rule: Any) -> None:
    server = manageable(cloud, driver_info={"rack_slot": 7})
    first = {"op": "extend-plugin-data", "args": {"path": "/order", "value": "first"}}
    second = {"op": "extend-plugin-data", "args": {"path": "/order", "value": "second"}}
    rule(priority=1, conditions=[of_vendor("ironic_lite")], actions=[second])
    rule(
        priority=100,
        conditions=[
            of_vendor("ironic_lite"),
            {"op": "!one-of", "args": {"value": 1, "values": []}},
        ],
        actions=[
            first,
            {"op": "add-trait", "args": {"name": "CUSTOM_{item}"}, "loop": ["A", "B"]},
            {"op": "set-capability", "args": {"name": "rack", "value": "{inventory[hostname]}"}},
            {"op": "set-attribute", "args": {"path": "resource_class", "value": "virtual"}},
            {
                "op": "set-attribute",
                "args": {"path": "/extra/pw", "value": "{node.driver_info[ipmi_password]}"},
            },
            {
                "op": "set-port-attribute",
                "args": {"port_id": "{plugin_data[macs][0]}", "path": "/extra/n", "value": 5},
            },
        ],
    )
    rule(conditions=[of_vendor("other")], actions=[{"op": "fail", "args": {"msg": "never"}}])
    node = cloud.provision(server, "inspect", "manageable")
    assert node["traits"] == ["CUSTOM_A", "CUSTOM_B"]
    assert f"rack:server-{server.index}" in node["properties"]["capabilities"].split(",")
    assert node["resource_class"] == "virtual"
    assert node["extra"] == {"order": "built-in", "pw": "******"}
    assert ports(cloud, server)[0]["extra"] == {"n": 5}
    found = cloud.service.call("GET", f"/v1/nodes/{server.node}/inventory")
    assert found["plugin_data"]["order"] == ["first", "second"]


def test_a_rule_may_fail_an_inspection(cloud: Cloud, rule: Any) -> None:
    server = manageable(cloud)
    uuid = rule(
        description="no virtual ones",
        conditions=[],
        actions=[
            {"op": "set-attribute", "args": {"path": "/name", "value": "changed"}},
            {"op": "fail", "args": {"msg": "{inventory[hostname]} is not welcome"}},
        ],
    )
    node = cloud.provision(server, "inspect", "inspect failed")
    told = f"inspection rule {uuid} (no virtual ones), action 1 (fail): server-{server.index} is not welcome"
    assert told in node["last_error"]
    # All or nothing.
    assert (node["name"], node["properties"]) == (None, {})


def test_a_sensitive_rule_tells_nothing(cloud: Cloud, rule: Any) -> None:
    server = manageable(cloud)
    uuid = rule(
        sensitive=True,
        actions=[
            {"op": "log", "args": {"msg": "hush-hush"}},
            {"op": "set-attribute", "args": {"path": "/driver_info/secret", "value": "hush-hush"}},
            {"op": "add-trait", "args": {"name": "hush-hush"}},
        ],
    )
    node = cloud.provision(server, "inspect", "inspect failed")
    assert f"inspection rule {uuid}, action 2 (add-trait)" in node["last_error"]
    history = cloud.service.request("GET", f"/v1/nodes/{server.node}/history?detail=True").text
    assert uuid in history
    for shown in (str(node), history, cloud.service.logs()):
        assert "hush-hush" not in shown


# Rescue


@pytest.fixture(scope="module")
def active(cloud: Cloud) -> Server:
    """A server with an instance, that may be rescued."""
    rescue = {
        "rescue_kernel": cloud.image(images.KERNEL),
        "rescue_ramdisk": cloud.image(images.RAMDISK),
    }
    server = cloud.enrol_available(rescue_interface="agent", driver_info=rescue)
    cloud.deploy(server, cloud.disk_image())
    server.wait_booted()
    return server


def test_rescue_and_the_way_back(cloud: Cloud, active: Server) -> None:
    node = cloud.provision(active, "rescue", "rescue", rescue_password=PASSWORD)
    assert node["last_error"] is None
    hashed = active.status["rescue_password_hash"]
    assert hashed.startswith("$5$")
    assert secretutils.crypt_password(PASSWORD, hashed) == hashed
    # The agent is closed for good.
    assert active.status["agent"] == "locked-down"
    history = cloud.service.request("GET", f"/v1/nodes/{active.node}/history?detail=True").text
    for shown in (str(node), history, cloud.service.logs()):
        assert PASSWORD not in shown
        assert hashed not in shown
    assert not [key for key in node["instance_info"] if "password" in key]

    since = active.now()
    node = cloud.provision(active, "unrescue", "active")
    assert (node["power_state"], node["last_error"]) == ("power on", None)
    active.wait_booted()
    assert "agent" not in active.phases(since)
    assert active.status["rescue_password_hash"] is None


def test_a_rescue_whose_ramdisk_never_comes_is_aborted(cloud: Cloud, active: Server) -> None:
    cloud.rack.set_faults(active.index, agent_never_boots=True)
    cloud.provision(active, "rescue", "rescue wait", rescue_password=PASSWORD)
    node = cloud.provision(active, "abort", "rescue failed")
    assert node["last_error"] == "The rescue was aborted by request."
    assert not [key for key in node["instance_info"] if "password" in key]
    assert active.status["power"] == "off"
    cloud.rack.set_faults(active.index, agent_never_boots=False)
    cloud.provision(active, "unrescue", "active")
    active.wait_booted()


def test_a_rescued_server_is_torn_down(cloud: Cloud) -> None:
    rescue = {
        "rescue_kernel": cloud.image(images.KERNEL),
        "rescue_ramdisk": cloud.image(images.RAMDISK),
    }
    server = cloud.enrol_available(rescue_interface="agent", driver_info=rescue)
    cloud.deploy(server, cloud.disk_image())
    server.wait_booted()
    cloud.provision(server, "rescue", "rescue", rescue_password=PASSWORD)
    cloud.provision(server, "deleted", "available")
    wait_for(lambda: server.status["power"] == "off", "the server to be off")


@pytest.mark.parametrize(
    ("password", "told"), [(" ", "empty"), ("a\nb", "control character"), ("x" * 256, "255")]
)
def test_passwords_that_are_none(cloud: Cloud, active: Server, password: str, told: str) -> None:
    path = f"/v1/nodes/{active.node}/states/provision"
    body = {"target": "rescue", "rescue_password": password}
    refused = cloud.service.request("PUT", path, body)
    assert refused.status_code == 400
    assert told in refused.text


def test_rescue_needs_a_ramdisk_of_its_own(cloud: Cloud, active: Server) -> None:
    patch = [{"op": "remove", "path": "/driver_info/rescue_kernel"}]
    before = cloud.show(active)["driver_info"]["rescue_kernel"]
    cloud.service.call("PATCH", f"/v1/nodes/{active.node}", patch)
    path = f"/v1/nodes/{active.node}/states/provision"
    body = {"target": "rescue", "rescue_password": PASSWORD}
    refused = cloud.service.request("PUT", path, body)
    assert refused.status_code == 400
    assert "rescue_kernel" in refused.text
    patch = [{"op": "add", "path": "/driver_info/rescue_kernel", "value": before}]
    cloud.service.call("PATCH", f"/v1/nodes/{active.node}", patch)
