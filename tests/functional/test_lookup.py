# SPDX-License-Identifier: Apache-2.0
"""An agent whose answer was lost repeats its lookup and gets its token; other addresses do not."""

import re
from collections.abc import Callable
from typing import Any

import pytest
import requests
from requests.adapters import HTTPAdapter

from ironic_lite.common.redaction import MASK
from tests.functional.deployment import WITHOUT_DATABASE, Deployment
from tests.waiting import PATIENCE

AGENT, STRANGER = "127.0.0.7", "127.0.0.8"


class FromAddress(HTTPAdapter):
    """Connects from this address of the loopback network."""

    def __init__(self, address: str) -> None:
        self._address = address
        super().__init__()

    def init_poolmanager(self, *args: Any, **kwargs: Any) -> None:
        super().init_poolmanager(*args, **kwargs, source_address=(self._address, 0))


@pytest.fixture(params=[{}, WITHOUT_DATABASE], ids=["database", "rpc"])
def cloud(
    request: pytest.FixtureRequest,
    make_deployment: Callable[..., Deployment],
    mariadb_url: str,
    rabbitmq_url: str,
) -> Deployment:
    deployment = make_deployment(database=mariadb_url, transport=rabbitmq_url)
    deployment.start_api(request.param)
    deployment.add_conductor("c1")
    return deployment


def token_told_to(address: str, cloud: Deployment, node: str) -> str:
    with requests.Session() as session:
        session.trust_env = False
        session.mount("http://", FromAddress(address))
        answer = session.get(
            f"{cloud.api_url}/v1/lookup?node_uuid={node}",
            headers={"X-OpenStack-Ironic-API-Version": "latest"},
            timeout=PATIENCE,
        )
    assert answer.ok, answer.text
    token: str = answer.json()["config"]["agent_token"]
    return token


def levels_of_lookups(cloud: Deployment, node: str) -> list[str]:
    """Levels of what the log of the API says about tokens of the node's agents."""
    log = (cloud.directory / "api.log").read_text()
    about = re.compile(
        rf"([A-Z]+) ironic_lite\.api\.controllers\.v1\.ramdisk .*Node {node}: .* agent "
    )
    return about.findall(log)


def waiting_node(cloud: Deployment) -> str:
    node = cloud.create_node(
        driver="fake-hardware", deploy_interface="direct", boot_interface="fake"
    )
    cloud.set_provision_state(node, "manage", until="manageable")
    cloud.set_provision_state(node, "provide", until="clean wait")
    return node


def test_an_answer_that_was_lost_is_given_again_until_the_token_is_used(cloud: Deployment) -> None:
    node = waiting_node(cloud)
    token = token_told_to(AGENT, cloud, node)
    assert token != MASK
    assert token_told_to(STRANGER, cloud, node) == MASK
    assert token_told_to(AGENT, cloud, node) == token
    heartbeat = {
        "callback_url": "http://127.0.0.7:9999",
        "agent_version": "13.0.0",
        "agent_token": token,
    }
    assert cloud.request("POST", f"/v1/heartbeat/{node}", heartbeat).status_code == 202
    assert token_told_to(AGENT, cloud, node) == MASK


def test_an_agent_that_looks_itself_up_again_is_no_warning_and_another_is(
    cloud: Deployment,
) -> None:
    node = waiting_node(cloud)
    told = [token_told_to(AGENT, cloud, node)]
    told.append(token_told_to(AGENT, cloud, node))
    heartbeat = {
        "callback_url": "http://127.0.0.7:9999",
        "agent_version": "13.0.0",
        "agent_token": told[0],
    }
    assert cloud.request("POST", f"/v1/heartbeat/{node}", heartbeat).status_code == 202
    # As before each image that it writes.
    told.append(token_told_to(AGENT, cloud, node))
    assert levels_of_lookups(cloud, node) == ["INFO"] * 3
    told.append(token_told_to(STRANGER, cloud, node))
    assert levels_of_lookups(cloud, node) == ["INFO"] * 3 + ["WARNING"]
    assert told == [told[0], told[0], MASK, MASK]
