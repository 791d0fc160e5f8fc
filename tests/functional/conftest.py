# SPDX-License-Identifier: Apache-2.0
"""Real servers as fixtures. One server of each kind per test process, started when it is first needed; each test gets a
database, a virtual host or a BMC of its own."""

import uuid
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest

from ironic_lite.common import rpc
from ironic_lite.conf import CONF
from ironic_lite.db import engine, migration
from tests.functional.console import Console
from tests.functional.deployment import Deployment
from tests.functional.servers import (
    ipmi_sim,
    mariadb,
    openstack_environment,
    postgresql,
    rabbitmq,
)


def pytest_collection_finish(session: pytest.Session) -> None:
    """Start to install the OpenStack services if a selected test needs them: other tests run meanwhile."""
    collect_only = session.config.option.collectonly
    names = {name for item in session.items for name in getattr(item, "fixturenames", ())}
    if "openstack_environment" in names and not collect_only:
        openstack_environment.OPENSTACK.make_in_background()


@pytest.fixture(scope="session", name="openstack_environment")
def openstack_environment_fixture() -> openstack_environment.Environment:
    """The virtual environment of the OpenStack services."""
    return openstack_environment.ready()


@pytest.fixture(scope="session")
def mariadb_server() -> Iterator[mariadb.MariaDB]:
    """The MariaDB server of this test process."""
    with mariadb.running() as server:
        yield server


@pytest.fixture(scope="session")
def postgresql_server() -> Iterator[postgresql.PostgreSQL]:
    """The PostgreSQL server of this test process."""
    with postgresql.running() as server:
        yield server


@pytest.fixture(scope="session")
def rabbitmq_server() -> Iterator[rabbitmq.RabbitMQ]:
    """The broker of this test process. Tests that stop or pause it take `breakable_rabbitmq_server`."""
    with rabbitmq.running() as broker:
        yield broker


@pytest.fixture
def breakable_rabbitmq_server(rabbitmq_server: rabbitmq.RabbitMQ) -> Iterator[rabbitmq.RabbitMQ]:
    """The same broker, for a test that stops or pauses it: it works again for the next test."""
    yield rabbitmq_server
    rabbitmq_server.process.resume()
    if not rabbitmq_server.process.alive:
        rabbitmq_server.start()


@pytest.fixture
def sqlite_url(tmp_path: Path) -> str:
    """URL of a SQLite file that does not exist yet."""
    return f"sqlite:///{tmp_path}/ironic-lite.sqlite"


@pytest.fixture
def mariadb_url(mariadb_server: mariadb.MariaDB) -> str:
    """URL of an empty MariaDB database."""
    return mariadb_server.create_database()


@pytest.fixture
def postgresql_url(postgresql_server: postgresql.PostgreSQL) -> str:
    """URL of an empty PostgreSQL database."""
    return postgresql_server.create_database()


@pytest.fixture(params=["sqlite", "mariadb", "postgresql"])
def database_url(request: pytest.FixtureRequest) -> str:
    """URL of an empty database: the test runs once per kind."""
    url: str = request.getfixturevalue(f"{request.param}_url")
    return url


@pytest.fixture
def rabbitmq_url(rabbitmq_server: rabbitmq.RabbitMQ) -> str:
    """Transport URL (`rabbit://`) of an empty virtual host."""
    return rabbitmq_server.create_vhost()


@pytest.fixture
def start_bmc() -> Iterator[Callable[..., ipmi_sim.BMC]]:
    """Starts a BMC at each call: `start_bmc(name=..., username=..., password=...)`. They stop with the test."""
    with ExitStack() as started:

        def start(name: str = "bmc", **options: str) -> ipmi_sim.BMC:
            return started.enter_context(ipmi_sim.running(name, **options))

        yield start


@pytest.fixture
def bmc(start_bmc: Callable[..., ipmi_sim.BMC]) -> ipmi_sim.BMC:
    """One BMC, powered off."""
    return start_bmc()


@pytest.fixture
def make_deployment(tmp_path: Path) -> Iterator[Callable[..., Deployment]]:
    """Prepares a Deployment: `make_deployment(database=url, transport=url, options={...})`; nothing runs yet."""
    with ExitStack() as prepared:

        def prepare(**settings: Any) -> Deployment:
            return prepared.enter_context(Deployment(tmp_path, **settings))

        yield prepare


@pytest.fixture
def all_in_one(make_deployment: Callable[..., Deployment], sqlite_url: str) -> Deployment:
    """ironic_lite in one process, on SQLite and in-process messaging."""
    service = make_deployment(database=sqlite_url)
    service.start_all_in_one()
    return service


@pytest.fixture
def configured(tmp_path: Path) -> Iterator[None]:
    """Options, SQLite file and in-process transport of this test, for services inside the test's process."""
    CONF([], project="test", default_config_files=[])
    rpc.cleanup()
    engine.dispose()
    rpc.register_options()
    CONF.set_override("transport_url", f"inprocess:///{uuid.uuid4().hex}")
    CONF.set_override("connection", f"sqlite:///{tmp_path}/db.sqlite", group="database")
    CONF.set_override("sync_power_state_interval", 0, group="conductor")
    CONF.set_override("graceful_shutdown_timeout", 5, group="conductor")
    CONF.set_override("node_locked_retry_attempts", 0, group="conductor")
    migration.upgrade()
    rpc.init()
    yield
    rpc.cleanup()
    engine.dispose()
    CONF.clear()
    CONF([], project="test", default_config_files=[])


@pytest.fixture
def console(tmp_path: Path) -> Console:
    """The console commands, in a directory of this test."""
    return Console(tmp_path)
