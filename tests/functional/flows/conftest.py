# SPDX-License-Identifier: Apache-2.0
"""A conductor's core on a real SQLite database."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from ironic_lite.common import states
from ironic_lite.conf import CONF, inspector
from ironic_lite.db import engine, migration
from tests.functional.flows import scripted_agent
from tests.functional.flows.booted import Booted
from tests.functional.flows.conductor_core import ConductorCore
from tests.functional.flows.inspection import Inspection
from tests.functional.flows.scripted_agent import ScriptedAgent


@pytest.fixture(scope="session")
def _migrated(tmp_path_factory: pytest.TempPathFactory) -> str:
    CONF([], project="ironic-lite", default_config_files=[])
    url = f"sqlite:///{tmp_path_factory.mktemp('flows')}/ironic-lite.sqlite"
    CONF.set_override("connection", url, group="database")
    migration.upgrade()
    return url


@pytest.fixture
def option() -> Iterator[Callable[..., None]]:
    """``option("name", value, group="deploy")``: an option for the length of one test."""
    changed = []

    def override(name: str, value: Any, group: str | None = None) -> None:
        CONF.set_override(name, value, group=group)
        changed.append((name, group))

    yield override
    for name, group in changed:
        CONF.clear_override(name, group=group)


@pytest.fixture
def core(_migrated: str, option: Callable[..., None]) -> Iterator[ConductorCore]:
    """A conductor's core. Tests share the database: each makes nodes of its own."""
    engine.dispose()
    option("connection", _migrated, group="database")
    option("node_locked_retry_attempts", 0, group="conductor")
    # Tests leave their nodes as they are, and must not use those of other tests.
    option("max_concurrent_clean", 100_000, group="conductor")
    option("max_concurrent_deploy", 100_000, group="conductor")
    # Agents and images are on this machine.
    option("allowed_networks", ["127.0.0.0/8"], group="outbound")
    made = ConductorCore()
    yield made
    made.close()
    engine.dispose()


@pytest.fixture
def agent() -> Iterator[ScriptedAgent]:
    with scripted_agent.running() as started:
        yield started


@pytest.fixture
def booted(core: ConductorCore, agent: ScriptedAgent) -> Booted:
    """A manageable node that is cleaned through an agent."""
    node = core.create_node(states.MANAGEABLE, deploy_interface="direct")
    return Booted(core, agent, node)


@pytest.fixture
def inspection(core: ConductorCore) -> Inspection:
    """A node that waits for data."""
    return Inspection(core)


@pytest.fixture
def hooks(option: Callable[..., None]) -> Callable[..., None]:
    """``hooks("memory", add_ports="all")``: these hooks after the default ones, with these options."""

    def configure(*names: str, **options: Any) -> None:
        option("hooks", ",".join([inspector.DEFAULT_HOOKS, *names]), group="inspector")
        for name, value in options.items():
            option(name, value, group="inspector")

    return configure
