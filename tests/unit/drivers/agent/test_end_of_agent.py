# SPDX-License-Identifier: Apache-2.0
"""How soon it is noticed that a server has powered itself off, with a clock that advances with each sleep."""

import types
from typing import Any

import pytest

from ironic_lite.common import states
from ironic_lite.conf import CONF
from ironic_lite.drivers import power_wait
from ironic_lite.drivers.modules.agent import boot


class Server:
    """A server that is off from a moment on; the BMC is asked for its power."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch, off_at: float) -> None:
        self.now, self.off_at, self.asked = 0.0, off_at, 0
        monkeypatch.setattr(power_wait.time, "monotonic", lambda: self.now)
        monkeypatch.setattr(power_wait.time, "sleep", self._sleep)
        power = types.SimpleNamespace(get_power_state=self._power)
        self.task: Any = types.SimpleNamespace(driver=types.SimpleNamespace(power=power))

    def _sleep(self, seconds: float) -> None:
        self.now += seconds

    def _power(self, _task: Any) -> str:
        self.asked += 1
        return states.POWER_OFF if self.now >= self.off_at else states.POWER_ON


@pytest.mark.parametrize("off_at", [0.0, 0.3, 1.7, 6.3, 11.9, 29.0])
def test_a_server_that_is_off_is_noticed_within_half_a_second(
    monkeypatch: pytest.MonkeyPatch, off_at: float
) -> None:
    server = Server(monkeypatch, off_at)
    boot._wait_for_power_off(server.task)
    assert off_at <= server.now <= off_at + 0.5
    assert server.asked <= 3 + 2 * off_at


def test_the_wait_is_as_long_as_configured(monkeypatch: pytest.MonkeyPatch) -> None:
    CONF.set_override("post_deploy_get_power_state_retries", 4, "agent")
    CONF.set_override("post_deploy_get_power_state_retry_interval", 2.5, "agent")
    server = Server(monkeypatch, off_at=float("inf"))
    boot._wait_for_power_off(server.task)
    assert server.now == pytest.approx(10.0)
