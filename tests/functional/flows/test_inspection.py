# SPDX-License-Identifier: Apache-2.0
"""What hooks and rules make of the data that a ramdisk sends."""

import copy
import itertools
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import exception, states
from ironic_lite.conductor import flows
from ironic_lite.conductor.inspection_rules import built_in
from ironic_lite.conf import inspector
from tests.functional.flows.workshop import Workshop

_numbers = itertools.count(1)

Option = Callable[..., None]


def mac() -> str:
    number = next(_numbers)
    return f"52:54:01:00:{number >> 8:02x}:{number & 0xFF:02x}"


class Inspection:
    """A node that waits for the data of a server with two network interfaces."""

    def __init__(self, workshop: Workshop) -> None:
        self.workshop = workshop
        self.first, self.second = mac(), mac()
        self.node = workshop.create_node(
            states.INSPECTWAIT,
            target_provision_state=states.MANAGEABLE,
            inspect_interface="agent",
            driver_info={"ipmi_password": "hunter2"},
        )
        self.plugin_data: dict[str, Any] = {"root_disk": {"name": "sda", "size": 100 << 30}}
        self.inventory: dict[str, Any] = {
            "hostname": "h",
            "interfaces": [
                {"name": "eth0", "mac_address": self.first, "ipv4_address": "192.0.2.5"},
                {
                    "name": "eth1",
                    "mac_address": self.second.upper(),
                    "ipv6_address": "fe80::1%eth1",
                },
                {"name": "lo", "mac_address": "00:00:00:00:00:00", "ipv4_address": "127.0.0.1"},
                {"name": "", "mac_address": mac()},
                {"name": "ib0", "mac_address": "80:00:02"},
                {"name": ["eth2"], "mac_address": mac()},
            ],
            "boot": {"pxe_interface": "01-" + self.first.replace(":", "-")},
            "cpu": {"architecture": "x86_64", "count": 4, "flags": ["vmx"]},
            "memory": {"physical_mb": 8192},
            "disks": [
                {"name": "/dev/sda", "size": 100 << 30, "serial": "A", "rotational": True},
                {"name": "/dev/sdb", "size": 50 << 30, "serial": "B", "rotational": False},
            ],
        }

    def run(self) -> Any:
        """Send the data; the node afterwards."""
        return self.workshop.do(
            flows.inspect.receive, self.node, self.inventory, copy.deepcopy(self.plugin_data)
        )

    def again(self) -> Any:
        """The same for another inspection of the node."""
        with self.workshop.task(self.node) as task:
            task.node.provision_state = states.INSPECTWAIT
            task.node.save()
        return self.run()

    @property
    def ports(self) -> dict[str, Any]:
        """The node's ports, by their address."""
        found = objects.Port.list_by_node_id(self.workshop.context, self.node.id)
        return {port.address: port for port in found}

    @property
    def found(self) -> Any:
        """What is kept of the data."""
        return objects.NodeInventory.get(self.workshop.context, self.node.id)


@pytest.fixture
def inspection(workshop: Workshop) -> Inspection:
    """A node that waits for data."""
    return Inspection(workshop)


@pytest.fixture
def hooks(option: Option) -> Callable[..., None]:
    """``hooks("memory", add_ports="all")``: these behind the default ones, with these options."""

    def configure(*names: str, **options: Any) -> None:
        option("hooks", ",".join([inspector.DEFAULT_HOOKS, *names]), group="inspector")
        for name, value in options.items():
            option(name, value, group="inspector")

    return configure


# Hooks


def test_by_default(inspection: Inspection) -> None:
    done = inspection.run()
    assert (done.provision_state, done.last_error) == (states.MANAGEABLE, None)
    assert done.properties == {"cpu_arch": "x86_64"}
    assert {a: p.pxe_enabled for a, p in inspection.ports.items()} == {inspection.first: True}
    plugin_data = inspection.found.plugin_data
    assert list(plugin_data["all_interfaces"]) == ["eth0", "eth1", "lo"]
    assert list(plugin_data["valid_interfaces"]) == ["eth0"]
    assert plugin_data["macs"] == [inspection.first]


