# SPDX-License-Identifier: Apache-2.0
"""The interfaces with BMCs that deviate from the standard: the virtual rack's quirks, one by one."""

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from types import SimpleNamespace
from typing import Any

import pytest

from ironic_lite.common import exception, states
from ironic_lite.drivers import power_wait
from ironic_lite.drivers.modules.ipmi import (
    commands,
    driver_info,
    retry,
    sessions,
    transport,
)
from ironic_lite.drivers.modules.ipmi.management import IPMIManagement
from ironic_lite.drivers.modules.ipmi.power import IPMIPower
from ironic_lite_simulator.timing import Timing
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.waiting import PATIENCE

pytestmark = pytest.mark.timed

POWER, MANAGEMENT = IPMIPower(), IPMIManagement()
UEFI = {"capabilities": "boot_mode:uefi"}
NOT_NOW = ["0xc0", "0xc3", "0xc4", "0xce", "0xcf", "0xd0", "0xd1", "0xd2", "0xd3", "0xff"]


class Node(SimpleNamespace):
    """The attributes of a node that the interfaces use."""

    def set_driver_internal_info(self, key: str, value: Any) -> None:
        self.driver_internal_info = {**self.driver_internal_info, key: value}

    def del_driver_internal_info(self, key: str) -> None:
        self.driver_internal_info = {k: v for k, v in self.driver_internal_info.items() if k != key}

    def save(self) -> None:
        """Notes are ignored."""


class Server:
    """A server of the rack, and a task on its node."""

    def __init__(self, rack: VirtualRack, index: int, **fields: Any) -> None:
        self.rack, self.index = rack, index
        info = {
            "ipmi_address": "127.0.0.1",
            "ipmi_port": rack.bmc_port(index),
            "ipmi_username": "admin",
            "ipmi_password": "password",
            **fields.pop("driver_info", {}),
        }
        self.node = Node(
            uuid="9a1b0f9e-1f0e-4e3c-8d8e-2f5c3f0d7b11",
            driver_info=info,
            driver_internal_info={},
            disable_power_off=False,
            boot_mode=None,
            instance_info={},
            **{"properties": {}, **fields},
        )
        self.noted: list[str] = []

    @property
    def task(self) -> Any:
        return SimpleNamespace(
            node=self.node,
            ensure_locked=lambda: None,
            note_retry=lambda what, why: self.noted.append(f"{what}: {why}"),
        )

    @property
    def info(self) -> driver_info.ConnectionInfo:
        return driver_info.parse(self.node.driver_info)

    def faults(self, **faults: Any) -> None:
        self.rack.set_faults(self.index, **faults)

    @property
    def status(self) -> dict[str, Any]:
        return self.rack.status(self.index)

    def requests(self) -> list[str]:
        """The requests about power that the BMC has got."""
        entries = self.rack.journal(server=f"server-{self.index}")
        return [e.details["control"] for e in entries if e.action == "power"]

    def devices(self) -> list[tuple[str, bool | None]]:
        """The boot devices that the BMC was given, and whether for all boots."""
        entries = self.rack.journal(server=f"server-{self.index}")
        found = [e.details for e in entries if e.action == "boot-device"]
        return [(d["device"], d.get("persistent")) for d in found]


@pytest.fixture
def rack() -> Iterator[VirtualRack]:
    with VirtualRack(count=1, timing=Timing().scaled(0.1)) as rack:
        yield rack


@pytest.fixture(autouse=True)
def quick(settings: Callable[..., None], monkeypatch: pytest.MonkeyPatch) -> None:
    """No wait is longer than the BMC requires."""
    settings("ipmi", command_retry_timeout=int(PATIENCE), power_off_pause=0.0)
    settings("conductor", power_state_change_timeout=int(PATIENCE))
    monkeypatch.setattr(retry, "FIRST_PAUSE", 0.02)
    monkeypatch.setattr(power_wait, "FIRST_REPEAT", 0.3)


