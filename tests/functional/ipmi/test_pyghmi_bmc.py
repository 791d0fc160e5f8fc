# SPDX-License-Identifier: Apache-2.0
"""Against pyghmi's own BMC side, which VirtualBMC stands on."""

import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ironic_lite.common import exception, states
from ironic_lite.drivers.modules.ipmi import driver_info, wire
from ironic_lite.drivers.modules.ipmi.management import IPMIManagement
from ironic_lite.drivers.modules.ipmi.power import IPMIPower
from tests.functional.ipmi import pyghmi_bmc
from tests.functional.servers.ports import free_port
from tests.functional.servers.process import ServerProcess
from tests.waiting import PATIENCE

pytestmark = pytest.mark.timed

POWER, MANAGEMENT = IPMIPower(), IPMIManagement()
MakeTask = Callable[..., Any]


class PyghmiBMC:
    def __init__(self, directory: Path) -> None:
        self.port = free_port()
        self._log = directory / "pyghmi_bmc.log"
        argv = [sys.executable, str(Path(pyghmi_bmc.__file__)), str(self.port)]
        self.process = ServerProcess("pyghmi BMC", argv, log=self._log, drop_privileges=False)

    @property
    def driver_info(self) -> dict[str, Any]:
        return {
            "ipmi_address": "127.0.0.1",
            "ipmi_port": self.port,
            "ipmi_username": pyghmi_bmc.USERNAME,
            "ipmi_password": pyghmi_bmc.PASSWORD,
        }

    @property
    def log(self) -> list[str]:
        return self._log.read_text().split()


@pytest.fixture
def old_bmc(tmp_path: Path) -> Iterator[PyghmiBMC]:
    bmc = PyghmiBMC(tmp_path)
    bmc.process.start()
    try:
        bmc.process.wait_until(lambda: "ready" in bmc.log, "the BMC to listen")
        yield bmc
    finally:
        bmc.process.kill()


def test_power_and_node_busy(old_bmc: PyghmiBMC, make_task: MakeTask) -> None:
    """The BMC chooses suite 3 when 17 is proposed, and is busy at the first request."""
    task = make_task(old_bmc.driver_info)
    assert POWER.get_power_state(task) == states.POWER_OFF
    POWER.set_power_state(task, states.POWER_ON)
    POWER.set_power_state(task, states.REBOOT)
    assert old_bmc.log == ["ready", "on", "off", "on"]


def test_the_suite_asked_for_is_not_given_up(old_bmc: PyghmiBMC, make_task: MakeTask) -> None:
    task = make_task(old_bmc.driver_info | {"ipmi_cipher_suite": 17})
    with pytest.raises(exception.IPMIUnreachable, match="insists on suite 3.*ipmi_cipher_suite"):
        POWER.get_power_state(task)


def test_silence_about_an_unknown_user_is_told_as_what_it_is(
    old_bmc: PyghmiBMC, make_task: MakeTask, impatient: None, settings: Callable[..., None]
) -> None:
    """A wrong user name cannot be proved, because a slow BMC looks the same."""
    settings("ipmi", command_retry_timeout=10)
    task = make_task(old_bmc.driver_info | {"ipmi_username": "nobody"})
    with pytest.raises(
        exception.IPMIUnreachable, match="stopped answering at the second message"
    ) as raised:
        POWER.get_power_state(task)
    assert "nobody" not in str(raised.value)
    assert "ipmi_username" not in str(raised.value)


def test_wrong_password(old_bmc: PyghmiBMC, make_task: MakeTask) -> None:
    task = make_task(old_bmc.driver_info | {"ipmi_password": "hunter2"})
    with pytest.raises(exception.IPMIAuthenticationFailure) as refused:
        POWER.get_power_state(task)
    assert "hunter2" not in str(refused.value)


def test_nmi(old_bmc: PyghmiBMC, make_task: MakeTask) -> None:
    MANAGEMENT.inject_nmi(make_task(old_bmc.driver_info))
    assert old_bmc.log == ["ready", "diag"]


def test_vendor(old_bmc: PyghmiBMC, make_task: MakeTask) -> None:
    assert MANAGEMENT.detect_vendor(make_task(old_bmc.driver_info)) == "dell"


def test_sensors(old_bmc: PyghmiBMC, make_task: MakeTask) -> None:
    assert MANAGEMENT.get_sensors_data(make_task(old_bmc.driver_info)) == {
        "Temperature": {
            "CPU (0x0)": {
                "Sensor ID": "CPU (0x0)",
                "Entity ID": "Processor",
                "Status": "ok",
                "Sensor Reading": "96.0 degrees C",
            }
        }
    }


def test_pyghmi_keeps_no_trace_of_sessions(old_bmc: PyghmiBMC) -> None:
    """The library's registers would let a failed login disturb the next one, and its keepalive register would leak."""
    info = driver_info.parse(old_bmc.driver_info)
    wire.Session(info, 17, time.monotonic() + PATIENCE).close()
    base = wire.simplesession.Session
    assert not base.keepalive_sessions
    assert not base.initting_sessions
    assert not base.bmc_handlers
