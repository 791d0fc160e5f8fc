# SPDX-License-Identifier: Apache-2.0
"""Notifications on RabbitMQ: the notifications of each change, and that none is lost."""

import itertools
from collections.abc import Callable

import pytest

from tests.functional.deployment import WITHOUT_DATABASE, Deployment
from tests.functional.notifications import DURABLE, Listener, Message, data
from tests.functional.servers.rabbitmq import RabbitMQ
from tests.waiting import wait_for

TOLD = {**DURABLE, "DEFAULT": {"notification_level": "info"}}
SECRET = "hunter2-is-secret"


@pytest.fixture
def cluster(
    make_deployment: Callable[..., Deployment], mariadb_url: str, rabbitmq_url: str
) -> Deployment:
    """An API without database and one conductor."""
    cloud = make_deployment(database=mariadb_url, transport=rabbitmq_url, options=TOLD)
    cloud.start_api(WITHOUT_DATABASE)
    cloud.add_conductor("c1")
    return cloud


def told(listener: Listener, uuid: str, *events: str) -> list[Message]:
    """Wait until exactly these came about a record, in this order."""
    wait_for(
        lambda: listener.events(uuid) == list(events),
        f"{events} of {uuid}",
        describe=lambda: listener.events(uuid),
        interval=0.2,
    )
    return listener.about(uuid)


CRUD = ("create", "update", "delete")


def moves(listener: Listener, uuid: str) -> list[Message]:
    """What came about the provision states of a node; the levels have queues of their own, so: by time."""
    of_states = [m for m in listener.about(uuid) if "provision_set" in m["event_type"]]
    return sorted(of_states, key=lambda m: m["timestamp"])


def assert_unbroken(messages: list[Message]) -> None:
    """Each move begins where the one before has ended."""
    steps = [(data(m)["previous_provision_state"], data(m)["provision_state"]) for m in messages]
    for (_, entered), (left, _) in itertools.pairwise(steps):
        assert entered == left, steps


def test_what_is_told(cluster: Deployment, rabbitmq_url: str) -> None:
    listener = Listener(rabbitmq_url)
    chassis = cluster.call("POST", "/v1/chassis", {"description": "rack 1"})["uuid"]
    node = cluster.create_node(
        driver="fake-hardware",
        name="one",
        chassis_uuid=chassis,
        driver_info={"ipmi_password": SECRET, "ipmi_address": "192.0.2.1"},
    )
    patch = [{"op": "add", "path": "/extra/rack", "value": 7}]
    cluster.call("PATCH", f"/v1/nodes/{node}", patch)
    cluster.call("PUT", f"/v1/nodes/{node}/maintenance", {"reason": "fan"})
    cluster.call("DELETE", f"/v1/nodes/{node}/maintenance")
    cluster.set_provision_state(node, "manage", until="manageable")
    cluster.set_power_state(node, "power on")
    port = cluster.call("POST", "/v1/ports", {"node_uuid": node, "address": "52:54:00:00:00:01"})[
        "uuid"
    ]
    taken = {"node_uuid": node, "address": "52:54:00:00:00:01"}
    refused = cluster.request("POST", "/v1/ports", taken)
    assert refused.status_code == 409
    cluster.call("DELETE", f"/v1/ports/{port}")
    cluster.call("DELETE", f"/v1/nodes/{node}")
    cluster.call("DELETE", f"/v1/chassis/{chassis}")

    crud = ("create.start", "create.end", "delete.start", "delete.end")
    told(listener, chassis, *(f"chassis.{event}" for event in crud))
    told(listener, port, *(f"port.{event}" for event in crud))
    messages = told(
        listener,
        node,
        *("node.create.start", "node.create.end", "node.update.start", "node.update.end"),
        *("node.maintenance_set.start", "node.maintenance_set.end") * 2,
        *("node.provision_set.start", "node.provision_set.end"),
        *("node.power_set.start", "node.power_set.end"),
        *("node.delete.start", "node.delete.end"),
    )
    failed = [m for m in listener.received() if m["event_type"] == "baremetal.port.create.error"]
    assert [m["priority"] for m in failed] == ["ERROR"]
    assert SECRET not in "".join(listener.raw)

    by_type = {m["event_type"].removeprefix("baremetal.node."): m for m in messages}
    assert by_type["create.end"]["publisher_id"] == "ironic-api.api"
    assert by_type["create.end"]["priority"] == "INFO"
    created = by_type["create.end"]["payload"]
    assert created["ironic_object.name"] == "NodeCRUDPayload"
    assert created["ironic_object.namespace"] == "ironic"
    assert data(by_type["create.end"])["chassis_uuid"] == chassis
    assert data(by_type["create.end"])["driver_info"]["ipmi_address"] == "192.0.2.1"
    assert data(by_type["update.end"])["extra"] == {"rack": 7}
    verified = by_type["provision_set.end"]
    assert verified["publisher_id"] == "ironic-conductor.c1"
    assert data(verified)["event"] == "done"
    assert data(verified)["previous_provision_state"] == "verifying"
    assert data(verified)["provision_state"] == "manageable"
    assert data(by_type["power_set.end"])["to_power"] == "power on"


STEP = {"interface": "deploy", "step": "deploy", "args": {}}
RULE = {
    "conditions": [{"op": "eq", "args": {"values": [1, 1]}}],
    "actions": [{"op": "fail", "args": {"msg": SECRET}}],
    "sensitive": True,
}


