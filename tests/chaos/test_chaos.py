# SPDX-License-Identifier: Apache-2.0
"""A cluster under load loses no operation, whatever fault is injected."""

from pathlib import Path

import pytest

from tests.chaos import faults, kills
from tests.chaos.conftest import TABLE
from tests.chaos.scene import Database, Scale, staged
from tests.functional.servers.rabbitmq import RabbitMQ


@pytest.mark.timeout(7200)
def test_nothing_is_lost(
    request: pytest.FixtureRequest,
    tmp_path: Path,
    database: Database,
    broker: RabbitMQ,
    scale: Scale,
) -> None:
    config = request.config
    chosen = [name for name in config.getoption("--chaos-faults").split(",") if name]
    missing: set[str] = set()
    with staged(tmp_path, database, broker, scale, config.getoption("--chaos-seed")) as scene:
        scene.works()
        if not chosen or "kills" in chosen:
            missing = kills.hunt(scene)
        for fault in faults.ALL:
            if not chosen or fault.__name__ in chosen:
                fault(scene)
                scene.breathe()
        scene.settle()
        scene.keep_journal(tmp_path / "rack.jsonl")
        report = f"Chaos on {request.node.callspec.id}, seed {config.getoption('--chaos-seed')}\n\n{scene.table()}"
        config.stash[TABLE].append(report)
        violations = scene.violations()
        never_reached = scene.never_reached()
    assert not violations, "\n".join(violations)
    if config.getoption("--chaos-full") and not chosen:
        assert not missing, f"no conductor was killed in: {', '.join(sorted(missing))}"
        assert not never_reached, f"asked in vain, or never: {', '.join(sorted(never_reached))}"
