# SPDX-License-Identifier: Apache-2.0
"""Wrong passwords are counted by user and address; other clients cannot lock out a user who knows the password."""

import os
import threading
from concurrent import futures

import pytest

from ironic_lite.api.middleware import guessing
from ironic_lite.api.middleware.guessing import (
    OF_ADDRESS,
    OF_PAIR,
    OF_USER,
    WINDOW,
    Guesses,
    TooManyAtOnce,
    TooManyWrong,
    Turns,
)
from tests.waiting import PATIENCE, wait_for


class Clock:
    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        return self.now


def _wrong(guesses: Guesses, user: bytes, address: bytes, most: int = 1000) -> int:
    """Return how many of ``most`` wrong passwords are checked."""
    for number in range(most):
        try:
            guesses.begin(user, address)
        except TooManyWrong:
            return number
    return most


def test_a_user_from_an_address() -> None:
    clock = Clock()
    guesses = Guesses(clock)
    assert _wrong(guesses, b"ada", b"1") == OF_PAIR
    with pytest.raises(TooManyWrong) as refused:
        clock.now += 20
        guesses.begin(b"ada", b"1")
    assert refused.value.retry_after == WINDOW - 20
    assert refused.value.code == 429
    # Other users, and the same user from another address.
    assert _wrong(guesses, b"grace", b"1") == OF_PAIR
    assert _wrong(guesses, b"ada", b"2") == OF_PAIR
    clock.now += WINDOW
    assert _wrong(guesses, b"ada", b"1") == OF_PAIR


def test_the_last_try_is_told() -> None:
    guesses = Guesses(Clock())
    assert [guesses.begin(b"ada", b"1") for _ in range(OF_PAIR)] == [False] * (OF_PAIR - 1) + [True]


def test_a_right_password_makes_up_for_wrong_ones() -> None:
    guesses = Guesses(Clock())
    for _ in range(10):
        assert _wrong(guesses, b"ada", b"1", OF_PAIR - 1) == OF_PAIR - 1
        guesses.begin(b"ada", b"1")
        guesses.take_back(b"ada", b"1", right=True)
        # The address keeps its count for other users.
        guesses._addresses.forget(b"1")
        guesses._users.forget(b"ada")
    assert _wrong(guesses, b"ada", b"1") == OF_PAIR


def test_what_was_not_looked_at_does_not_count() -> None:
    guesses = Guesses(Clock())
    for _ in range(1000):
        guesses.begin(b"ada", b"1")
        guesses.take_back(b"ada", b"1", right=False)
    assert _wrong(guesses, b"ada", b"1") == OF_PAIR


def test_an_address_that_tries_one_user_after_the_other() -> None:
    guesses = Guesses(Clock())
    looked_at = sum(_wrong(guesses, b"user %d" % number, b"1") for number in range(1000))
    assert looked_at <= 2 * OF_ADDRESS
    # A user's first password is checked unless the address had wrong ones for many other users.
    guesses = Guesses(Clock())
    for number in range(OF_ADDRESS // OF_PAIR + 1):
        _wrong(guesses, b"user %d" % number, b"1")
    assert guesses.begin(b"ada", b"1") is False


def test_a_user_who_is_guessed_from_everywhere_gets_in_from_a_new_address() -> None:
    guesses = Guesses(Clock())
    for number in range(1000):
        _wrong(guesses, b"ada", b"address %d" % number)
    assert _wrong(guesses, b"ada", b"hers") == 1
    assert _wrong(guesses, b"grace", b"hers") == OF_PAIR
    assert OF_USER > OF_PAIR


def test_what_is_remembered_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(guessing, "_KNOWN", 50)
    guesses = Guesses(Clock())
    for number in range(500):
        guesses.begin(b"user %d" % number, b"address %d" % number)
    assert [len(each) for each in (guesses._pairs, guesses._users, guesses._addresses)] == [50] * 3


@pytest.mark.parametrize(
    ("address", "counted"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:0:1::7", "2001:db8:0:1::/64"),
        ("2001:db8:0:1:ffff::", "2001:db8:0:1::/64"),
        ("fe80::1%eth0", "fe80::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("unix:", "unix:"),
    ],
)
def test_addresses(address: str, counted: str) -> None:
    assert guessing.network(address) == counted


class Look:
    """Checks a password until the test lets it finish."""

    def __init__(self) -> None:
        self.entered, self.leave = threading.Event(), threading.Event()

    def __call__(self) -> bool:
        self.entered.set()
        return self.leave.wait(PATIENCE)


def test_turns() -> None:
    turns, look = Turns(at_once=1, waiting=1, patience=PATIENCE), Look()
    with futures.ThreadPoolExecutor() as requests:
        first = requests.submit(turns.look, look)
        assert look.entered.wait(PATIENCE)
        second = requests.submit(turns.look, look)
        wait_for(lambda: not turns._places._value, "the second to wait")
        with pytest.raises(TooManyAtOnce):
            turns.look(lambda: True)
        look.leave.set()
        assert first.result(PATIENCE) and second.result(PATIENCE)
    assert turns.look(lambda: True)
    assert not turns.look(lambda: False)


def test_a_turn_that_does_not_come() -> None:
    turns, look = Turns(at_once=1, waiting=1, patience=PATIENCE), Look()
    with futures.ThreadPoolExecutor() as requests:
        first = requests.submit(turns.look, look)
        assert look.entered.wait(PATIENCE)
        # Those that come after the first one wait for this long.
        turns._patience = 0.01
        for _ in range(5):
            with pytest.raises(TooManyAtOnce):
                turns.look(lambda: True)
        look.leave.set()
        # Its check has begun, so it gets its answer.
        assert first.result(PATIENCE)


def test_looking_gives_way_to_all_else() -> None:
    nice: list[int] = []
    turns = Turns(at_once=1, waiting=1, patience=PATIENCE)
    turns.look(
        lambda: bool(nice.append(os.getpriority(os.PRIO_PROCESS, threading.get_native_id())))
    )
    assert nice[0] > os.getpriority(os.PRIO_PROCESS, threading.get_native_id())
