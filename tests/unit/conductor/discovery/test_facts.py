# SPDX-License-Identifier: Apache-2.0
"""What inventories say about which server they are from, and what they only seem to say."""

from typing import Any

import pytest

from ironic_lite.conductor.discovery import facts
from tests.options import overridden

MAC = "52:54:00:00:00:01"
UUID = "4c4c4544-0039-4d10-8052-b4c04f4b4e32"


def _inventory(**more: Any) -> dict[str, Any]:
    return {"interfaces": [{"name": "eno1", "mac_address": MAC}], **more}


def _vendor(**fields: Any) -> dict[str, Any]:
    return _inventory(system_vendor=fields)


def test_a_whole_inventory() -> None:
    found = facts.of(
        {
            "interfaces": [
                {"name": "lo", "mac_address": "52:54:00:00:00:09"},
                {"name": "eno1", "mac_address": MAC.upper()},
                {"name": "ib0", "mac_address": "52:54:00:00:00:02", "client_id": "ff:00:01"},
                {"name": "eno1.7", "mac_address": MAC},
                {"name": "odd", "mac_address": "ff:ff:ff:ff:ff:ff"},
                {"name": "none"},
                "nonsense",
            ],
            "boot": {"pxe_interface": "01-52-54-00-00-00-02"},
            "bmc_address": "192.0.2.7",
            "bmc_v6address": "2001:DB8::7/64",
            "bmc_mac": "AA:BB:CC:00:00:01",
            "system_vendor": {
                "manufacturer": "Dell  Inc.\n",
                "product_name": "R640",
                "serial_number": "ABC1234",
            },
            "hostname": "ramdisk",
        },
        UUID.upper(),
    )
    assert found.macs == (MAC, "52:54:00:00:00:02")
    assert [(nic["address"], nic["pxe_enabled"], nic["extra"]) for nic in found.nics] == [
        (MAC, False, {}),
        ("52:54:00:00:00:02", True, {"client-id": "ff:00:01"}),
    ]
    assert found.identity == {
        "system_uuid": UUID,
        "serial": "Dell Inc. ABC1234",
        "bmc_mac": "aa:bb:cc:00:00:01",
        "bmc_address": "192.0.2.7",
        "bmc_v6address": "2001:db8::7",
    }
    assert str(found) == (
        f"Dell Inc. R640, serial number ABC1234, system UUID {UUID}, BMC 192.0.2.7"
    )


def test_each_interface_may_boot_if_the_ramdisk_does_not_know_which() -> None:
    found = facts.of(_inventory(boot={"pxe_interface": "01-52-54-00-00-00-77"}))
    assert [nic["pxe_enabled"] for nic in found.nics] == [True]


@pytest.mark.parametrize(
    "serial",
    ["", " ", "To Be Filled By O.E.M.", "Default string", "0123456789", "None", None, 17, ["x"]],
)
def test_serial_numbers_that_are_none(serial: Any) -> None:
    found = facts.of(_vendor(manufacturer="Maker", serial_number=serial))
    assert found.identity["serial"] is None


@pytest.mark.parametrize(
    "told",
    [
        "",
        "${uuid}",
        "00000000-0000-0000-0000-000000000000",
        "ffffffff-ffff-ffff-ffff-ffffffffffff",
        "03000200-0400-0500-0006-000700080009",
        "x" * 1000,
        7,
    ],
)
def test_system_uuids_that_are_none(told: Any) -> None:
    assert facts.of(_inventory(), told).system_uuid is None
    assert facts.of(_vendor(system_uuid=told)).system_uuid is None


@pytest.mark.parametrize(
    ("address", "version"),
    [
        ("0.0.0.0", 4),
        ("::/0", 6),
        ("fe80::1%eth0", 6),
        ("224.0.0.1", 4),
        ("169.254.3.4", 4),
        ("192.0.2.7", 6),
        ("bmc.example.org", 4),
        ("10.0.0.1; reboot", 4),
        (None, 4),
        (7, 4),
    ],
)
def test_addresses_that_no_bmc_is_reached_at(address: Any, version: int) -> None:
    assert facts.address(address, version) is None


def test_only_bmcs_of_the_configured_networks() -> None:
    with overridden({"auto_discovery": {"bmc_networks": ["192.0.2.0/24", "2001:db8::/64"]}}):
        found = facts.of(_inventory(bmc_address="198.51.100.7", bmc_v6address="2001:db8::7"))
        assert (found.bmc_address, found.best_bmc) == (None, "2001:db8::7")
        assert facts.of(_inventory(bmc_address="192.0.2.7")).best_bmc == "192.0.2.7"


def test_a_loopback_address_identifies_nothing() -> None:
    found = facts.of(_inventory(bmc_address="127.0.0.1"))
    assert (found.best_bmc, found.identity["bmc_address"]) == ("127.0.0.1", None)


def test_texts_are_one_printable_line() -> None:
    found = facts.of(_vendor(manufacturer="A\x1b[31m\nB" + "x" * 1000, serial_number="S\0 1"))
    assert found.manufacturer is not None
    assert found.manufacturer.startswith("A [31m B") and len(found.manufacturer) == 100
    assert found.serial == "S 1"


@pytest.mark.parametrize("section", [None, [], "text", 7])
def test_sections_of_another_type(section: Any) -> None:
    found = facts.of({"interfaces": section, "system_vendor": section, "boot": section})
    assert (found.macs, found.serial) == ((), None)
