# SPDX-License-Identifier: Apache-2.0
"""The adapter with BMCs and networks that fail."""

import logging
import struct
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from ironic_lite.common import exception, states
from ironic_lite.drivers.modules.ipmi import commands, connection, driver_info, sessions
from ironic_lite.drivers.modules.ipmi.power import IPMIPower
from tests.functional.ipmi.proxy import TO_BMC, TO_CLIENT, Proxy
from tests.functional.ipmi.short_retries import short_retries
from tests.functional.servers.ipmi_sim import BMC
from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE, at_most, wait_for

pytestmark = pytest.mark.timed

POWER = IPMIPower()
MakeTask = Callable[..., Any]
Settings = Callable[..., None]
RMCPP_OPEN_SESSION_REQUEST = b"\x06\x10"
"""Authentication type and payload type of its datagram (IPMI 2.0 tables 13-8 and 13-16)."""


def unguarded() -> None:
    """The time at which the packet is sent does not matter."""


def info_of(bmc: BMC, **changes: Any) -> driver_info.ConnectionInfo:
    return driver_info.parse(bmc.driver_info | {"ipmi_cipher_suite": None} | changes)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"ipmi_password": "correct horse"}, "Incorrect password"),
        ({"ipmi_username": "mallory"}, "Unauthorized name"),
        ({"ipmi_hex_kg_key": "00" * 20}, "wrong Kg|integrity check"),
    ],
)
def test_refused_login_says_why_and_what_to_do(
    bmc: BMC, change: dict[str, str], reason: str, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    with pytest.raises(
        exception.IPMIAuthenticationFailure, match=f"({reason}).*Check ipmi"
    ) as raised:
        commands.power_is_on(info_of(bmc, **change))
    assert str(bmc.port) in str(raised.value)
    for secret in (change.get("ipmi_password"), bmc.password, "00" * 20):
        assert secret is None or secret not in caplog.text + str(raised.value).replace(
            "ipmi_password", ""
        ).replace("Incorrect password", "")


def test_a_refused_login_does_not_haunt_the_next_one(bmc: BMC) -> None:
    for _ in range(3):
        with pytest.raises(exception.IPMIAuthenticationFailure):
            commands.power_is_on(info_of(bmc, ipmi_password="wrong"))
        assert commands.power_is_on(info_of(bmc)) is False


def test_a_warm_session_does_not_serve_another_password(bmc: BMC) -> None:
    assert commands.power_is_on(info_of(bmc)) is False
    with pytest.raises(exception.IPMIAuthenticationFailure):
        commands.power_is_on(info_of(bmc, ipmi_password="wrong"))


def test_lower_privilege_is_honoured(bmc: BMC) -> None:
    user = info_of(bmc, ipmi_priv_level="USER")
    assert commands.power_is_on(user) is False
    with pytest.raises(exception.IPMICommandRefused, match="(?i)privilege"):
        commands.chassis_control(user, commands.ChassisControl.POWER_UP, unguarded)
    assert bmc.history == []


def test_cipher_suite_in_use_is_logged(bmc: BMC, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    assert commands.power_is_on(info_of(bmc)) is False
    assert f"BMC 127.0.0.1:{bmc.port}: sessions use cipher suite 3" in caplog.text
    with pytest.raises(exception.IPMIUnreachable, match="cipher suite 3 or 17"):
        commands.power_is_on(info_of(bmc, ipmi_cipher_suite=17))


def test_nobody_listens(impatient: None) -> None:
    nobody = driver_info.ConnectionInfo("127.0.0.1", free_port())
    with (
        short_retries(),
        pytest.raises(
            exception.IPMIUnreachable, match="nothing listens.*Check ipmi_address.*Tried"
        ) as told,
    ):
        commands.power_is_on(nobody)
    assert str(told.value).count("nothing listens") == 1


def test_name_that_does_not_resolve() -> None:
    nowhere = driver_info.ConnectionInfo("bmc.invalid", 623)
    with pytest.raises(exception.IPMIUnreachable, match="does not resolve.*Check ipmi_address"):
        commands.power_is_on(nowhere)


def test_name_with_an_address_where_nobody_listens(bmc: BMC, impatient: None) -> None:
    """`localhost` may come first as ::1, where this BMC is not."""
    assert commands.power_is_on(info_of(bmc, ipmi_address="localhost")) is False


def test_bmc_that_dies_and_returns_is_reached_again(bmc: BMC, impatient: None) -> None:
    bmc.powered_on = True
    info = info_of(bmc)
    assert commands.power_is_on(info) is True
    bmc.stop()
    for _ in range(2):
        with short_retries(), pytest.raises(exception.IPMIUnreachable):
            commands.power_is_on(info)
    bmc.start()
    assert commands.power_is_on(info) is True


def test_bmc_that_restarted_unnoticed_costs_no_error(bmc: BMC, impatient: None) -> None:
    """The BMC has forgotten the session and does not answer."""
    info = info_of(bmc)
    assert commands.power_is_on(info) is False
    bmc.stop()
    bmc.start()
    commands.chassis_control(info, commands.ChassisControl.POWER_UP, unguarded)
    assert bmc.powered_on


def test_silence_in_the_middle_is_bounded(bmc: BMC) -> None:
    info = info_of(bmc)
    assert commands.power_is_on(info) is False
    bmc.process.pause()
    begun = time.monotonic()
    with short_retries(), pytest.raises(exception.IPMIUnreachable, match="no answer"):
        commands.power_is_on(info)
    assert time.monotonic() - begun < at_most(10)
    bmc.process.resume()
    assert commands.power_is_on(info) is False


def test_silent_from_the_start_is_bounded(bmc: BMC) -> None:
    bmc.process.pause()
    begun = time.monotonic()
    with (
        short_retries(),
        pytest.raises(exception.IPMIUnreachable, match="no answer.*Check ipmi_address"),
    ):
        commands.power_is_on(info_of(bmc))
    assert time.monotonic() - begun < at_most(10)


def test_waiting_for_others_is_bounded(bmc: BMC) -> None:
    """One client waits for a silent BMC; the next one gives up after its own time, not after both."""
    with Proxy(bmc.port) as net, ThreadPoolExecutor(1) as clients:
        info = info_of(bmc, ipmi_port=net.port)
        assert commands.power_is_on(info) is False
        bmc.process.pause()
        sent = net.counts[TO_BMC]
        first = clients.submit(commands.power_is_on, info)
        wait_for(lambda: net.counts[TO_BMC] > sent, "the first client's request")
        with (
            short_retries(1),
            pytest.raises(exception.IPMIUnreachable, match="other commands kept it busy"),
        ):
            commands.power_is_on(info)
        assert not first.done()
        bmc.process.resume()
        assert first.result() is False


def test_lost_datagrams_are_made_good(bmc: BMC, impatient: None) -> None:
    """Every fifth datagram is lost, in each direction: logins and commands succeed all the same."""
    with Proxy(bmc.port, lambda _direction, number, data: [] if number % 5 == 2 else [data]) as net:
        info = info_of(bmc, ipmi_port=net.port)
        for _ in range(10):
            assert commands.power_is_on(info) is False
        commands.chassis_control(info, commands.ChassisControl.POWER_UP, unguarded)
    assert bmc.powered_on


def test_repeated_and_garbled_datagrams_are_ignored(bmc: BMC, impatient: None) -> None:
    """Requests of a login have no integrity check, and ipmi_sim starts again at a second one: they pass once."""

    def rule(direction: str, number: int, data: bytes) -> list[bytes]:
        garbled = data[:-1] + bytes([data[-1] ^ 0xFF])
        authenticated = data[4] == 6 and data[5] & 0x40
        if authenticated:
            return [garbled, data, data]
        if direction == TO_CLIENT:
            return [b"noise", data[: 5 + number % 30], data, data]
        return [data]

    with Proxy(bmc.port, rule) as net:
        info = info_of(bmc, ipmi_port=net.port)
        bmc.powered_on = True
        for _ in range(5):
            assert commands.power_is_on(info) is True


def test_what_is_not_idempotent_is_not_sent_twice(bmc: BMC, impatient: None) -> None:
    bmc.powered_on = True
    bmc.ignore_soft_power_off()
    with Proxy(bmc.port) as net:
        info = info_of(bmc, ipmi_port=net.port)
        assert commands.power_is_on(info) is True

        def lose_answers_after_the_request(
            direction: str, _number: int, data: bytes
        ) -> list[bytes]:
            return [] if direction == TO_CLIENT and bmc.history else [data]

        net.rule = lose_answers_after_the_request
        with short_retries(8), pytest.raises(exception.IPMIUnreachable):
            commands.chassis_control(info, commands.ChassisControl.SOFT_SHUTDOWN, unguarded)
    assert bmc.history == ["shutdown 1"]


def test_a_lost_lock_keeps_back_what_would_be_sent_again(bmc: BMC, impatient: None) -> None:
    """The answer is lost, and meanwhile another conductor has taken the node and its server over."""
    with Proxy(bmc.port) as net:
        info = info_of(bmc, ipmi_port=net.port)
        assert commands.power_is_on(info) is False

        def lose_answers_after_the_request(
            direction: str, _number: int, data: bytes
        ) -> list[bytes]:
            return [] if direction == TO_CLIENT and bmc.history else [data]

        net.rule = lose_answers_after_the_request
        asked = []

        def guard() -> None:
            asked.append(bmc.history)
            if len(asked) > 1:
                raise exception.NodeLockLost(node="n1")

        with pytest.raises(exception.NodeLockLost):
            commands.chassis_control(info, commands.ChassisControl.POWER_UP, guard)
        assert asked == [[], ["power 1"]]
        assert bmc.history == ["power 1"]
        net.rule = lambda _direction, _number, data: [data]
        assert commands.power_is_on(info) is True


def test_one_bmc_serves_one_command_at_a_time(bmc: BMC) -> None:
    """Twenty clients at once: requests and answers alternate on the wire, over one session."""
    wire_log: list[str] = []

    def watch(direction: str, _number: int, data: bytes) -> list[bytes]:
        wire_log.append(direction)
        return [data]

    with Proxy(bmc.port, watch) as net:
        info = info_of(bmc, ipmi_port=net.port)
        with ThreadPoolExecutor(20) as clients:
            answers = list(clients.map(lambda _n: commands.power_is_on(info), range(60)))
        assert answers == [False] * 60
        sessions.close_all()
        alternating = [TO_BMC, TO_CLIENT] * (len(wire_log) // 2)
        assert wire_log[: len(alternating) - 2] == alternating[:-2]
        assert len(wire_log) < 60 * 2 + 30


def test_spacing_between_commands(bmc: BMC, settings: Settings) -> None:
    settings("ipmi", min_command_interval=0.3)
    info = info_of(bmc)
    begun = time.monotonic()
    for _ in range(4):
        commands.power_is_on(info)
    assert time.monotonic() - begun >= 0.9


def test_sessions_end_by_themselves(bmc: BMC, settings: Settings) -> None:
    settings("ipmi", session_idle_timeout=1)
    assert commands.power_is_on(info_of(bmc)) is False
    assert len(sessions.POOL) == 1
    wait_for(lambda: len(sessions.POOL) == 0, "the idle session to be closed")
    assert commands.power_is_on(info_of(bmc)) is False


def test_no_session_stays_without_idle_time(bmc: BMC, settings: Settings) -> None:
    settings("ipmi", session_idle_timeout=0)
    logins = 0

    def count_logins(_direction: str, _number: int, data: bytes) -> list[bytes]:
        nonlocal logins
        logins += data[4:6] == RMCPP_OPEN_SESSION_REQUEST
        return [data]

    with Proxy(bmc.port, count_logins) as net:
        info = info_of(bmc, ipmi_port=net.port, ipmi_cipher_suite=3)
        for _ in range(3):
            commands.power_is_on(info)
    assert logins == 3


def test_sessions_are_kept_alive(
    bmc: BMC, monkeypatch: pytest.MonkeyPatch, impatient: None
) -> None:
    monkeypatch.setattr(connection, "KEEPALIVE_AFTER", 0.2)
    monkeypatch.setattr(connection, "KEEPALIVE_PATIENCE", 0.5)
    monkeypatch.setattr(sessions, "TEND_INTERVAL", 0.1)
    with Proxy(bmc.port) as net:
        info = info_of(bmc, ipmi_port=net.port)
        commands.power_is_on(info)
        logged_in = net.counts[TO_BMC]
        wait_for(lambda: net.counts[TO_BMC] >= logged_in + 3, "three keepalives")
        before = net.counts[TO_BMC]
        assert commands.power_is_on(info) is False
        assert net.counts[TO_BMC] - before <= 2, "the session should have been used again"
        # A session that no keepalive reaches is given up before anybody waits for it.
        net.rule = lambda _direction, _number, _data: []
        wait_for(lambda: len(sessions.POOL) == 0, "the dead session to be dropped")


def test_close_all_logs_out_in_time(bmc: BMC) -> None:
    seen: list[bytes] = []

    def watch(direction: str, _number: int, data: bytes) -> list[bytes]:
        if direction == TO_BMC:
            seen.append(data)
        return [data]

    with Proxy(bmc.port, watch) as net:
        commands.power_is_on(info_of(bmc, ipmi_port=net.port))
        commands_sent = len(seen)
        sessions.close_all()
        wait_for(lambda: len(seen) == commands_sent + 1, "the Close Session request")
    # Encrypted and authenticated, within the session that was open (IPMI 2.0 table 13-8).
    assert seen[-1][5] == 0xC0
    assert struct.unpack_from("<I", seen[-1], 6) == struct.unpack_from("<I", seen[-2], 6)
    assert len(sessions.POOL) == 0


def test_close_all_does_not_wait_for_a_busy_bmc(bmc: BMC) -> None:
    info = info_of(bmc)
    commands.power_is_on(info)
    bmc.process.pause()
    with ThreadPoolExecutor(1) as clients:
        asked = clients.submit(commands.power_is_on, info)
        sessions.close_all(timeout=0.3)
        assert not asked.done()
        bmc.process.resume()
        assert asked.result() is False


def test_power_survives_a_bmc_that_blinks(bmc: BMC, make_task: MakeTask) -> None:
    """The BMC stops answering right after it got the request, as one that shares a network port with its server."""
    with Proxy(bmc.port) as net:
        task = make_task(bmc.driver_info | {"ipmi_port": net.port})
        assert POWER.get_power_state(task) == states.POWER_OFF
        lost = 0

        def blink(direction: str, _number: int, data: bytes) -> list[bytes]:
            nonlocal lost
            if bmc.history and direction == TO_BMC and lost < 3:
                lost += 1
                return []
            return [data]

        net.rule = blink
        with short_retries(1):
            POWER.set_power_state(task, states.POWER_ON, timeout=int(PATIENCE))
        assert lost == 3
