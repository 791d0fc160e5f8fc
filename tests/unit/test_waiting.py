# SPDX-License-Identifier: Apache-2.0
"""The waits of tests."""

import pytest

from tests import waiting


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """A clock that advances only with sleeps."""
    now = [0.0]
    monkeypatch.setattr(waiting.time, "monotonic", lambda: now[0])
    monkeypatch.setattr(waiting.time, "sleep", lambda seconds: now.__setitem__(0, now[0] + seconds))
    return now


@pytest.mark.parametrize("timeout", [1, 30, 120])
def test_a_condition_gets_far_more_time_than_it_takes(clock: list[float], timeout: float) -> None:
    def holds() -> bool:
        return clock[0] > 2.5 * timeout

    assert waiting.wait_for(holds, "it to hold", timeout, interval=0.5)
    with pytest.raises(AssertionError, match="in vain for what never comes; last seen: None"):
        waiting.wait_for(lambda: None, "what never comes", timeout, interval=0.5)


def test_a_slow_machine_says_so(clock: list[float], monkeypatch: pytest.MonkeyPatch) -> None:
    usual = waiting.at_most(10), waiting.patience(60)
    monkeypatch.setenv(waiting.FACTOR, "4")
    assert (waiting.at_most(10), waiting.patience(60)) == (4 * usual[0], 4 * usual[1])


def test_the_least_of_some_ratios() -> None:
    ratios = iter([5.0, 4.0, 2.5, 1.0])
    assert waiting.least(lambda: next(ratios), 3) == 2.5
    assert next(ratios) == 1.0
    assert waiting.least(iter([5.0, 4.0, 6.0, 7.0]).__next__, 3) == 4.0
