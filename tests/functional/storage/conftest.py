# SPDX-License-Identifier: Apache-2.0
"""A Keystone and a Cinder for all tests of a process, each with volumes of its own."""

from collections.abc import Iterator

import pytest

from tests.functional.rack.cloud import Cloud
from tests.functional.rack.cloud import running as running_cloud
from tests.functional.servers import cinder as cinders
from tests.functional.servers import keystone as keystones
from tests.functional.servers.cinder import Cinder
from tests.functional.servers.mariadb import MariaDB
from tests.functional.servers.openstack_environment import Environment
from tests.functional.servers.rabbitmq import RabbitMQ


@pytest.fixture(scope="session")
def cinder_server(
    openstack_environment: Environment,
    tmp_path_factory: pytest.TempPathFactory,
    mariadb_server: MariaDB,
    rabbitmq_server: RabbitMQ,
) -> Iterator[Cinder]:
    """The Cinder of this test process."""
    with (
        keystones.running(tmp_path_factory.mktemp("keystone")) as keystone,
        cinders.running(
            openstack_environment,
            tmp_path_factory.mktemp("cinder"),
            keystone,
            mariadb_server.create_database(),
            rabbitmq_server.create_vhost(),
        ) as running,
    ):
        yield running


@pytest.fixture
def cinder(cinder_server: Cinder) -> Iterator[Cinder]:
    """The same, without faults."""
    cinder_server.fail()
    yield cinder_server
    cinder_server.fail()


@pytest.fixture(scope="session")
def cloud(cinder_server: Cinder, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """The service with the storage interface `cinder`, in front of a rack."""
    with running_cloud(
        tmp_path_factory.mktemp("cloud"),
        DEFAULT={"enabled_storage_interfaces": "noop,cinder,external"},
        cinder={
            **cinders.credentials(cinder_server.keystone),
            "timeout": 20,
            "action_retries": 1,
            "action_retry_interval": 1,
        },
    ) as made:
        yield made
