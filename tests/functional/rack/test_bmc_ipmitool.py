# SPDX-License-Identifier: Apache-2.0
"""The virtual BMC, driven by ipmitool."""

import subprocess

import pytest

from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed


def ipmitool(
    rack: VirtualRack,
    *command: str,
    suite: int = 17,
    user: str = "admin",
    password: str = "password",
    patience: int = 15,
) -> subprocess.CompletedProcess[str]:
    """Run one ipmitool command against server 0.

    `patience` is the seconds that ipmitool waits for an answer before it asks again, twice at most.
    """
    arguments = ["ipmitool", "-I", "lanplus", "-H", "127.0.0.1", "-p", str(rack.bmc_port(0))]
    arguments += ["-N", str(patience), "-R", "2", "-C", str(suite)]
    arguments += ["-U", user, "-P", password, *command]
    return subprocess.run(arguments, capture_output=True, text=True, timeout=PATIENCE, check=False)


def power_is(rack: VirtualRack, power: str) -> bool:
    """Tell whether server 0 is on or off."""
    return bool(rack.status(0)["power"] == power)


def power_changes(rack: VirtualRack) -> list[str]:
    """Return how the power of the servers changed so far."""
    return [e.details["power"] for e in rack.journal() if e.action == "power-is"]


@pytest.mark.parametrize("suite", [3, 17])
def test_power_through_each_suite(rack: VirtualRack, suite: int) -> None:
    assert (
        ipmitool(rack, "chassis", "power", "status", suite=suite).stdout == "Chassis Power is off\n"
    )
    assert ipmitool(rack, "chassis", "power", "on", suite=suite).returncode == 0
    wait_for(lambda: power_is(rack, "on"), "power on")
    assert (
        ipmitool(rack, "chassis", "power", "status", suite=suite).stdout == "Chassis Power is on\n"
    )
    for action in ("reset", "diag", "cycle"):
        done = ipmitool(rack, "chassis", "power", action, suite=suite)
        assert done.returncode == 0, done.stderr
    wait_for(lambda: power_changes(rack) == ["on", "off", "on"], "the end of the power cycle")
    assert ipmitool(rack, "chassis", "power", "soft", suite=suite).returncode == 0
    wait_for(lambda: power_is(rack, "off"), "soft power off")


def test_the_suites_are_listed(rack: VirtualRack) -> None:
    lines = ipmitool(rack, "channel", "getciphers", "ipmi", "1").stdout.splitlines()[1:]
    assert [line.split() for line in lines] == [
        ["3", "N/A", "hmac_sha1", "hmac_sha1_96", "aes_cbc_128"],
        ["17", "N/A", "hmac_sha256", "sha256_128", "aes_cbc_128"],
    ]


def test_the_best_suite_is_taken_without_being_told(rack: VirtualRack) -> None:
    arguments = ["ipmitool", "-vv", "-I", "lanplus", "-H", "127.0.0.1", "-p", str(rack.bmc_port(0))]
    done = subprocess.run(
        [*arguments, "-U", "admin", "-P", "password", "chassis", "power", "status"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    assert "sha256_128" in done.stderr + done.stdout


@pytest.mark.parametrize("suite", [0, 1, 8, 15])
def test_other_suites_are_refused(rack: VirtualRack, suite: int) -> None:
    done = ipmitool(rack, "chassis", "power", "status", suite=suite)
    assert done.returncode != 0
    assert "no matching cipher suite" in done.stdout + done.stderr


def test_power_actions_that_need_power_say_so(rack: VirtualRack) -> None:
    for action in ("cycle", "reset", "soft", "diag"):
        done = ipmitool(rack, "chassis", "power", action)
        assert done.returncode != 0
        assert "not supported in present state" in done.stderr
    assert power_is(rack, "off")


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        ("", {"device": "pxe", "persistent": False, "efi": False}),
        ("options=persistent", {"device": "pxe", "persistent": True, "efi": False}),
        ("options=persistent,efiboot", {"device": "pxe", "persistent": True, "efi": True}),
    ],
)
def test_boot_device(rack: VirtualRack, options: str, expected: dict[str, object]) -> None:
    command = ["chassis", "bootdev", "pxe", *([options] if options else [])]
    assert ipmitool(rack, *command).returncode == 0
    assert rack.status(0)["boot_device"] == expected
    shown = ipmitool(rack, "chassis", "bootparam", "get", "5").stdout
    assert "Force PXE" in shown
    assert ("all future boots" in shown) == expected["persistent"]
    assert ("BIOS EFI boot" in shown) == expected["efi"]
    assert ipmitool(rack, "chassis", "bootdev", "none").returncode == 0
    assert rack.status(0)["boot_device"] is None


