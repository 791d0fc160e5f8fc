# SPDX-License-Identifier: Apache-2.0
"""Inventories with invalid parts keep the valid ones."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironic_lite.api import inventories

NIC = {"name": "eth0", "mac_address": "52:54:00:00:00:01", "lldp": None}
GOOD = {
    "bmc_address": "192.0.2.1",
    "bmc_v6address": None,
    "interfaces": [NIC],
    "cpu": {"architecture": "x86_64", "count": 4, "flags": ["aes"]},
    "memory": {"physical_mb": 4096, "total": 4294967296},
    "disks": [{"name": "sda", "size": 500107862016}],
    "boot": {"current_boot_mode": "uefi"},
    "system_vendor": {"serial_number": "1"},
    "hostname": "a",
    "something new": [1],
}


def test_a_good_one_stays() -> None:
    assert inventories.clean(GOOD) == GOOD


@pytest.mark.parametrize("odd", [{}, {"mac_address": None}, {"mac_address": 5}, None, "x", [], 1])
def test_interfaces_without_an_address(odd: Any) -> None:
    assert inventories.clean({"interfaces": [odd, NIC, odd]})["interfaces"] == [NIC]


@pytest.mark.parametrize("section", ["cpu", "memory", "boot", "system_vendor", "disks"])
@pytest.mark.parametrize("odd", [None, "x", 5, True, 1.5])
def test_parts_of_another_type(section: str, odd: Any) -> None:
    assert inventories.clean({**GOOD, section: odd}) == {
        name: value for name, value in GOOD.items() if name != section
    }


@pytest.mark.parametrize("section", ["cpu", "memory", "boot", "system_vendor"])
def test_lists_for_objects(section: str) -> None:
    assert section not in inventories.clean({**GOOD, section: [GOOD[section]]})


@pytest.mark.parametrize("odd", [5, ["192.0.2.1"], {}, True])
def test_bmc_addresses(odd: Any) -> None:
    assert "bmc_address" not in inventories.clean({**GOOD, "bmc_address": odd})


@pytest.mark.parametrize(
    ("told", "size"),
    [
        (5, 5),
        ("500107862016", 500107862016),
        (" 5 ", 5),
        (5.0, 5),
        ("5 GB", None),
        (None, None),
        ([5], None),
        (True, None),
        (1.5, None),
        ("-5", None),
        ("9" * 40, None),
    ],
)
def test_sizes(told: Any, size: int | None) -> None:
    kept = {} if size is None else {"size": size}
    cleaned = inventories.clean({"interfaces": [], "disks": [{"name": "sda", "size": told}, None]})
    assert cleaned["disks"] == [{"name": "sda", **kept}]
    assert inventories.clean_extra({"root_disk": {"size": told}}) == {"root_disk": kept}


def test_what_comes_beside_it() -> None:
    data = {"root_disk": None, "lldp_raw": [], "pci_devices": {}, "error": 5, "extra": None}
    assert inventories.clean_extra(data) == {"error": 5, "extra": None}


ANYTHING = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3)
    ),
    max_leaves=8,
)


@given(st.dictionaries(st.sampled_from(sorted(GOOD)), ANYTHING))
def test_anything(inventory: dict[str, Any]) -> None:
    cleaned = inventories.clean(inventory)
    assert all(isinstance(nic["mac_address"], str) for nic in cleaned["interfaces"])
    assert all(isinstance(disk, dict) for disk in cleaned.get("disks", []))
    assert isinstance(cleaned.get("cpu", {}), dict)


@pytest.mark.parametrize(
    ("body", "macs", "bmcs"),
    [
        (b"", [], set()),
        (
            b'{"inventory": {"bmc_address": "192.0.2.1", "interfaces": [{"mac_address": "52:54:00:AA:00:01", ',
            ["52:54:00:aa:00:01"],
            {"192.0.2.1"},
        ),
        (
            b'"mac_address":"52:54:00:AA:00:01","mac_address":"52:54:00:aa:00:01"',
            ["52:54:00:aa:00:01"],
            set(),
        ),
        (b'"mac_address": null, "bmc_v6address" : "2001:db8::1"', [], {"2001:db8::1"}),
    ],
)
def test_whose_it_is_though_it_cannot_be_read(body: bytes, macs: list[str], bmcs: set[str]) -> None:
    assert inventories.salvage(body) == (macs, bmcs)
