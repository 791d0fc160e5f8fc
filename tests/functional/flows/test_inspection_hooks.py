# SPDX-License-Identifier: Apache-2.0
"""What hooks make of the data that a ramdisk sends."""

from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite.common import exception, states
from tests.functional.flows.conductor_core import ConductorCore
from tests.functional.flows.inspection import Inspection, mac

Option = Callable[..., None]


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
        # The agent does not know from which interface it was booted.
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
        inspection.core.create_port(inspection.node, address)
    inspection.run()
    assert len(inspection.ports) == left
    assert inspection.first in inspection.ports


def test_ports_of_others_stay_theirs(inspection: Inspection, hooks: Callable[..., None]) -> None:
    hooks(add_ports="all")
    other = inspection.core.create_node()
    inspection.core.create_port(other, inspection.second)
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
    with inspection.core.task(inspection.node) as task:
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
    with inspection.core.task(inspection.node) as task:
        task.node.properties = {"root_device": hints}
        task.node.save()
    done = inspection.run()
    if local_gb is None:
        assert done.provision_state == states.INSPECTFAIL
        assert "hook root-device: no disk of the inventory matches" in done.last_error
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
    own = inspection.core.create_port(inspection.node, inspection.first)
    own.local_link_connection = {"port_id": "mine"}
    own.physical_network = "old"
    own.save()
    inspection.plugin_data["lldp_raw"] = {"eth0": [[1, "0411223344aabb"], [2, "05" + "6574"]]}
    # The format of older ramdisks.
    inspection.inventory["interfaces"][1]["lldp"] = [[1, "0411223344aabb"], [5, "7377"]]
    inspection.run()
    first, second = inspection.ports[inspection.first], inspection.ports[inspection.second]
    # As in Ironic: the switch that the operator has set stays; the network follows from the addresses.
    assert first.local_link_connection == {"switch_id": "11:22:33:44:aa:bb", "port_id": "mine"}
    assert second.local_link_connection == {"switch_id": "11:22:33:44:aa:bb", "switch_info": "sw"}
    assert (first.physical_network, second.physical_network) == ("physnet_a", "physnet_b")


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"cpu": None}, "hook architecture: the inventory lacks the architecture"),
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
        ({"hooks": "nosuch"}, "nosuch, which no installed package provides"),
        ({"hooks": "ports"}, "'ports' depends on 'validate-interfaces'"),
        ({"hooks": "memory,memory"}, "twice"),
        ({"hooks": "pci-devices", "pci_device_alias": ["{}"]}, "pci_device_alias"),
        (
            {
                "hooks": "validate-interfaces,physical-network",
                "physical_network_cidr_map": ["10.0.0.0/8"],
            },
            "physical_network_cidr_map",
        ),
    ],
)
def test_options_that_are_wrong_stop_the_conductor(
    core: ConductorCore, option: Option, options: dict[str, Any], told: str
) -> None:
    for name, value in options.items():
        option(name, value, group="inspector")
    with pytest.raises(exception.DriverLoadError, match=told):
        core.identity.drivers.load()


# Boot
