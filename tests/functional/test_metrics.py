# SPDX-License-Identifier: Apache-2.0
"""``/metrics`` of the API, of its workers and of conductors."""

from collections.abc import Callable

import pytest
import requests
from prometheus_client.parser import text_string_to_metric_families

from tests.functional.deployment import Deployment
from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE, wait_for

Samples = dict[tuple[str, frozenset[tuple[str, str]]], float]


def scraped(url: str, **headers: str) -> Samples:
    """All samples, by name and labels."""
    answer = requests.get(f"{url}/metrics", headers=headers, timeout=PATIENCE)
    assert answer.status_code == 200, answer.text
    return {
        (sample.name, frozenset(sample.labels.items())): sample.value
        for family in text_string_to_metric_families(answer.text)
        for sample in family.samples
    }


def value(samples: Samples, name: str, **labels: str) -> float:
    return samples.get((name, frozenset(labels.items())), 0.0)


@pytest.fixture
def service(make_deployment: Callable[..., Deployment], sqlite_url: str) -> Deployment:
    return make_deployment(database=sqlite_url, options={"metrics": {"nodes_interval": 1}})


def test_how_long_a_node_has_been_waiting(service: Deployment) -> None:
    service.start_all_in_one()
    node = service.create_node(driver="fake-hardware")
    service.set_provision_state(node, "manage", until="manageable")
    path = f"/v1/nodes/{node}/states/provision"
    hold = {"target": "clean", "clean_steps": [{"step": "wait"}], "disable_ramdisk": True}
    service.call("PUT", path, hold)
    service.wait_for_node(node, provision_state="clean wait")
    wait_for(
        lambda: (
            value(
                scraped(service.api_url), "ironic_lite_longest_in_state_seconds", state="clean wait"
            )
            > 0
        ),
        "the time in 'clean wait'",
        30,
    )


def test_what_a_node_goes_through(service: Deployment) -> None:
    service.start_all_in_one()
    before = scraped(service.api_url)
    node = service.create_node(driver="fake-hardware")
    service.set_provision_state(node, "manage", until="manageable")
    service.set_provision_state(node, "provide", until="available")
    after = scraped(service.api_url)
    for name, labels, least in (
        (
            "ironic_lite_api_request_seconds_count",
            {"route": "nodes", "method": "POST", "status": "201"},
            1,
        ),
        (
            "ironic_lite_api_request_seconds_count",
            {"route": "nodes/{node}/states/provision", "method": "PUT", "status": "202"},
            2,
        ),
        (
            "ironic_lite_rpc_call_seconds_count",
            {"call": "provision", "outcome": "ok"},
            1,
        ),
        ("ironic_lite_db_statement_seconds_count", {"kind": "insert"}, 1),
        ("ironic_lite_operations_total", {"operation": "cleaning", "outcome": "done"}, 1),
        ("ironic_lite_provision_state_seconds_count", {"state": "enroll"}, 1),
    ):
        assert value(after, name, **labels) >= value(before, name, **labels) + least, (
            name,
            labels,
            sorted(str(key) for key in after if key[0] == name),
        )
    wait_for(
        lambda: (
            value(
                scraped(service.api_url),
                "ironic_lite_nodes",
                state="available",
                maintenance="false",
            )
            == 1
        ),
        "the count of nodes",
    )
    assert value(after, "ironic_lite_workers_limit") > 0
    assert value(after, "ironic_lite_keepalive_timestamp_seconds") >= 0


def test_who_gets_them(service: Deployment) -> None:
    service.start_all_in_one()
    url = f"{service.api_url}/metrics"
    through_a_proxy = requests.get(url, headers={"X-Forwarded-For": "192.0.2.7"}, timeout=PATIENCE)
    assert through_a_proxy.status_code == 403
    assert "[metrics] token" in through_a_proxy.text
    assert requests.post(url, timeout=PATIENCE).status_code == 405
    assert requests.get(f"{url}like", timeout=PATIENCE).status_code == 404
    head = requests.head(url, timeout=PATIENCE)
    assert (head.status_code, head.text) == (200, "")


def test_a_token(make_deployment: Callable[..., Deployment], sqlite_url: str) -> None:
    service = make_deployment(database=sqlite_url, options={"metrics": {"token": "s3cret-token"}})
    service.start_all_in_one()
    url = f"{service.api_url}/metrics"
    for wrong in ({}, {"Authorization": "Bearer nonsense"}, {"Authorization": "s3cret-token"}):
        refused = requests.get(url, headers=wrong, timeout=PATIENCE)
        assert refused.status_code == 401
        assert "s3cret" not in refused.text
    right = {"Authorization": "Bearer s3cret-token", "X-Forwarded-For": "192.0.2.7"}
    assert requests.get(url, headers=right, timeout=PATIENCE).status_code == 200
    assert "s3cret" not in service.logs()


def test_workers_and_a_conductor(
    make_deployment: Callable[..., Deployment], mariadb_url: str, rabbitmq_url: str
) -> None:
    """Each worker answers for all; a conductor has a port of its own."""
    service = make_deployment(database=mariadb_url, transport=rabbitmq_url)
    service.start_api({"api": {"workers": 2}})
    port = free_port()
    service.add_conductor("c1", {"metrics": {"conductor_port": port, "nodes_interval": 1}})
    for number in range(20):
        requests.get(f"{service.api_url}/v1/chassis", timeout=PATIENCE)
        counted = value(
            scraped(service.api_url),
            "ironic_lite_api_request_seconds_count",
            route="chassis",
            method="GET",
            status="200",
        )
        assert counted == number + 1
    conductor = f"http://127.0.0.1:{port}"
    service.create_node(driver="fake-hardware")
    wait_for(
        lambda: (
            value(scraped(conductor), "ironic_lite_nodes", state="enroll", maintenance="false") == 1
        ),
        "the count of nodes",
    )
    assert requests.get(f"{conductor}/v1/nodes", timeout=PATIENCE).status_code == 404
