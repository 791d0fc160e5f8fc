# SPDX-License-Identifier: Apache-2.0
"""openstacksdk's own tests of bare metal pass, every one of them, in one process and in a cluster."""

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.functional.deployment import Deployment
from tests.functional.openstacksdk import suite

MODULES = suite.modules()


@pytest.fixture(scope="module", params=["all-in-one", "cluster"])
def service(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Deployment]:
    """All in one process on SQLite; API and two conductors on MariaDB over RabbitMQ."""
    directory = tmp_path_factory.mktemp("openstacksdk")
    if request.param == "all-in-one":
        with Deployment(directory, f"sqlite:///{directory}/ironic-lite.sqlite") as deployment:
            deployment.start_all_in_one()
            yield deployment
        return
    database = request.getfixturevalue("mariadb_server").create_database()
    transport = request.getfixturevalue("rabbitmq_server").create_vhost()
    with Deployment(directory, database, transport) as deployment:
        deployment.start_api()
        deployment.add_conductors("c1", "c2")
        yield deployment


def test_the_wheel_ships_the_suite() -> None:
    """A release of openstacksdk without it, or with less of it, would let the tests below pass in vain."""
    assert sum(MODULES.values()) >= 96


@pytest.mark.parametrize("module", MODULES)
def test_openstacksdk(service: Deployment, tmp_path: Path, module: str) -> None:
    outcome = suite.run(module, suite.write_clouds(tmp_path, service.api_url))
    assert outcome.verdict == "OK", f"{outcome.output}\n{service.logs()}"
    assert outcome.ran == MODULES[module], outcome.output
