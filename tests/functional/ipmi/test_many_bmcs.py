# SPDX-License-Identifier: Apache-2.0
"""A rack's worth of BMCs at the same time."""

import logging
import subprocess
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers.modules.ipmi import commands, driver_info, sessions, transport, wire
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.ipmi.short_retries import short_retries
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed

COUNT = 200
SILENT = range(0, COUNT, 50)


@pytest.fixture(scope="module")
def rack() -> Iterator[VirtualRack]:
    with VirtualRack(count=COUNT) as rack:
        yield rack


def infos(rack: VirtualRack) -> list[driver_info.ConnectionInfo]:
    return [
        driver_info.ConnectionInfo("127.0.0.1", rack.bmc_port(i), "admin", "password")
        for i in range(COUNT)
    ]


def test_sweep(rack: VirtualRack) -> None:
    """One session per BMC reads its power state; the second round needs no login; the end logs out of all."""
    with ThreadPoolExecutor(50) as workers:
        for _ in range(2):
            assert list(workers.map(commands.power_is_on, infos(rack))) == [False] * COUNT
    assert {status["bmc_sessions"] for status in rack.statuses()} == {1}
    sessions.close_all()
    wait_for(
        lambda: not any(status["bmc_sessions"] for status in rack.statuses()), "all sessions to end"
    )


def test_silent_ones_do_not_hold_up_the_rest(rack: VirtualRack, impatient: None) -> None:
    """A few dead BMCs among many take their own workers' time, and cause no errors of others."""
    for index in SILENT:
        rack.set_faults(index, bmc_silent=True)
    everybody = infos(rack)
    silent = [everybody[index] for index in SILENT]
    rest = [info for info in everybody if info not in silent]
    with ThreadPoolExecutor(50) as workers:
        with short_retries(10):
            wanting = [workers.submit(commands.power_is_on, info) for info in silent]
            wait_for(lambda: all(each.running() for each in wanting), "the silent ones to be asked")
        asked = [workers.submit(commands.power_is_on, info) for info in rest]
        assert [each.result() for each in asked] == [False] * len(rest)
        for each in wanting:
            assert isinstance(each.exception(), exception.IPMIUnreachable)
    for index in SILENT:
        rack.clear_faults(index)
    assert [commands.power_is_on(info) for info in silent] == [False] * len(SILENT)


def test_a_process_that_ends_logs_out(rack: VirtualRack) -> None:
    program = (
        "from ironic_lite.drivers.modules.ipmi import commands, driver_info\n"
        f"bmc = driver_info.ConnectionInfo('127.0.0.1', {rack.bmc_port(0)}, 'admin', 'password')\n"
        "assert commands.power_is_on(bmc) is False\n"
    )
    logins = len(rack.journal(server="server-0"))
    subprocess.run([sys.executable, "-c", program], check=True, timeout=PATIENCE)
    assert len(rack.journal(server="server-0")) > logins
    wait_for(lambda: rack.status(0)["bmc_sessions"] == 0, "the session to end")


def test_bmc_without_a_free_session(
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    # On a busy machine the BMC may be slow, and silence alone makes the adapter try suite 3.
    monkeypatch.setattr(transport, "FIRST_PATIENCE", 5.0)
    caplog.set_level(logging.INFO)
    with VirtualRack(count=1, session_limit=1) as rack:
        info = driver_info.ConnectionInfo("127.0.0.1", rack.bmc_port(0), "admin", "password")
        somebody_else = wire.Session(info, 17, time.monotonic() + PATIENCE)
        with (
            short_retries(5),
            pytest.raises(exception.IPMIUnreachable, match="Close other IPMI sessions"),
        ):
            commands.power_is_on(info)
        with ThreadPoolExecutor(1) as waiting:
            asked = waiting.submit(commands.power_is_on, info)
            somebody_else.close()
            assert asked.result() is False
    assert "sessions use cipher suite 17" in caplog.text
