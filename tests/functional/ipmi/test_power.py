# SPDX-License-Identifier: Apache-2.0
"""Power interface against ipmi_sim, checked in the simulator's own files and with ipmitool."""

import subprocess
import threading
from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite.common import exception, states
from ironic_lite.drivers.modules.ipmi.power import IPMIPower
from tests.functional.servers import process
from tests.functional.servers.ipmi_sim import BMC
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed

POWER = IPMIPower()
MakeTask = Callable[..., Any]


def ipmitool(bmc: BMC, *command: str) -> str:
    argv = [process.find_program("ipmitool"), "-I", "lanplus", "-C", "3"]
    argv += ["-H", bmc.address, "-p", str(bmc.port), "-U", bmc.username, "-E", *command]
    done = subprocess.run(
        argv, env={"IPMI_PASSWORD": bmc.password}, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


def test_on_and_off_are_what_ipmitool_sees(bmc: BMC, make_task: MakeTask) -> None:
    task = make_task(bmc.driver_info)
    for state, word in ((states.POWER_ON, "on"), (states.POWER_OFF, "off")):
        POWER.set_power_state(task, state)
        assert POWER.get_power_state(task) == state
        assert ipmitool(bmc, "chassis", "power", "status") == f"Chassis Power is {word}"
        assert bmc.powered_on is (word == "on")


def test_a_change_from_outside_is_seen(bmc: BMC, make_task: MakeTask) -> None:
    task = make_task(bmc.driver_info)
    assert POWER.get_power_state(task) == states.POWER_OFF
    ipmitool(bmc, "chassis", "power", "on")
    assert POWER.get_power_state(task) == states.POWER_ON


def test_reboot_goes_through_off(bmc: BMC, make_task: MakeTask) -> None:
    bmc.powered_on = True
    POWER.set_power_state(make_task(bmc.driver_info), states.REBOOT)
    assert bmc.history == ["power 0", "power 1"]


def test_a_task_that_loses_its_node_in_the_middle_of_a_reboot_stops_there(
    bmc: BMC, make_task: MakeTask
) -> None:
    bmc.powered_on = True
    task = make_task(bmc.driver_info)

    def held_until_the_server_is_off() -> None:
        if bmc.history:
            raise exception.NodeLockLost(node=task.node.uuid)

    task.ensure_locked = held_until_the_server_is_off
    with pytest.raises(exception.NodeLockLost):
        POWER.reboot(task)
    assert bmc.history == ["power 0"]


def test_reboot_of_a_server_that_is_off_turns_it_on(bmc: BMC, make_task: MakeTask) -> None:
    POWER.reboot(make_task(bmc.driver_info))
    assert bmc.history == ["power 1"]


def test_reboot_resets_a_node_that_must_not_be_powered_off(bmc: BMC, make_task: MakeTask) -> None:
    bmc.powered_on = True
    POWER.reboot(make_task(bmc.driver_info, disable_power_off=True))
    assert bmc.history == ["reset 1"]


def test_soft_power_off(bmc: BMC, make_task: MakeTask) -> None:
    bmc.powered_on = True
    POWER.set_power_state(make_task(bmc.driver_info), states.SOFT_POWER_OFF)
    assert bmc.history == ["shutdown 1"]
    assert not bmc.powered_on


def test_soft_reboot(bmc: BMC, make_task: MakeTask) -> None:
    bmc.powered_on = True
    POWER.set_power_state(make_task(bmc.driver_info), states.SOFT_REBOOT)
    assert bmc.history == ["shutdown 1", "power 1"]


def test_soft_power_off_that_the_system_ignores_fails_in_time(
    bmc: BMC, make_task: MakeTask
) -> None:
    bmc.powered_on = True
    bmc.ignore_soft_power_off()
    with pytest.raises(exception.PowerStateFailure, match="soft power off.*still on 1 s.*ignore"):
        POWER.set_power_state(make_task(bmc.driver_info), states.SOFT_POWER_OFF, timeout=1)
    assert bmc.powered_on


def test_waits_for_an_operating_system_that_takes_its_time(bmc: BMC, make_task: MakeTask) -> None:
    bmc.powered_on = True
    bmc.ignore_soft_power_off()
    asked = threading.Thread(
        target=POWER.set_power_state,
        args=(make_task(bmc.driver_info), states.SOFT_POWER_OFF),
        kwargs={"timeout": 30},
    )
    asked.start()
    wait_for(lambda: bmc.history == ["shutdown 1"], "the request to shut down")
    assert asked.is_alive()
    bmc.powered_on = False
    asked.join(PATIENCE)
    assert not asked.is_alive()


def test_configured_time_applies_without_a_timeout(
    bmc: BMC, make_task: MakeTask, settings: Callable[..., None]
) -> None:
    settings("conductor", soft_power_off_timeout=1)
    bmc.powered_on = True
    bmc.ignore_soft_power_off()
    with pytest.raises(exception.PowerStateFailure, match="still on 1 s"):
        POWER.set_power_state(make_task(bmc.driver_info), states.SOFT_REBOOT)
    assert "power 1" not in bmc.history


def test_unknown_power_state(bmc: BMC, make_task: MakeTask) -> None:
    with pytest.raises(exception.InvalidParameterValue, match="'upside down' is not a power state"):
        POWER.set_power_state(make_task(bmc.driver_info), "upside down")


def test_all_targets_are_supported(bmc: BMC, make_task: MakeTask) -> None:
    supported = POWER.get_supported_power_states(make_task(bmc.driver_info))
    assert set(supported) == set(states.POWER_TARGETS)