@pytest.mark.parametrize(
    ("add", "pxe", "expected"),
    [
        ("all", True, ["first", "second"]),
        ("pxe", True, ["first"]),
        ("active", True, ["first", "second"]),
        ("disabled", True, []),
        # It does not know what it was booted from.
        ("pxe", False, ["first", "second"]),
    ],
)
def test_which_interfaces_become_ports(
    inspection: Inspection, hooks: Callable[..., None], add: str, pxe: bool, expected: list[str]
) -> None:
    hooks(add_ports=add)
    if not pxe:
        inspection.inventory["boot"] = {"pxe_interface": None}
    inspection.run()
    assert list(inspection.ports) == [getattr(inspection, name) for name in expected]
    enabled = {port.pxe_enabled for port in inspection.ports.values()}
    assert enabled <= ({True, False} if pxe else {False})


@pytest.mark.parametrize(("keep", "left"), [("all", 3), ("present", 2), ("added", 1)])
def test_which_ports_stay(
    inspection: Inspection, hooks: Callable[..., None], keep: str, left: int
) -> None:
    hooks(keep_ports=keep)
    for address in (inspection.second, mac()):
        inspection.workshop.create_port(inspection.node, address)
    inspection.run()
    assert len(inspection.ports) == left
    assert inspection.first in inspection.ports


def test_ports_of_others_stay_theirs(inspection: Inspection, hooks: Callable[..., None]) -> None:
    hooks(add_ports="all")
    other = inspection.workshop.create_node()
    inspection.workshop.create_port(other, inspection.second)
    assert inspection.run().provision_state == states.MANAGEABLE
    assert list(inspection.ports) == [inspection.first]


def test_all_that_can_be_told_of_a_node(inspection: Inspection, hooks: Callable[..., None]) -> None:
    hooks(
        "cpus",
        "memory",
        "boot-mode",
        "cpu-capabilities",
        "pci-devices",
        "root-device",
        pci_device_alias=['{"vendor_id": "10DE", "product_id": "1eb8", "name": "t4"}'],
    )
    with inspection.workshop.task(inspection.node) as task:
        task.node.properties = {"capabilities": {"own": "1", "boot_mode": "bios"}}
        task.node.save()
    inspection.inventory["boot"]["current_boot_mode"] = "uefi"
    device = {"vendor_id": "10de", "product_id": "1eb8"}
    inspection.plugin_data["pci_devices"] = [device, device, {"vendor_id": "8086"}, "odd"]
    assert inspection.run().properties == {
        "cpu_arch": "x86_64",
        "cpus": 4,
        "memory_mb": 8192,
        "local_gb": 99,
        "capabilities": {"own": "1", "boot_mode": "uefi", "cpu_vt": "true", "t4": "2"},
    }
    # Devices that were pulled out are not there any more.
    inspection.plugin_data["pci_devices"] = []
    assert "t4" not in inspection.again().properties["capabilities"]


@pytest.mark.parametrize(
    ("hints", "local_gb"),
    [
        ({"serial": "b"}, 49),
        ({"size": ">= 60"}, 99),
        ({"size": 50}, 49),
        ({"rotational": False}, 49),
        ({"name": "<or> /dev/sdb <or> /dev/sdc"}, 49),
        ({"serial": "C"}, None),
        ({"wwn": "0x5"}, None),
    ],
)
def test_root_device_hints(
    inspection: Inspection,
    hooks: Callable[..., None],
    hints: dict[str, Any],
    local_gb: int | None,
) -> None:
    hooks("root-device")
    with inspection.workshop.task(inspection.node) as task:
        task.node.properties = {"root_device": hints}
        task.node.save()
    done = inspection.run()
    if local_gb is None:
        assert done.provision_state == states.INSPECTFAIL
        assert "hook root-device: no disk of the inventory fits" in done.last_error
    else:
        assert done.properties["local_gb"] == local_gb


def test_a_new_raid_volume_becomes_the_root_device(
    inspection: Inspection, hooks: Callable[..., None]
) -> None:
    hooks("raid-device")
    assert "root_device" not in inspection.run().properties
    volume = {"name": "/dev/sdc", "size": 200 << 30, "serial": "RAID1"}
    inspection.inventory["disks"].append(volume)
    assert inspection.again().properties["root_device"] == {"serial": "RAID1"}


