# SPDX-License-Identifier: Apache-2.0
"""A broker or database that refuses a process, or is down: one line says so, with its address and no secrets."""

from collections.abc import Callable
from urllib.parse import urlsplit

import pytest

from tests.functional.deployment import Deployment
from tests.functional.servers.mariadb import MariaDB
from tests.functional.servers.ports import free_port

SECRET = "correct-horse"


def said(cloud: Deployment, command: list[str], **groups: dict[str, object]) -> tuple[int, str]:
    """Exit status and words of a command that ends by itself."""
    process = cloud._process("refused", command, groups)
    process.log.unlink(missing_ok=True)
    process.start()
    status = process.wait(60)
    words = process.log.read_text()
    assert SECRET not in words
    assert "Traceback" not in words
    return status, words


@pytest.fixture
def cloud(
    make_deployment: Callable[..., Deployment], sqlite_url: str, rabbitmq_url: str
) -> Deployment:
    deployment = make_deployment(
        database=sqlite_url, transport=rabbitmq_url, options={"DEFAULT": {"debug": False}}
    )
    deployment.upgrade_database()
    return deployment


def test_a_broker_that_refuses_the_password(cloud: Deployment) -> None:
    broker = urlsplit(cloud.transport)
    where = f"{broker.hostname}:{broker.port}"
    cloud.transport = f"rabbit://guest:{SECRET}@{where}{broker.path}"
    for command, workers in (["conductor"], 1), (["api"], 2):
        status, words = said(cloud, command, api={"workers": workers})
        assert status == 2
        (line,) = words.splitlines()
        assert f"The broker at {where} refuses the user 'guest'" in line
        assert "[DEFAULT] transport_url" in line

    _, words = said(cloud, ["status"])
    (line,) = [each for each in words.splitlines() if each.startswith("broker")]
    assert "FAILED" in line and "refuses the user 'guest'" in line


def test_status_logs_in_to_the_broker(cloud: Deployment) -> None:
    _, words = said(cloud, ["status"])
    (line,) = [each for each in words.splitlines() if each.startswith("broker")]
    assert " ok " in line and "accepts the user 'guest'" in line


def test_a_database_that_is_not_there(cloud: Deployment) -> None:
    port = free_port()
    cloud.database = f"mysql+pymysql://ironic:{SECRET}@127.0.0.1:{port}/ironic"
    status, words = said(cloud, ["conductor"], database={"max_retries": 1})
    assert status == 1
    first, *_, last = words.splitlines()
    for line in (first, last):
        assert f"mysql+pymysql://ironic:***@127.0.0.1:{port}/ironic cannot be used" in line
        assert "Connection refused" in line
    assert "Trying again" in first


def test_a_database_that_refuses_the_user(cloud: Deployment, mariadb_server: MariaDB) -> None:
    cloud.database = f"mysql+pymysql://nobody:{SECRET}@127.0.0.1:{mariadb_server.port}/ironic"
    status, words = said(cloud, ["conductor"])
    assert status == 1
    assert "Access denied for user 'nobody'" in words.splitlines()[-1]
