# SPDX-License-Identifier: Apache-2.0
"""Options for the size of a run and its database, the servers, and the table at the end of the run."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.chaos.scene import Scale
from tests.functional.servers import mariadb, postgresql, rabbitmq

TABLE = pytest.StashKey[list[str]]()
DATABASES = {"mariadb": mariadb, "postgresql": postgresql}


def pytest_addoption(parser: pytest.Parser) -> None:
    group = parser.getgroup("chaos")
    group.addoption(
        "--chaos-full", action="store_true", help="conductors killed at every point, long outages"
    )
    group.addoption(
        "--chaos-faults", default="", help="only these faults, by name, separated by commas"
    )
    group.addoption(
        "--chaos-slowness",
        type=float,
        default=1.0,
        help="how many times as patient as on an idle machine",
    )
    group.addoption("--chaos-database", choices=list(DATABASES), help="this one only")
    group.addoption("--chaos-report", type=Path, help="where the table is written to")
    group.addoption("--chaos-seed", type=int, default=1, help="of what the load asks for")


@pytest.fixture
def scale(request: pytest.FixtureRequest) -> Scale:
    """The size of this run."""
    slowness = request.config.getoption("--chaos-slowness")
    if request.config.getoption("--chaos-full"):
        return Scale(slowness=slowness, outage=60, kills=100, search=150, breath=5)
    return Scale(slowness=slowness)


@pytest.fixture
def broker() -> Iterator[rabbitmq.RabbitMQ]:
    """A broker that the test can stop."""
    with rabbitmq.running() as server:
        yield server


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "database" in metafunc.fixturenames:
        chosen = metafunc.config.getoption("--chaos-database")
        metafunc.parametrize("database", [chosen] if chosen else list(DATABASES), indirect=True)


@pytest.fixture
def database(request: pytest.FixtureRequest) -> Iterator[mariadb.MariaDB | postgresql.PostgreSQL]:
    """A database server that the test can stop."""
    with DATABASES[request.param].running() as server:
        yield server


def pytest_configure(config: pytest.Config) -> None:
    config.stash[TABLE] = []


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    config = terminalreporter.config
    for table in config.stash[TABLE]:
        terminalreporter.write_line(f"\n{table}")
    path = config.getoption("--chaos-report")
    if path and config.stash[TABLE]:
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n\n".join(config.stash[TABLE]) + "\n")