def test_what_ports_are_plugged_into(inspection: Inspection, hooks: Callable[..., None]) -> None:
    hooks(
        "local-link-connection",
        "physical-network",
        add_ports="all",
        physical_network_cidr_map=["192.0.2.0/24:physnet_a", "fe80::/64:physnet_b"],
    )
    own = inspection.workshop.create_port(inspection.node, inspection.first)
    own.local_link_connection = {"port_id": "mine"}
    own.physical_network = "old"
    own.save()
    inspection.plugin_data["lldp_raw"] = {"eth0": [[1, "0411223344aabb"], [2, "05" + "6574"]]}
    # As older ramdisks tell it.
    inspection.inventory["interfaces"][1]["lldp"] = [[1, "0411223344aabb"], [5, "7377"]]
    inspection.run()
    first, second = inspection.ports[inspection.first], inspection.ports[inspection.second]
    # As on Ironic: what the operator has said of the switch stays, the network follows the addresses.
    assert first.local_link_connection == {"switch_id": "11:22:33:44:aa:bb", "port_id": "mine"}
    assert second.local_link_connection == {"switch_id": "11:22:33:44:aa:bb", "switch_info": "sw"}
    assert (first.physical_network, second.physical_network) == ("physnet_a", "physnet_b")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"cpu": None}, "hook architecture: the inventory does not tell the architecture"),
        ({"interfaces": []}, "hook validate-interfaces: no network interface"),
        ({"interfaces": [5]}, "hook validate-interfaces cannot read the inventory"),
        ({"disks": [{"name": "a", "size": "big"}]}, None),
        ({"disks": "none", "memory": [], "boot": "x"}, None),
    ],
)
def test_inventories_that_are_odd(
    inspection: Inspection, hooks: Callable[..., None], change: dict[str, Any], told: str | None
) -> None:
    hooks("memory", "cpus", "boot-mode", "cpu-capabilities", "parse-lldp", "raid-device")
    inspection.inventory.update(change)
    done = inspection.run()
    if told is None:
        assert done.provision_state == states.MANAGEABLE
        return
    assert done.provision_state == states.INSPECTFAIL
    assert told in done.last_error
    assert done.properties == {}
    with pytest.raises(exception.NodeInventoryNotFound):
        _ = inspection.found


@pytest.mark.parametrize(
    ("options", "told"),
    [
        ({"hooks": "nosuch"}, "nosuch, which nobody has installed"),
        ({"hooks": "ports"}, "'ports' needs 'validate-interfaces' before it"),
        ({"hooks": "memory,memory"}, "twice"),
        ({"hooks": "pci-devices", "pci_device_alias": ["{}"]}, "pci_device_alias"),
        (
            {
                "hooks": "validate-interfaces,physical-network",
                "physical_network_cidr_map": ["10.0.0.0/8"],
            },
            "physical_network_cidr_map",
        ),
        ({"extra_kernel_params": "quiet"}, "extra_kernel_params"),
    ],
)
def test_options_that_are_wrong_stop_the_conductor(
    workshop: Workshop, option: Option, options: dict[str, Any], told: str
) -> None:
    for name, value in options.items():
        option(name, value, group="inspector")
    with pytest.raises(exception.DriverLoadError, match=told):
        workshop.identity.drivers.load()


# Boot


def test_a_boot_that_is_not_ours(workshop: Workshop, option: Option) -> None:
    node = workshop.create_node(states.MANAGEABLE, inspect_interface="agent", boot_interface="ipxe")
    with pytest.raises(exception.InvalidParameterValue, match="deploy_kernel"):
        workshop.do(flows.inspect.start, node)
    option("require_managed_boot", False, group="inspector")
    waiting = workshop.do(flows.inspect.start, node)
    assert waiting.provision_state == states.INSPECTWAIT
    assert waiting.power_state == states.POWER_ON
    assert waiting.driver_internal_info["inspector_manage_boot"] is False
    failed = workshop.act(node, "abort")
    assert (failed.provision_state, failed.power_state) == (states.INSPECTFAIL, states.POWER_OFF)


@pytest.mark.parametrize(
    ("power_off", "fast_track", "left"),
    [(True, False, "off"), (False, False, "on"), (True, True, "on")],
)
def test_power_behind_an_inspection(
    workshop: Workshop, option: Option, power_off: bool, fast_track: bool, left: str
) -> None:
    option("power_off", power_off, group="inspector")
    option("fast_track", fast_track, group="deploy")
    inspection = Inspection(workshop)
    with workshop.task(inspection.node) as task:
        task.node.provision_state = states.MANAGEABLE
        task.node.save()
    assert workshop.do(flows.inspect.start, inspection.node).power_state == states.POWER_ON
    assert inspection.run().power_state == f"power {left}"


def test_time_runs_out(inspection: Inspection) -> None:
    failed = inspection.workshop.in_worker(flows.timed_out, inspection.node)
    assert failed.provision_state == states.INSPECTFAIL
    assert "The inspection timed out while in 'inspect wait'" in failed.last_error


