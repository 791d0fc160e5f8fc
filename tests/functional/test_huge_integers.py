# SPDX-License-Identifier: Apache-2.0
"""Integers beyond 64 bits keep all their digits: in each database, over RPC and a broker, in notifications, and on
their way to a BMC."""

from collections.abc import Callable
from typing import Any

from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.deployment import WITHOUT_DATABASE, Deployment
from tests.functional.notifications import DURABLE, Listener, data
from tests.waiting import wait_for

HUGE = 98765432109876543210
VALUES = {"n": HUGE, "list": [-HUGE, {"deep": 10**400}], "text": str(HUGE), "small": 2**64}


def _make_all(cloud: Deployment) -> dict[str, tuple[str, Any]]:
    """One record of each kind with such values: path and field of each, and what it holds."""
    fields = ("extra", "properties", "driver_info", "instance_info")
    node = cloud.create_node(driver="fake-hardware", **dict.fromkeys(fields, VALUES))
    step = {"interface": "vendor", "step": "log", "args": VALUES, "priority": 1, "order": 1}
    rule = {
        "conditions": [{"op": "eq", "args": ["{inventory[n]}", HUGE]}],
        "actions": [{"op": "set-attribute", "args": {"path": "extra/n", "value": HUGE}}],
    }
    wanted: dict[str, tuple[dict[str, Any], dict[str, Any]]] = {
        "chassis": ({"extra": VALUES}, {}),
        "ports": ({"extra": VALUES}, {"node_uuid": node, "address": "52:54:00:64:00:01"}),
        "portgroups": ({"extra": VALUES, "properties": VALUES}, {"node_uuid": node}),
        "allocations": ({"extra": VALUES}, {"resource_class": "none"}),
        "volume/connectors": (
            {"extra": VALUES},
            {"node_uuid": node, "type": "iqn", "connector_id": "iqn.2026-11.org.example:a"},
        ),
        "volume/targets": (
            {"extra": VALUES, "properties": VALUES},
            {"node_uuid": node, "volume_type": "iscsi", "boot_index": 0, "volume_id": "v"},
        ),
        "deploy_templates": (
            {"extra": VALUES, "steps": [{k: v for k, v in step.items() if k != "order"}]},
            {"name": "CUSTOM_HUGE"},
        ),
        "runbooks": (
            {"extra": VALUES, "steps": [{k: v for k, v in step.items() if k != "priority"}]},
            {"name": "CUSTOM_HUGE"},
        ),
        "inspection_rules": (rule, {"description": "huge"}),
    }
    made = {f"node {field}": (f"/v1/nodes/{node}", {field: VALUES}) for field in fields}
    for kind, (values, others) in wanted.items():
        uuid = cloud.call("POST", f"/v1/{kind}", {**values, **others})["uuid"]
        made[kind] = (f"/v1/{kind}/{uuid}", values)
    return made


def _check_all(cloud: Deployment, made: dict[str, tuple[str, Any]]) -> None:
    for kind, (path, values) in made.items():
        shown = cloud.call("GET", path)
        for field, value in values.items():
            assert shown[field] == value, (kind, field)


def test_in_each_database(make_deployment: Callable[..., Deployment], database_url: str) -> None:
    cloud = make_deployment(database=database_url)
    cloud.upgrade_database()
    cloud.start_all_in_one()
    made = _make_all(cloud)
    _check_all(cloud, made)
    path = made["node extra"][0]
    patch = [{"op": "replace", "path": "/extra/n", "value": HUGE + 1}]
    assert cloud.call("PATCH", path, patch)["extra"]["n"] == HUGE + 1
    listed = cloud.call("GET", "/v1/nodes/detail")["nodes"]
    assert listed[0]["extra"] == {**VALUES, "n": HUGE + 1}
    # An unequal number is another state of the record, and an equal one is not.
    tag = cloud.request("GET", path).headers["ETag"]
    cloud.call("PATCH", path, patch)
    assert cloud.request("GET", path).headers["ETag"] == tag


def test_over_a_broker(
    make_deployment: Callable[..., Deployment], sqlite_url: str, rabbitmq_url: str
) -> None:
    options = {**DURABLE, "DEFAULT": {"notification_level": "info"}}
    cloud = make_deployment(database=sqlite_url, transport=rabbitmq_url, options=options)
    listener = Listener(rabbitmq_url)
    cloud.start_api(WITHOUT_DATABASE)
    cloud.add_conductors("c1")
    made = _make_all(cloud)
    _check_all(cloud, made)
    node = made["node extra"][0].rpartition("/")[2]
    wait_for(lambda: "node.create.end" in listener.events(node), "the notification")
    assert all(data(noted)["extra"] == VALUES for noted in listener.about(node))


def test_a_password_that_is_a_number(all_in_one: Deployment) -> None:
    """The CLI sends ``ipmi_password=98765432109876543210`` as a number."""
    with VirtualRack(count=1, boot_url=all_in_one.api_url, password=str(HUGE)) as rack:
        access = {
            "ipmi_address": "127.0.0.1",
            "ipmi_port": rack.bmc_port(0),
            "ipmi_username": "admin",
            "ipmi_password": HUGE,
        }
        node = all_in_one.create_node(driver="ipmi", driver_info=access)
        all_in_one.set_provision_state(node, "manage", until="manageable")
