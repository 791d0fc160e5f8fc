# SPDX-License-Identifier: Apache-2.0
"""The wait for a power state, with a clock that advances with each sleep."""

from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite.common import exception, states
from ironic_lite.drivers import power_wait


class Silent(Exception):
    pass


class Server:
    """Powers on ``takes`` seconds after the ``needs``-th request."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, needs: int = 1, takes: float = 1.0):
        self.now, self.takes, self.needs = 0.0, takes, needs
        self.asked: list[float] = []
        self.looked: list[float] = []
        self.speaks = True
        monkeypatch.setattr(power_wait.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(power_wait.time, "sleep", self._sleep)

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def request(self) -> str:
        self.asked.append(self.now)
        return ""

    def is_on(self) -> bool:
        self.looked.append(self.now)
        if not self.speaks:
            raise Silent("the BMC does not answer")
        return len(self.asked) >= self.needs and self.now >= self.asked[self.needs - 1] + self.takes

    def change(self, asked: str = states.POWER_ON, on: bool = True) -> power_wait.Change:
        return power_wait.Change(asked, on, self.request, self.is_on, Silent, "bmc")


Make = Callable[..., Server]


@pytest.fixture
def make(monkeypatch: pytest.MonkeyPatch) -> Make:
    return lambda **more: Server(monkeypatch, **more)


def test_the_pauses_grow_until_the_state_is_there(make: Make) -> None:
    server = make(takes=5.0)
    power_wait.reach(server.change(), 60)
    pauses = [
        after - before for before, after in zip(server.looked, server.looked[1:], strict=False)
    ]
    assert pauses[0] == pytest.approx(power_wait.FIRST_POLL)
    assert max(pauses) <= power_wait.SLOWEST_POLL
    assert 5.0 <= server.now < 5.0 + power_wait.SLOWEST_POLL


def test_a_request_that_got_lost_is_repeated(make: Make) -> None:
    server = make(needs=3)
    power_wait.reach(server.change(), 60)
    assert len(server.asked) == 3
    assert server.asked[1] - server.asked[0] < server.asked[2] - server.asked[1]


def test_the_end_of_the_time_says_how_often_was_asked(make: Make) -> None:
    server = make(needs=99)
    with pytest.raises(exception.PowerStateFailure, match=r"still off 20 s .*asked \d times"):
        power_wait.reach(server.change(), 20)
    assert server.now == pytest.approx(20, abs=0.1)


def test_silence_at_the_end_is_told_as_such(make: Make) -> None:
    server = make()
    server.speaks = False
    with pytest.raises(exception.PowerStateFailure, match="does not report the power state"):
        power_wait.reach(server.change(), 5)


def test_an_operating_system_is_given_time_to_shut_down(make: Make) -> None:
    server = make()
    change = power_wait.Change(
        states.SOFT_POWER_OFF, False, server.request, lambda: True, Silent, "bmc"
    )
    with pytest.raises(exception.PowerStateFailure, match="power button"):
        power_wait.reach(change, 2 * power_wait.SLOWEST_REPEAT - 1)
    assert server.asked[1] - server.asked[0] >= power_wait.SLOWEST_REPEAT


def test_what_cannot_be_helped_ends_the_wait(make: Make) -> None:
    server = make()

    def refused() -> Any:
        raise exception.NodeLockLost(node="n")

    change = power_wait.Change(states.POWER_ON, True, refused, server.is_on, Silent, "bmc")
    with pytest.raises(exception.NodeLockLost):
        power_wait.reach(change, 5)