# Rules


@pytest.fixture
def rule(inspection: Inspection) -> Any:
    """``rule(action, ..., conditions=[...])``: an inspection rule for this node; returns its UUID."""
    made = []

    def make(*actions: dict[str, Any], conditions: Any = (), **fields: Any) -> str:
        mine = {"op": "eq", "args": {"values": ["{node.uuid}", inspection.node.uuid]}}
        created = objects.InspectionRule(
            inspection.workshop.context,
            uuid=f"00000000-0000-4000-8000-{next(_numbers):012}",
            conditions=[mine, *conditions],
            actions=list(actions),
            **fields,
        )
        created.create()
        made.append(created)
        return str(created.uuid)

    yield make
    for each in made:
        each.destroy()


def setting(path: str, value: Any, **more: Any) -> dict[str, Any]:
    return {"op": "set-attribute", "args": {"path": path, "value": value}, **more}


HIT = setting("/extra/hit", "yes")


@pytest.mark.parametrize(
    ("op", "args", "held"),
    [
        ("eq", {"values": ["{inventory[cpu][count]}", 4]}, False),
        ("eq", {"values": ["{inventory[cpu][count]}", 4], "force_strings": True}, True),
        ("eq", {"values": ["{inventory[cpu][count]}", "4", "4"]}, True),
        ("eq", [["a", "a"]], True),
        ("eq", ["{inventory[cpu][count]}", 4], False),
        ("eq", ["a", "a"], True),
        ("lt", {"values": [1, 2, 3]}, True),
        ("lt", {"values": [1, 3, 3]}, False),
        ("gt", {"values": [5, 4, 3]}, True),
        ("!gt", {"values": [5, 4, 3]}, False),
        ("is-empty", {"value": "{plugin_data[nosuch]}"}, True),
        ("is-empty", {"value": "{inventory[disks]}"}, False),
        ("is-none", {"value": "{plugin_data[nosuch]}"}, True),
        ("!is-none", {"value": "{inventory[hostname]}"}, True),
        ("is-true", {"value": "{inventory[cpu][count]}"}, True),
        ("is-true", {"value": "Yes"}, True),
        ("is-true", {"value": "{plugin_data[nosuch]}"}, False),
        ("is-false", {"value": "{inventory[disks][1][rotational]}"}, True),
        ("is-false", {"value": "yes"}, False),
        ("in-net", {"address": "192.0.2.5", "subnet": "192.0.2.0/24"}, True),
        ("in-net", {"address": "2001:db8::1", "subnet": "192.0.2.0/24"}, False),
        ("matches", {"value": "{inventory[cpu][architecture]}", "regex": "x86"}, False),
        ("matches", {"value": "{inventory[cpu][architecture]}", "regex": "x86_[0-9]{2}"}, True),
        ("contains", {"value": "{inventory[cpu][architecture]}", "regex": "(?i)X86"}, True),
        ("one-of", {"value": "{inventory[cpu][count]}", "values": [2, 4]}, True),
        ("one-of", {"value": "vmx", "values": "{inventory[cpu][flags]}"}, True),
        ("!one-of", {"value": "svm", "values": "{inventory[cpu][flags]}"}, True),
    ],
)
def test_conditions(inspection: Inspection, rule: Any, op: str, args: Any, held: bool) -> None:
    rule(HIT, conditions=[{"op": op, "args": args}])
    done = inspection.run()
    assert done.last_error is None
    assert ("hit" in done.extra) is held


@pytest.mark.parametrize(
    ("op", "multiple", "loop", "held"),
    [
        ("eq", "any", ["x", "h"], True),
        ("eq", "all", ["x", "h"], False),
        ("!eq", "any", ["h", "x"], True),
        ("!eq", "all", ["x", "h"], False),
        ("eq", "first", ["x", "h"], True),
        ("eq", "last", ["h", "x"], False),
        ("eq", "last", ["{inventory[hostname]}"], True),
        ("eq", "any", [], False),
        ("eq", "last", [], False),
    ],
)
def test_loops_of_conditions(
    inspection: Inspection, rule: Any, op: str, multiple: str, loop: list[str], held: bool
) -> None:
    args = {"values": ["{item}", "{inventory[hostname]}"]}
    rule(HIT, conditions=[{"op": op, "args": args, "loop": loop, "multiple": multiple}])
    assert ("hit" in inspection.run().extra) is held


