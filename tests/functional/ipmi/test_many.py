# SPDX-License-Identifier: Apache-2.0
"""A rack's worth of BMCs at the same time."""

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from ironic_lite.common import exception
from ironic_lite.drivers.modules.ipmi import commands, driver_info, sessions
from ironic_lite.simulator.virtual_rack import VirtualRack
from tests.waiting import wait_for

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


def test_sweep(rack: VirtualRack, settings: object) -> None:
    """Everybody's power state over one session each; the second sweep needs no login; the end logs out everywhere."""
    with ThreadPoolExecutor(50) as workers:
        for _ in range(2):
            assert list(workers.map(commands.power_is_on, infos(rack))) == [False] * COUNT
    assert {status["bmc_sessions"] for status in rack.statuses()} == {1}
    sessions.close_all()
    wait_for(
        lambda: not any(status["bmc_sessions"] for status in rack.statuses()), "all sessions to end"
    )


def test_silent_ones_do_not_hold_up_the_rest(rack: VirtualRack, impatient: None) -> None:
    """A few dead BMCs among many cost their own workers' time, and their neighbours no error."""
    for index in SILENT:
        rack.set_faults(index, bmc_silent=True)
    with ThreadPoolExecutor(50) as workers:
        asked = [workers.submit(commands.power_is_on, info) for info in infos(rack)]
        failures = [a.exception() for a in asked]
    for index, failure in enumerate(failures):
        if index in SILENT:
            assert isinstance(failure, exception.IPMIUnreachable)
        else:
            assert failure is None
    for index in SILENT:
        rack.clear_faults(index)
    assert [commands.power_is_on(infos(rack)[index]) for index in SILENT] == [False] * len(SILENT)
