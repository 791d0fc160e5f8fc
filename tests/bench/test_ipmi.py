# SPDX-License-Identifier: Apache-2.0
"""A sweep of the benchmark of IPMI counts the live BMCs, and does not take dead ones for live."""

from ironic_lite.drivers.modules.ipmi import sessions
from tests.bench import ipmi
from tests.functional.ipmi.short_retries import short_retries


def test_a_sweep_reads_all_live_bmcs() -> None:
    with ipmi.simulated(4) as fleet:
        fleet.kill(50)
        assert fleet.dead == {0, 2}
        with short_retries(5):
            assert ipmi.sweep(fleet, ipmi.ask_session, workers=4).read == 2
        with short_retries(1):
            assert not ipmi.ask_session(fleet.bmcs[2])
        fleet.kill(0)
        assert ipmi.sweep(fleet, ipmi.ask_session, workers=4).read == 4
        sessions.close_all()