def test_references(inspection: Inspection, rule: Any) -> None:
    """They lead to data, never into Python; one that leads nowhere leaves its text alone."""
    texts = {
        "count": "{inventory[cpu][count]}",
        "both": "{inventory[hostname]} has {inventory[cpu][count]}",
        "missing": "{inventory[hostname]} {inventory[nosuch]}",
        "index": "{inventory[disks][1][serial]}",
        "beyond": "{inventory[disks][9]}",
        "class": "{node.__class__}",
        "globals": "{inventory.__class__.__init__.__globals__}",
        "wide": "{inventory[cpu][count]:>200000}",
        "wrong": "{node[driver]}{inventory.hostname}",
        "driver": "{node.driver}",
        "password": "{node.driver_info[ipmi_password]}",
        "token": "{node.agent_secret_token}",
        "braces": "{} {0} {{x}}",
    }
    rule(*(setting(f"/extra/{name}", text) for name, text in texts.items()), setting("extra.n", 5))
    extra = inspection.run().extra
    changed = {
        "count": "4",
        "both": "h has 4",
        "index": "B",
        "driver": "fake-hardware",
        "password": "******",
        "n": 5,
    }
    assert extra == {**texts, **changed}


def test_all_actions(inspection: Inspection, rule: Any, hooks: Callable[..., None]) -> None:
    hooks(add_ports="all")
    inspection.plugin_data["old"] = 1
    port = {"port_id": "{plugin_data[macs][1]}"}
    with inspection.workshop.task(inspection.node) as task:
        task.node.description = "to go"
        task.node.extra = {"l": ["a"], "gone": {"x": 1, "y": 2}}
        task.node.properties = {"capabilities": "one:1,two:2"}
        task.node.save()
        task.node.set_traits(["CUSTOM_OLD"])
    rule(
        {"op": "log", "args": ["{inventory[hostname]}", "warning"]},
        {"op": "extend-attribute", "args": {"path": "/extra/l", "value": "b"}},
        {"op": "extend-attribute", "args": {"path": "/extra/l", "value": "b", "unique": True}},
        {
            "op": "extend-attribute",
            "args": {"path": "/extra/new", "value": "{item}"},
            "loop": [1, 2],
        },
        {"op": "del-attribute", "args": {"path": "/extra/gone/x"}},
        {"op": "del-attribute", "args": {"path": "/extra/nosuch/x"}},
        {"op": "del-attribute", "args": {"path": "/description"}},
        {"op": "set-capability", "args": {"name": "three", "value": 3}},
        {"op": "unset-capability", "args": {"name": "one"}},
        {"op": "add-trait", "args": {"name": "CUSTOM_NEW"}},
        {"op": "remove-trait", "args": {"name": "CUSTOM_OLD"}},
        {"op": "remove-trait", "args": {"name": "CUSTOM_NEVER"}},
        {"op": "set-plugin-data", "args": {"path": "/a/b", "value": {"c": ["{node.driver}"]}}},
        {"op": "extend-plugin-data", "args": {"path": "/l", "value": 1}},
        {"op": "unset-plugin-data", "args": {"path": "/old"}},
        {"op": "set-port-attribute", "args": {**port, "path": "/physical_network", "value": "p"}},
        {"op": "extend-port-attribute", "args": {**port, "path": "/extra/l", "value": 1}},
        {"op": "del-port-attribute", "args": {**port, "path": "/extra/nosuch"}},
        setting("{item[path]}", "{item[value]}", loop=[{"path": "/name", "value": "n-{node.id}"}]),
    )
    done = inspection.run()
    assert done.last_error is None
    assert done.extra == {"l": ["a", "b"], "new": ["1", "2"], "gone": {"y": 2}}
    assert (done.description, done.name) == (None, f"n-{done.id}")
    assert done.properties["capabilities"] == "two:2,three:3"
    assert done.traits == ["CUSTOM_NEW"]
    plugin_data = inspection.found.plugin_data
    assert (plugin_data["a"], plugin_data["l"]) == ({"b": {"c": ["fake-hardware"]}}, [1])
    assert "old" not in plugin_data
    changed = inspection.ports[inspection.second]
    assert (changed.physical_network, changed.extra) == ("p", {"l": [1]})


