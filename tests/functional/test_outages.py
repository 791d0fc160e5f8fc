# SPDX-License-Identifier: Apache-2.0
"""The database or the broker goes away for longer than a conductor may be silent, and comes back."""

import contextlib
from collections.abc import Callable
from typing import NamedTuple

import pytest
import requests

from tests.functional.deployment import Deployment
from tests.functional.servers import mariadb
from tests.functional.servers.rabbitmq import RabbitMQ
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.timed


def works(cloud: Deployment, node: str, target: str) -> bool:
    """Whether power can be changed through API, RPC, conductor and database."""
    with contextlib.suppress(requests.RequestException):
        answer = cloud.request("PUT", f"/v1/nodes/{node}/states/power", {"target": target})
        return answer.status_code == requests.codes.accepted
    return False


def test_the_database_is_gone_and_comes_back(make_deployment: Callable[..., Deployment]) -> None:
    with mariadb.running() as server:
        cloud = make_deployment(database=server.create_database())
        cloud.upgrade_database()
        cloud.start_all_in_one({"database": {"max_retries": 1}})
        node = cloud.create_node(driver="fake-hardware")
        cloud.set_provision_state(node, "manage", until="manageable")
        assert cloud.api is not None
        server.process.stop()
        wait_for(
            lambda: "The keepalive failed" in cloud.api.log_tail(500),
            "the conductor to notice",
            timeout=PATIENCE,
        )
        answer = cloud.request("GET", f"/v1/nodes/{node}")
        assert answer.status_code == requests.codes.service_unavailable
        assert "Retry-After" in answer.headers
        assert "pymysql" not in answer.text
        server.start()
        wait_for(cloud.alive, "the conductor to be alive again", timeout=PATIENCE)
        wait_for(lambda: works(cloud, node, "power on"), "the service to work", timeout=PATIENCE)
        cloud.wait_for_node(node, power_state="power on", reservation=None)


class OnBroker(NamedTuple):
    """An API, a conductor, a node of theirs, and the broker between them."""

    broker: RabbitMQ
    cloud: Deployment
    node: str


@pytest.fixture
def on_broker(
    make_deployment: Callable[..., Deployment],
    sqlite_url: str,
    breakable_rabbitmq_server: RabbitMQ,
) -> OnBroker:
    cloud = make_deployment(
        database=sqlite_url,
        transport=breakable_rabbitmq_server.create_vhost(),
        options={"DEFAULT": {"rpc_response_timeout": 5}},
    )
    cloud.start_api()
    cloud.add_conductor("c1")
    node = cloud.create_node(driver="fake-hardware")
    return OnBroker(breakable_rabbitmq_server, cloud, node)


def test_the_broker_is_gone_and_comes_back(on_broker: OnBroker) -> None:
    broker, cloud, node = on_broker
    cloud.set_provision_state(node, "manage", until="manageable")
    broker.stop()
    # Signs of life go to the database: the conductor stays in the ring.
    answer = cloud.request("PUT", f"/v1/nodes/{node}/states/power", {"target": "power on"})
    assert answer.status_code == requests.codes.service_unavailable
    assert "Retry-After" in answer.headers
    assert cloud.alive() == {"c1"}
    broker.start()
    wait_for(lambda: works(cloud, node, "power on"), "the service to work", timeout=PATIENCE)
    cloud.wait_for_node(node, power_state="power on", reservation=None)


def test_a_frozen_broker_does_not_hold_requests_for_ever(on_broker: OnBroker) -> None:
    broker, cloud, node = on_broker
    broker.process.pause()
    answer = cloud.request("PUT", f"/v1/nodes/{node}/states/power", {"target": "power on"})
    assert answer.status_code == requests.codes.service_unavailable
    broker.process.resume()
    wait_for(lambda: works(cloud, node, "power on"), "the service to work", timeout=PATIENCE)
    assert cloud.alive() == {"c1"}
