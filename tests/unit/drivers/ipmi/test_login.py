# SPDX-License-Identifier: Apache-2.0
"""Logging in to slow BMCs over networks that lose and delay datagrams, in virtual time."""

import random
from collections.abc import Callable

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers.modules.ipmi import transport
from tests.unit.drivers.ipmi.virtual_time import (
    OPEN_SESSION_REQUEST,
    OPEN_SESSION_RESPONSE,
    RAKP_1,
    RAKP_2,
    RAKP_3,
    RAKP_4,
    TO_CLIENT,
    VirtualBMC,
    kind,
)

LOGIN = (OPEN_SESSION_REQUEST, OPEN_SESSION_RESPONSE, RAKP_1, RAKP_2, RAKP_3, RAKP_4)
STATUS = 17
"""Where the status code of an answer of the login is: byte 1 behind the 16 bytes of the header."""
MakeBMC = Callable[..., VirtualBMC]


@pytest.fixture
def make_bmc(monkeypatch: pytest.MonkeyPatch) -> MakeBMC:
    def make(late: float = 0.0, serial: bool = False) -> VirtualBMC:
        return VirtualBMC(monkeypatch, late=late, serial=serial)

    return make


def established(bmc: VirtualBMC) -> bool:
    """Whether the last request was answered within a session."""
    return bool(bmc.seen[-1][1][5] & 0x40)


@pytest.mark.parametrize("status", [0x00, 0x01, 0x02, 0x09, 0x0D, 0x0F, 0x11])
@pytest.mark.parametrize("late", [OPEN_SESSION_RESPONSE, RAKP_2, RAKP_4])
def test_an_answer_to_the_login_that_comes_after_it_changes_nothing(
    make_bmc: MakeBMC, late: int, status: int
) -> None:
    """The first answer of a kind is delayed, so that the next login attempt becomes the session."""
    bmc = make_bmc()
    held: list[bytes] = []

    def hold(direction: str, datagram: bytes) -> list[bytes]:
        if direction == TO_CLIENT and kind(datagram) == late and not held:
            held.append(datagram[:STATUS] + bytes([status]) + datagram[STATUS + 1 :])
            return []
        if direction == TO_CLIENT and datagram[5] & 0x40:
            # In the session, after the answer to its first request.
            return [held[0], datagram, held[0]]
        return [datagram]

    bmc.rule = hold
    bmc.command()
    tries = bmc.count(OPEN_SESSION_REQUEST)
    assert held and tries == 2
    for _ in range(3):
        assert bmc.command() < 0.1
        assert established(bmc)
    assert bmc.count(OPEN_SESSION_REQUEST) == tries, "the session should have been used again"


@pytest.mark.parametrize("status", [0x02, 0x0D, 0x0F, 0x11])
@pytest.mark.parametrize("repeated", [OPEN_SESSION_RESPONSE, RAKP_2, RAKP_4])
def test_an_answer_to_the_login_that_comes_twice_changes_nothing(
    make_bmc: MakeBMC, repeated: int, status: int
) -> None:
    """The same happens if the network duplicates a request, and the BMC refuses the second copy."""
    bmc = make_bmc()

    def repeat(direction: str, datagram: bytes) -> list[bytes]:
        if direction == TO_CLIENT and kind(datagram) == repeated:
            return [datagram, datagram[:STATUS] + bytes([status]) + datagram[STATUS + 1 :]]
        return [datagram]

    bmc.rule = repeat
    for _ in range(3):
        assert bmc.command() < 0.1
        assert established(bmc)
    assert bmc.count(OPEN_SESSION_REQUEST) == 1


@pytest.mark.parametrize("serial", [False, True])
@pytest.mark.parametrize("late", [0.5, 1.0, 2.0, 3.0, 3.9, 4.1, 4.5, 4.9])
def test_a_slow_bmc(make_bmc: MakeBMC, late: float, serial: bool) -> None:
    """The BMC drops a login without progress for 5 s."""
    bmc = make_bmc(late=late, serial=serial)
    assert bmc.command() < 30
    assert established(bmc)
    assert bmc.count(RAKP_1) <= 4