@pytest.mark.parametrize(
    ("action", "told"),
    [
        ({"op": "fail", "args": {"msg": "{inventory[hostname]}!"}}, "h!"),
        (setting("{inventory[hostname]}", 1), "'h' is no attribute that rules may change"),
        (setting("/extra", "text"), "'extra' cannot be a str"),
        (setting("/name", "not a name"), "cannot be the name of a node"),
        (
            setting("/driver", "nosuch"),
            "Could not find the following driver(s) or hardware type(s)",
        ),
        (setting("/deploy_interface", "nosuch"), "nosuch"),
        (setting("/resource_class", "x" * 300), "longer than 255"),
        ({"op": "add-trait", "args": {"name": "{inventory[hostname]}"}}, "'h' is no trait"),
        ({"op": "extend-attribute", "args": {"path": "/extra/t", "value": 1}}, "not a list"),
        (
            {"op": "set-port-attribute", "args": {"port_id": "x", "path": "/name", "value": "y"}},
            "the node has no port 'x'",
        ),
        (
            {"op": "api-call", "args": {"url": "http://169.254.169.254/", "retries": 0}},
            "is refused",
        ),
        (
            {"op": "api-call", "args": {"url": "http://127.0.0.1:1/", "retries": 0}},
            "does not answer",
        ),
        (
            {"op": "log", "args": {"msg": "x", "level": "{inventory[hostname]}"}},
            "'h' is not one of debug",
        ),
    ],
)
def test_actions_that_cannot_be_done(
    inspection: Inspection, rule: Any, action: dict[str, Any], told: str
) -> None:
    with inspection.workshop.task(inspection.node) as task:
        task.node.extra = {"t": "text"}
        task.node.save()
    uuid = rule(setting("/extra/t2", 1), action, description="mine")
    failed = inspection.run()
    assert failed.provision_state == states.INSPECTFAIL
    assert told in failed.last_error
    if "interface" not in str(action) and "/driver" not in str(action):
        assert f"inspection rule {uuid} (mine), action 1 ({action['op']})" in failed.last_error
    # Nothing of it stays.
    assert (failed.extra, failed.properties) == ({"t": "text"}, {})


def test_conditions_that_cannot_be_judged(inspection: Inspection, rule: Any) -> None:
    address = {"address": "{inventory[hostname]}", "subnet": "192.0.2.0/24"}
    uuid = rule(HIT, conditions=[{"op": "in-net", "args": address}])
    failed = inspection.run()
    assert f"inspection rule {uuid}, condition 1 (in-net): 'h' does not appear" in failed.last_error


def test_another_driver_brings_its_interfaces(inspection: Inspection, rule: Any) -> None:
    rule(setting("/driver", "ipmi"), setting("/driver_info/ipmi_address", "192.0.2.1"))
    done = inspection.run()
    assert (done.provision_state, done.driver) == (states.MANAGEABLE, "ipmi")
    assert (done.power_interface, done.inspect_interface) == ("pyghmi", "agent")


@pytest.mark.parametrize(
    ("wanted", "sensitive", "seen"),
    [
        ("always", True, "******"),
        ("sensitive", False, "******"),
        ("sensitive", True, "hunter2"),
        ("never", False, "hunter2"),
    ],
)
def test_passwords_in_references(
    inspection: Inspection, rule: Any, option: Option, wanted: str, sensitive: bool, seen: str
) -> None:
    option("mask_secrets", wanted, group="inspection_rules")
    rule(setting("/extra/p", "{node.driver_info[ipmi_password]}"), sensitive=sensitive)
    assert inspection.run().extra == {"p": seen}


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("[", "expected"),
        ("a: 1", "not a list of rules"),
        ("- 5", "rule 0 is not an object"),
        ("- {actions: []}", "rule 0 actions must not be empty"),
        ("- {actions: [{op: nosuch, args: {}}]}", "'nosuch' is not one of"),
        ("- {actions: [{op: log, args: [x]}], scope: x}", "unknown keys scope"),
        ("- {actions: [{op: log, args: [x]}], phase: early}", "phase"),
        ("- {actions: [{op: log, args: [x]}], priority: high}", "priority"),
        (
            "- {actions: [{op: log, args: [x]}], conditions: [{op: eq, args: [a]}]}",
            "'values' is not",
        ),
    ],
)
def test_built_in_rules_that_are_wrong(
    option: Option, tmp_path: Path, text: str, told: str
) -> None:
    path = tmp_path / "rules.yaml"
    path.write_text(text)
    option("built_in_rules", str(path), group="inspection_rules")
    with pytest.raises(exception.ConfigInvalid, match=told):
        built_in.load()
