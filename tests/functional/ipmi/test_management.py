# SPDX-License-Identifier: Apache-2.0
"""Management interface: what ipmi_sim really set, and, for the bits that it drops, the virtual rack's BMC."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers.modules.ipmi import sensors
from ironic_lite.drivers.modules.ipmi.management import IPMIManagement
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.servers import ipmi_sim
from tests.functional.servers.ipmi_sim import BMC

MANAGEMENT = IPMIManagement()
MakeTask = Callable[..., Any]
DRIVER_INFO = {
    "ipmi_address": "127.0.0.1",
    "ipmi_username": "admin",
    "ipmi_password": "password",
}


@pytest.fixture(scope="module")
def rack() -> Iterator[VirtualRack]:
    with VirtualRack(count=1) as rack:
        yield rack


@pytest.mark.parametrize(
    ("device", "set_in_simulator"),
    [("pxe", "pxe"), ("disk", "default"), ("cdrom", "cdrom"), ("bios", "bios")],
)
def test_set_boot_device(bmc: BMC, make_task: MakeTask, device: str, set_in_simulator: str) -> None:
    MANAGEMENT.set_boot_device(make_task(bmc.driver_info), device)
    assert bmc.boot_device == set_in_simulator


def test_no_valid_override_reads_as_none(bmc: BMC, make_task: MakeTask) -> None:
    assert MANAGEMENT.get_boot_device(make_task(bmc.driver_info)) == {
        "boot_device": None,
        "persistent": None,
    }


@pytest.mark.parametrize("device", ["pxe", "disk", "cdrom", "bios"])
@pytest.mark.parametrize("persistent", [True, False])
def test_what_is_set_is_read_back(
    rack: VirtualRack, make_task: MakeTask, device: str, persistent: bool
) -> None:
    task = make_task(DRIVER_INFO | {"ipmi_port": rack.bmc_port(0)})
    MANAGEMENT.set_boot_device(task, device, persistent=persistent)
    assert MANAGEMENT.get_boot_device(task) == {"boot_device": device, "persistent": persistent}
    seen = rack.status(0)["boot_device"]
    assert (seen["device"], seen["persistent"]) == (device, persistent)


@pytest.mark.parametrize(
    ("fields", "uefi"),
    [
        ({}, True),
        ({"properties": {"capabilities": "cpu_vt:true,boot_mode:bios"}}, False),
        ({"properties": {"capabilities": "boot_mode:uefi"}}, True),
        (
            {
                "properties": {"capabilities": "boot_mode:uefi"},
                "instance_info": {"capabilities": {"boot_mode": "bios"}},
            },
            False,
        ),
        ({"instance_info": {"capabilities": '{"boot_mode": "bios"}'}}, False),
    ],
)
def test_uefi_flag_follows_the_boot_mode(
    rack: VirtualRack, make_task: MakeTask, fields: dict[str, Any], uefi: bool
) -> None:
    task = make_task(DRIVER_INFO | {"ipmi_port": rack.bmc_port(0)}, **fields)
    MANAGEMENT.validate(task)
    MANAGEMENT.set_boot_device(task, "pxe")
    assert rack.status(0)["boot_device"]["efi"] is uefi


def test_unknown_boot_mode_is_told(make_task: MakeTask) -> None:
    task = make_task(DRIVER_INFO, properties={"capabilities": "boot_mode:efi"})
    with pytest.raises(exception.InvalidParameterValue, match="boot_mode is 'efi'.*bios, uefi"):
        MANAGEMENT.validate(task)


def test_unknown_device_is_told_and_not_sent(bmc: BMC, make_task: MakeTask) -> None:
    with pytest.raises(exception.InvalidParameterValue, match="'floppy' is not supported.*pxe"):
        MANAGEMENT.set_boot_device(make_task(bmc.driver_info), "floppy")
    assert bmc.history == []


def test_refusal_of_the_bmc_is_told(bmc: BMC, make_task: MakeTask) -> None:
    """ipmi_sim has no diagnostic interrupt."""
    with pytest.raises(exception.IPMICommandRefused, match="0x00 0x02.*code 0x") as refused:
        MANAGEMENT.inject_nmi(make_task(bmc.driver_info))
    assert refused.value.completion in (0xC1, 0xCC)


def test_vendor(bmc: BMC, make_task: MakeTask) -> None:
    assert MANAGEMENT.detect_vendor(make_task(bmc.driver_info)) == "iana-4753"


def test_no_sensors(bmc: BMC, make_task: MakeTask) -> None:
    assert MANAGEMENT.get_sensors_data(make_task(bmc.driver_info)) == {}


def test_each_bmc_has_its_own_sensors(make_task: MakeTask) -> None:
    """BMCs of one model, whose clocks tell the same, and whose records are of the same length."""
    with (
        ipmi_sim.running("one", temperatures={"Front": 42}) as one,
        ipmi_sim.running("two", temperatures={"Inlet": 23}) as two,
        ipmi_sim.running("three", temperatures={"Front": 21}) as three,
    ):
        for _again in range(2):
            for bmc, name in ((one, "Front (0x1)"), (two, "Inlet (0x1)")):
                read = MANAGEMENT.get_sensors_data(make_task(bmc.driver_info))
                assert list(read["Temperature"]) == [name]
        known = len(sensors._EQUAL)
        read = MANAGEMENT.get_sensors_data(make_task(three.driver_info))
        assert read["Temperature"]["Front (0x1)"]["Sensor Reading"].startswith("21")
        assert len(sensors._EQUAL) == known, "equal records are in memory once"