@pytest.mark.parametrize(
    ("late", "patience", "enough"),
    [(1.5, 0.25, 5), (3.0, 0.5, 16), (4.0, 0.5, 21), (3.0, 0.25, 19)],
)
def test_a_bmc_that_is_much_slower_than_its_client_is_patient(
    make_bmc: MakeBMC,
    late: float,
    patience: float,
    enough: float,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The first answer comes after its timeout, from which the client learns how long to wait for the others."""
    monkeypatch.setattr(transport, "FIRST_PATIENCE", patience)
    bmc = make_bmc(late=late)
    assert bmc.command() < enough


@pytest.mark.parametrize("late", [3.0, 4.5])
def test_a_bmc_that_is_known_to_be_slow_is_asked_once(make_bmc: MakeBMC, late: float) -> None:
    bmc = make_bmc(late=late)
    bmc.command()
    bmc.bmc.close(1.0)
    asked = bmc.count(RAKP_1)
    assert bmc.command() == pytest.approx(2 * late, abs=0.1)
    assert bmc.count(RAKP_1) == asked + 1


@pytest.mark.parametrize(("late", "enough"), [(0.0, 8.0), (1.0, 12.0), (3.0, 40.0)])
@pytest.mark.parametrize("lost", LOGIN)
@pytest.mark.parametrize("serial", [False, True])
def test_a_lost_datagram_of_the_login(
    make_bmc: MakeBMC, lost: int, late: float, enough: float, serial: bool
) -> None:
    bmc = make_bmc(late=late, serial=serial)
    left = [1]

    def lose(_direction: str, datagram: bytes) -> list[bytes]:
        if kind(datagram) == lost and left:
            left.pop()
            return []
        return [datagram]

    bmc.rule = lose
    assert bmc.command() < enough
    assert not left


@pytest.mark.parametrize("late", [0.0, 1.0, 2.0, 3.0])
def test_one_of_twenty_datagrams_is_lost(make_bmc: MakeBMC, late: float) -> None:
    assert None not in logins(make_bmc, late, lost=0.05)


def test_one_of_five_datagrams_is_lost(make_bmc: MakeBMC) -> None:
    assert None not in logins(make_bmc, late=0.0, lost=0.2)


def logins(make_bmc: MakeBMC, late: float, lost: float) -> list[float | None]:
    """Log in to forty BMCs; return the seconds of each login, None for a timeout."""
    took: list[float | None] = []
    for seed in range(40):
        bmc = make_bmc(late=late)
        chance = random.Random(seed)
        bmc.rule = lambda _direction, datagram: [] if chance.random() < lost else [datagram]  # noqa: B023
        try:
            took.append(bmc.command())
        except exception.IPMIUnreachable:
            took.append(None)
    return took


def test_a_bmc_that_answers_one_rakp_message_late_is_not_taken_for_slow_for_ever(
    make_bmc: MakeBMC,
) -> None:
    """After a pause of the firmware, the client again notices the next lost datagram soon."""
    bmc = make_bmc(late=3.0)
    bmc.command()
    bmc.bmc.close(1.0)
    bmc.set_late(0.0)
    bmc.command()
    bmc.bmc.close(1.0)
    lost = []

    def lose(_direction: str, datagram: bytes) -> list[bytes]:
        if kind(datagram) == RAKP_2 and not lost:
            lost.append(datagram)
            return []
        return [datagram]

    bmc.rule = lose
    assert bmc.command() < 5
    assert lost


def test_a_bmc_that_never_answers_rakp_is_told_as_such(make_bmc: MakeBMC) -> None:
    bmc = make_bmc(late=1000.0)
    begun = bmc.clock.monotonic()
    with pytest.raises(
        exception.IPMIUnreachable, match="stopped answering at the second"
    ) as raised:
        bmc.command()
    for blamed in ("password", "username", "admin", "key"):
        assert blamed not in str(raised.value)
    assert 59 < bmc.clock.monotonic() - begun < 61
