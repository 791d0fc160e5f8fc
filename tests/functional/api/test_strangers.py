# SPDX-License-Identifier: Apache-2.0
"""Silent, slow and greedy clients cost the others nothing: a bounded form of tests.bench.strangers."""

import contextlib
from pathlib import Path

import pytest

from tests.bench import strangers
from tests.waiting import least

SILENT, SLOW = 400, 60
ROUNDS = 40
LIMIT = 3
"""How many times slower requests may be than without them; the benchmark, on a quiet machine, allows twice."""
MIB = 1024 * 1024


@pytest.mark.parametrize("tls", [False, True], ids=["plain", "TLS"])
def test_silent_and_slow_connections(tmp_path: Path, tls: bool) -> None:
    with strangers.service(tmp_path / "service", tls) as server:
        port = server.launch.port

        def slower() -> float:
            calm = strangers.look(port, tls, "shown", ROUNDS)
            with contextlib.closing(strangers.Strangers(port, tls, SILENT, SLOW)) as crowd:
                meanwhile = strangers.look(port, tls, "shown", ROUNDS)
                assert crowd.wait_until_cut(90) == 0
                assert len(crowd.cut_after) == SLOW
            assert calm.refused == meanwhile.refused == 0
            return max(value / calm.kept[request] for request, value in meanwhile.kept.items())

        assert least(slower, LIMIT) <= LIMIT


def test_memory_of_hostile_bodies(tmp_path: Path) -> None:
    """Sixteen at once would take 256 MiB as they are, and gigabytes when they are parsed."""
    with strangers.service(tmp_path / "service", False) as server:
        found = strangers.bodies(server, 16, 16 * MIB, 60)
    assert found.peak - found.idle <= 300
    assert found.after <= 1.1 * found.idle