def test_every_resource(
    make_deployment: Callable[..., Deployment], sqlite_url: str, rabbitmq_url: str
) -> None:
    options = {**TOLD, "oslo_messaging_notifications": {"transport_url": rabbitmq_url}}
    cloud = make_deployment(database=sqlite_url, options=options)
    cloud.start_all_in_one()
    listener = Listener(rabbitmq_url)
    node = cloud.create_node(driver="fake-hardware")
    cloud.set_provision_state(node, "manage", until="manageable")
    cloud.set_power_state(node, "power off")
    target = {"volume_type": "iscsi", "volume_id": "v", "boot_index": 0}
    resources: dict[str, tuple[str, dict[str, object]]] = {
        "portgroup": ("/v1/portgroups", {"node_uuid": node}),
        "volumeconnector": (
            "/v1/volume/connectors",
            {"node_uuid": node, "type": "iqn", "connector_id": "iqn.2026-11.x:y"},
        ),
        "volumetarget": (
            "/v1/volume/targets",
            {"node_uuid": node, **target, "properties": {"auth_password": SECRET}},
        ),
        "allocation": ("/v1/allocations", {"resource_class": "none"}),
        "deploytemplate": (
            "/v1/deploy_templates",
            {"name": "CUSTOM_A", "steps": [{**STEP, "priority": 1}]},
        ),
        "runbook": ("/v1/runbooks", {"name": "CUSTOM_B", "steps": [{**STEP, "order": 1}]}),
        "inspectionrule": ("/v1/inspection_rules", RULE),
    }
    for resource, (path, body) in resources.items():
        uuid = cloud.call("POST", path, body)["uuid"]
        field = "/description" if resource == "inspectionrule" else "/extra"
        value: object = "d" if resource == "inspectionrule" else {"k": "v"}
        patch = [{"op": "replace", "path": field, "value": value}]
        cloud.call("PATCH", f"{path}/{uuid}", patch)
        cloud.call("DELETE", f"{path}/{uuid}")
        events = (f"{what}.{status}" for what in CRUD for status in ("start", "end"))
        messages = told(listener, uuid, *(f"{resource}.{event}" for event in events))
        changed = data(messages[3])
        assert changed[field[1:]] == value
        assert changed["created_at"] is not None
        if "node_uuid" in body:
            assert {data(m)["node_uuid"] for m in messages} == {node}
    assert SECRET not in "".join(listener.raw)


def test_a_broker_that_is_away_and_a_service_that_is_killed_meanwhile_lose_nothing(
    make_deployment: Callable[..., Deployment],
    sqlite_url: str,
    breakable_rabbitmq_server: RabbitMQ,
) -> None:
    broker = breakable_rabbitmq_server
    url = broker.create_vhost()
    options = {**TOLD, "oslo_messaging_notifications": {"transport_url": url}}
    cloud = make_deployment(database=sqlite_url, options=options)
    cloud.start_all_in_one()
    listener = Listener(url)
    node = cloud.create_node(driver="fake-hardware")
    told(listener, node, "node.create.start", "node.create.end")

    broker.stop()
    cloud.set_provision_state(node, "manage", until="manageable")
    cloud.set_provision_state(node, "provide", until="available")
    cloud.set_provision_state(node, "manage", until="manageable")
    assert cloud.api is not None
    cloud.api.kill()
    broker.start()
    cloud.start_all_in_one()

    def complete() -> bool:
        found = moves(listener, node)
        return bool(found) and data(found[-1])["previous_provision_state"] == "available"

    wait_for(complete, "all notifications", interval=0.2, describe=lambda: listener.events(node))
    found = moves(listener, node)
    assert_unbroken(found)
    assert data(found[0])["previous_provision_state"] == "enroll"
    assert [m["event_type"].rpartition(".")[2] for m in found] == [
        *("start", "end"),
        *("start", "end"),
        "success",
    ]


def test_a_conductor_that_is_killed_in_the_middle_leaves_no_gap(
    make_deployment: Callable[..., Deployment], mariadb_url: str, rabbitmq_url: str
) -> None:
    cloud = make_deployment(database=mariadb_url, transport=rabbitmq_url, options=TOLD)
    cloud.start_api()
    cloud.add_conductors("c1", "c2")
    listener = Listener(rabbitmq_url)
    nodes = [cloud.create_node(driver="fake-hardware") for _ in range(12)]
    for node in nodes:
        cloud.call("PUT", f"/v1/nodes/{node}/states/provision", {"target": "manage"})
    wait_for(lambda: len(moves(listener, nodes[0])) > 0, "the first notification")
    cloud.kill_conductor("c1")
    for node in nodes:
        cloud.wait_for_node(node, provision_state="manageable", reservation=None)
    for node in nodes:
        wait_for(
            lambda node=node: (
                [data(m)["provision_state"] for m in moves(listener, node)][-1:] == ["manageable"]
            ),
            f"the last notification of {node}",
            interval=0.2,
            timeout=60,
            describe=lambda node=node: listener.events(node),
        )
        found = moves(listener, node)
        assert_unbroken(found)
        assert data(found[0])["previous_provision_state"] == "enroll"
        in_order_of_arrival = [
            m["timestamp"] for m in listener.about(node) if m["priority"] == "INFO"
        ]
        assert in_order_of_arrival == sorted(in_order_of_arrival)


def test_drivers_without_a_broker(
    make_deployment: Callable[..., Deployment], sqlite_url: str
) -> None:
    options = {**TOLD, "oslo_messaging_notifications": {"driver": "log"}}
    cloud = make_deployment(database=sqlite_url, options=options)
    cloud.start_all_in_one()
    node = cloud.create_node(driver="fake-hardware", driver_info={"ipmi_password": SECRET})
    assert cloud.api is not None
    log = cloud.api
    wait_for(lambda: "baremetal.node.create.end" in log.log_tail(500), "the log to tell of it")
    line = next(x for x in log.log_tail(500).splitlines() if "baremetal.node.create.end" in x)
    assert node in line
    assert SECRET not in line