def test_a_one_time_boot_device_serves_one_boot(rack: VirtualRack) -> None:
    ipmitool(rack, "chassis", "bootdev", "bios")
    ipmitool(rack, "chassis", "power", "on")
    wait_for(lambda: rack.status(0)["phase"] == "setup", "the setup screen")
    assert rack.status(0)["boot_device"] is None
    ipmitool(rack, "chassis", "power", "reset")
    wait_for(lambda: rack.status(0)["phase"] == "no-bootable-device", "the end of the boot")


def test_wrong_credentials_are_refused_and_recorded(rack: VirtualRack) -> None:
    for user, password in (("admin", "wrong"), ("nobody", "password")):
        done = ipmitool(rack, "chassis", "power", "on", user=user, password=password)
        assert done.returncode != 0
    # ipmitool checks RAKP 2 itself and leaves without RAKP 3 when the password is wrong.
    assert "login-refused-user" in {e.action for e in rack.journal()}
    assert "power" not in {e.action for e in rack.journal()}
    assert "wrong" not in repr(rack.journal())


def test_a_changed_password_is_a_fault(rack: VirtualRack) -> None:
    rack.set_faults(0, bmc_wrong_password=True)
    assert ipmitool(rack, "chassis", "power", "status").returncode != 0
    rack.clear_faults(0)
    assert ipmitool(rack, "chassis", "power", "status").returncode == 0


def test_a_silent_bmc_comes_back(rack: VirtualRack) -> None:
    rack.set_faults(0, bmc_silent=True)
    assert ipmitool(rack, "chassis", "power", "status", patience=1).returncode != 0
    rack.clear_faults(0)
    assert ipmitool(rack, "chassis", "power", "status").returncode == 0


def test_a_flapping_bmc_is_reached(rack: VirtualRack) -> None:
    rack.set_faults(0, bmc_answers="3/4")
    arguments = ["ipmitool", "-I", "lanplus", "-H", "127.0.0.1", "-p", str(rack.bmc_port(0))]
    arguments += ["-N", "1", "-R", "12", "-C", "17", "-U", "admin", "-P", "password"]
    done = subprocess.run([*arguments, "chassis", "power", "on"], timeout=PATIENCE, check=False)
    assert done.returncode == 0
    # Requests that were repeated were not carried out again.
    assert [e.details["control"] for e in rack.journal() if e.action == "power"] == ["on"]


def test_ignored_power_off(rack: VirtualRack) -> None:
    rack.set_faults(0, ignore_power_off=True)
    ipmitool(rack, "chassis", "power", "on")
    wait_for(lambda: rack.status(0)["phase"] == "no-bootable-device", "the end of the boot")
    assert ipmitool(rack, "chassis", "power", "off").returncode == 0
    # The next action is taken up after the ignored one.
    assert ipmitool(rack, "chassis", "power", "diag").returncode == 0
    wait_for(lambda: any("NMI" in line for line in rack.console(0)), "the interrupt")
    assert power_is(rack, "on")


def test_the_journal_names_session_and_client(rack: VirtualRack) -> None:
    ipmitool(rack, "chassis", "power", "on")
    entries = [e for e in rack.journal(server="server-0") if e.source == "bmc"]
    opened, power, closed = entries
    assert [e.action for e in entries] == ["session-opened", "power", "session-closed"]
    assert power.details["control"] == "on"
    assert len({(e.details["session"], e.details["client"]) for e in (opened, power, closed)}) == 1
    assert rack.journal(since=closed.seq, server="server-1") == []
