# SPDX-License-Identifier: Apache-2.0
"""``[fake] <interface>_delay``: its valid values and its effect."""

import pytest

from ironic_lite.conf import CONF
from ironic_lite.conf import fake as options
from ironic_lite.drivers.modules.fake import delay


@pytest.fixture(autouse=True)
def _as_configured():
    yield
    CONF.clear_override("power_delay", group="fake")


@pytest.mark.parametrize(
    ("written", "least", "most"), [("0", 0, 0), ("3", 3, 3), ("1,5", 1, 5), ("0.5, 2", 0.5, 2)]
)
def test_is_one_number_or_two(written: str, least: float, most: float) -> None:
    CONF.set_override("power_delay", written, "fake")
    assert CONF.fake.power_delay == options.Delay(least, most)


@pytest.mark.parametrize("written", ["soon", "5,1", "1,2,3", "-1", "inf", "nan", "1,"])
def test_anything_else_is_refused(written: str) -> None:
    with pytest.raises(ValueError, match="is not a delay"):
        CONF.set_override("power_delay", written, "fake")


def test_a_range_is_a_time_within_it(monkeypatch: pytest.MonkeyPatch) -> None:
    slept: list[float] = []
    monkeypatch.setattr(delay.time, "sleep", slept.append)
    delay.pause("power")
    assert slept == []
    CONF.set_override("power_delay", "1,5", "fake")
    for _ in range(200):
        delay.pause("power")
    assert min(slept) >= 1
    assert max(slept) <= 5
    assert sum(slept) / 200 < 3, "mostly nearer to the first"