@pytest.mark.parametrize("code", ["0x80", "0xc1", "0xcc", "0xc9", "0xd4", "0xff"])
def test_a_bmc_that_does_not_know_the_boot_timeout(
    rack: VirtualRack, code: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(commands, "_CONVENIENCE", 0.2)
    server = Server(rack, 0)
    server.faults(bmc_refuses_boot_timeout=code)
    MANAGEMENT.set_boot_device(server.task, "pxe", persistent=True)
    assert server.devices() == [("pxe", True)]
    assert MANAGEMENT.get_boot_device(server.task) == {"boot_device": "pxe", "persistent": True}


@pytest.mark.parametrize("own", [False, "no", "false", 0])
def test_the_boot_timeout_is_not_touched_where_it_is_not_to_be(
    rack: VirtualRack, own: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    server = Server(rack, 0, driver_info={"ipmi_disable_boot_timeout": own})

    def forbidden(*_arguments: Any) -> None:
        raise AssertionError("asked for")

    monkeypatch.setattr(commands, "keep_boot_flags", forbidden)
    MANAGEMENT.set_boot_device(server.task, "pxe")
    assert server.devices() == [("pxe", False)]


@pytest.mark.parametrize(("seconds", "patience"), [(1.5, 0.25), (3.0, 0.5)])
def test_a_bmc_that_computes_for_long(
    rack: VirtualRack, seconds: float, patience: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each RAKP answer is later than its timeout, but one of the attempts succeeds."""
    monkeypatch.setattr(transport, "FIRST_PATIENCE", patience)
    server = Server(rack, 0)
    server.faults(bmc_late_rakp=seconds)
    assert POWER.get_power_state(server.task) == states.POWER_OFF


@pytest.mark.parametrize("when", ["bmc_codes_before", "bmc_codes_after"])
@pytest.mark.parametrize("codes", [NOT_NOW[::2], NOT_NOW[1::2]])
def test_codes_that_mean_not_now(rack: VirtualRack, codes: list[str], when: str) -> None:
    """Half of all commands get such a code, whether they were executed or not."""
    server = Server(rack, 0)
    server.faults(**{when: ",".join(codes)})
    for _ in range(3):
        POWER.set_power_state(server.task, states.POWER_ON)
        assert server.status["power"] == "on"
        MANAGEMENT.set_boot_device(server.task, "pxe")
        POWER.set_power_state(server.task, states.REBOOT)
        POWER.set_power_state(server.task, states.SOFT_POWER_OFF)
        assert server.status["power"] == "off"
        sessions.close_all()


@pytest.mark.parametrize("code", ["0xc1", "0xc7", "0xc9", "0xcc", "0xd4", "0xd6", "0x80"])
def test_codes_that_are_final(rack: VirtualRack, code: str) -> None:
    server = Server(rack, 0)
    POWER.get_power_state(server.task)
    server.faults(bmc_codes_before=code)
    with pytest.raises(exception.IPMICommandRefused, match=f"code {code}") as raised:
        for _ in range(10):
            MANAGEMENT.get_boot_device(server.task)
    assert "Tried" not in str(raised.value)


@pytest.mark.parametrize("more", ["0xd4", "D4", "insufficient privilege"])
def test_more_can_be_declared_to_mean_not_now(
    rack: VirtualRack, more: str, settings: Callable[..., None]
) -> None:
    settings("ipmi", additional_retryable_errors=[more])
    server = Server(rack, 0)
    server.faults(bmc_codes_before="0xd4")
    for _ in range(10):
        assert MANAGEMENT.get_boot_device(server.task)["boot_device"] is None


def test_an_unknown_user_is_final_unless_declared_otherwise(
    rack: VirtualRack, settings: Callable[..., None]
) -> None:
    server = Server(rack, 0, driver_info={"ipmi_username": "nobody"})
    with pytest.raises(
        exception.IPMIAuthenticationFailure, match=r"Check ipmi_username.*\.$"
    ) as raised:
        POWER.get_power_state(server.task)
    assert "Tried" not in str(raised.value)
    settings("ipmi", additional_retryable_errors=["unauthorized name"], command_retry_timeout=1)
    with pytest.raises(exception.IPMIAuthenticationFailure, match="Tried"):
        POWER.get_power_state(server.task)


def test_all_the_time_there_is_for_a_free_session(rack: VirtualRack) -> None:
    server = Server(rack, 0)
    server.faults(bmc_sessions_taken="1/1")
    with ThreadPoolExecutor(1) as clients:
        asked = clients.submit(POWER.get_power_state, server.task)
        freed = threading.Timer(8, lambda: rack.clear_faults(0))
        freed.start()
        assert asked.result() == states.POWER_OFF
    freed.join()


def test_no_free_session_does_not_lower_the_cipher_suite(rack: VirtualRack) -> None:
    server = Server(rack, 0)
    server.faults(bmc_sessions_taken="1/2")
    for _ in range(4):
        POWER.get_power_state(server.task)
        assert sessions.POOL.suite(server.info) == 17
        sessions.close_all()


def test_a_daemon_that_restarts(rack: VirtualRack) -> None:
    """Its port is closed for seconds after each change of power, and it forgets its sessions."""
    server = Server(rack, 0)
    server.faults(bmc_restarts=2)
    POWER.set_power_state(server.task, states.POWER_ON)
    POWER.set_power_state(server.task, states.REBOOT)
    assert server.requests() == ["on", "off", "on"]


def test_a_power_on_that_is_lost_after_a_power_off(rack: VirtualRack) -> None:
    server = Server(rack, 0)
    POWER.set_power_state(server.task, states.POWER_ON)
    server.faults(bmc_loses_power_on=2.0)
    POWER.set_power_state(server.task, states.REBOOT)
    assert server.status["power"] == "on"
    assert server.requests()[:3] == ["on", "off", "on"]
    assert set(server.requests()[3:]) == {"on"}


def test_a_pause_before_the_power_on_of_a_reboot(
    rack: VirtualRack, settings: Callable[..., None]
) -> None:
    settings("ipmi", power_off_pause=1.0)
    server = Server(rack, 0)
    POWER.set_power_state(server.task, states.POWER_ON)
    server.faults(bmc_loses_power_on=0.5)
    POWER.set_power_state(server.task, states.REBOOT)
    assert server.requests() == ["on", "off", "on"]


def test_requests_that_are_lost_once(rack: VirtualRack, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(power_wait, "SLOWEST_REPEAT", 0.5)
    server = Server(rack, 0)
    server.faults(bmc_loses="on,off,soft")
    for state, last in (
        (states.POWER_ON, "on"),
        (states.POWER_OFF, "off"),
        (states.POWER_ON, "on"),
        (states.SOFT_POWER_OFF, "soft"),
    ):
        before = len(server.requests())
        POWER.set_power_state(server.task, state)
        assert set(server.requests()[before:]) == {last}
        assert len(server.requests()) >= before + 2


def test_a_state_that_is_told_late(rack: VirtualRack) -> None:
    server = Server(rack, 0)
    server.faults(bmc_reports_late=1.0)
    for state in (states.POWER_ON, states.REBOOT, states.SOFT_REBOOT, states.POWER_OFF):
        POWER.set_power_state(server.task, state)
    assert server.status["power"] == "off"


def test_a_request_that_a_power_change_lets_fail_in_vain(rack: VirtualRack) -> None:
    """The message has the known facts: the server is off, and the number of requests."""
    server = Server(rack, 0)
    server.faults(bmc_loses_power_on=60.0)
    POWER.set_power_state(server.task, states.POWER_ON)
    POWER.set_power_state(server.task, states.POWER_OFF)
    with pytest.raises(
        exception.PowerStateFailure,
        match=r"still off 2 s after the request to its BMC .*asked \d+ times",
    ):
        POWER.set_power_state(server.task, states.POWER_ON, timeout=2)


@pytest.mark.parametrize("how", ["refused", "silently"])
def test_a_bmc_that_takes_one_time_boot_devices_only(rack: VirtualRack, how: str) -> None:
    """What is to hold for all boots is set before each power-on, and the node's journal says so."""
    server = Server(rack, 0)
    server.faults(bmc_one_time_boot=how)
    MANAGEMENT.set_boot_device(server.task, "pxe", persistent=True)
    (noted,) = server.noted
    assert "before each power-on" in noted
    always = {"boot_device": "pxe", "persistent": True}
    assert MANAGEMENT.get_boot_device(server.task) == always
    before = len(server.devices())
    for state in (states.POWER_ON, states.REBOOT, states.SOFT_REBOOT):
        POWER.set_power_state(server.task, state)
    assert server.devices()[before:] == [("pxe", False)] * 3
    MANAGEMENT.set_boot_device(server.task, "disk")
    assert MANAGEMENT.get_boot_device(server.task)["persistent"] is False
    before = len(server.devices())
    POWER.set_power_state(server.task, states.REBOOT)
    assert server.devices()[before:] == []
    assert MANAGEMENT.get_boot_device(server.task) == always
    rack.clear_faults(0)
    MANAGEMENT.set_boot_device(server.task, "disk", persistent=True)
    assert (server.devices()[-1], server.node.driver_internal_info) == (("disk", True), {})


@pytest.mark.parametrize("forced", [True, "yes", "1"])
def test_force_boot_device(rack: VirtualRack, forced: Any) -> None:
    server = Server(rack, 0, driver_info={"ipmi_force_boot_device": forced})
    MANAGEMENT.set_boot_device(server.task, "disk", persistent=True)
    POWER.set_power_state(server.task, states.POWER_ON)
    POWER.set_power_state(server.task, states.REBOOT)
    assert server.devices() == [("disk", False)] * 3
    assert server.noted == []


@pytest.mark.parametrize("vendor", ["supermicro", "Supermicro", "Super Micro Computer, Inc."])
def test_what_supermicro_calls_a_disk(rack: VirtualRack, vendor: str) -> None:
    server = Server(rack, 0, properties={**UEFI, "vendor": vendor})
    server.faults(bmc_vendor="supermicro")
    assert MANAGEMENT.detect_vendor(server.task) == "supermicro"
    MANAGEMENT.set_boot_device(server.task, "disk", persistent=True)
    assert server.status["boot_device"] == {"device": "disk", "persistent": True, "efi": True}
    assert MANAGEMENT.get_boot_device(server.task)["boot_device"] == "disk"
    server.node.properties = {"vendor": vendor, "capabilities": "boot_mode:bios"}
    MANAGEMENT.set_boot_device(server.task, "disk")
    assert server.status["boot_device"] == {"device": "disk", "persistent": False, "efi": False}


@pytest.mark.parametrize("when", ["bmc_codes_before", "bmc_codes_after"])
def test_a_reset_that_the_bmc_does_not_tell_of(rack: VirtualRack, when: str) -> None:
    """The reset is sent once more, with the boot device, which the first one may have used up."""
    server = Server(rack, 0)
    server.node.disable_power_off = True
    POWER.set_power_state(server.task, states.POWER_ON)
    for code in ("0xce", "0xd5"):
        MANAGEMENT.set_boot_device(server.task, "bios")
        server.faults(**{when: code})
        POWER.set_power_state(server.task, states.REBOOT)
        rack.clear_faults(0)
    assert "reset" in server.requests()
    assert server.status["power"] == "on"
