# SPDX-License-Identifier: Apache-2.0
"""The event log and the clock of the virtual BMC, read and changed by ipmitool."""

from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.rack.test_bmc_ipmitool import ipmitool, power_is
from tests.waiting import wait_for


def test_power_is_in_the_log_until_it_is_cleared(rack: VirtualRack) -> None:
    assert "no entries" in ipmitool(rack, "sel", "list").stderr
    assert ipmitool(rack, "chassis", "power", "on").returncode == 0
    wait_for(lambda: power_is(rack, "on"), "power on")
    for action in ("diag", "reset", "off"):
        assert ipmitool(rack, "chassis", "power", action).returncode == 0
    text = ipmitool(rack, "sel", "list").stdout
    assert [line.split("|")[3].split()[0] for line in text.splitlines()] == [
        *("Power", "Critical", "System", "Power")
    ], text
    assert "Deasserted" in text.splitlines()[0]
    assert ipmitool(rack, "sel", "clear").returncode == 0
    (left,) = ipmitool(rack, "sel", "list").stdout.splitlines()
    assert "Log area reset/cleared" in left


def test_the_clock_is_set_and_goes_on(rack: VirtualRack) -> None:
    done = ipmitool(rack, "raw", "0x0a", "0x49", "0x00", "0x00", "0x00", "0x60")
    assert done.returncode == 0, done.stderr
    now = bytes.fromhex(ipmitool(rack, "raw", "0x0a", "0x48").stdout.strip())
    assert 0x60000000 <= int.from_bytes(now, "little") < 0x60000100


def test_a_clear_without_a_reservation_is_refused(rack: VirtualRack) -> None:
    clear = ("0x0a", "0x47", "0x00", "0x00", "0x43", "0x4c", "0x52", "0xaa")
    refused = ipmitool(rack, "raw", *clear)
    assert "rsp=0xc5" in refused.stderr
