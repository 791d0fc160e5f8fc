# SPDX-License-Identifier: Apache-2.0
"""The service as real processes: one for everything, or API and conductors apart."""

import signal
from collections.abc import Callable

from tests.functional.deployment import Deployment
from tests.waiting import wait_for


def test_one_process_serves_everything(all_in_one: Deployment) -> None:
    node = all_in_one.create_node(driver="fake-hardware", name="n0")
    all_in_one.set_provision_state(node, "manage", until="manageable")
    all_in_one.set_power_state("n0", "power on")
    assert all_in_one.api is not None
    all_in_one.api.terminate()
    assert all_in_one.api.wait(30) in (0, -signal.SIGTERM)


def test_api_and_conductor_over_rabbitmq(
    make_deployment: Callable[..., Deployment], mariadb_url: str, rabbitmq_url: str
) -> None:
    cluster = make_deployment(database=mariadb_url, transport=rabbitmq_url)
    cluster.start_api()
    assert cluster.alive() == set()
    cluster.add_conductor("c1")
    node = cluster.create_node(driver="fake-hardware")
    cluster.set_provision_state(node, "manage", until="manageable")
    cluster.stop_conductor("c1")
    wait_for(lambda: cluster.alive() == set(), "the stopped conductor to be gone")
