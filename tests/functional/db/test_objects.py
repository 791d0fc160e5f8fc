# SPDX-License-Identifier: Apache-2.0
"""Objects over the database: which fields are written, and when."""

import pytest

from ironic_lite import objects
from ironic_lite.common import context, exception
from ironic_lite.db import nodes

pytestmark = pytest.mark.usefixtures("database")

Context = context.RequestContext


@pytest.fixture
def node(database: str, admin: Context) -> objects.Node:
    made = objects.Node(admin, driver="ipmi", provision_state="enroll", extra={"a": 1})
    made.create()
    return made


def test_create_fills_in_the_rest(node: objects.Node) -> None:
    assert node.id and node.uuid and node.created_at and node.conductor_group == ""
    assert node.properties == {} and node.obj_what_changed() == set()


def test_save_writes_only_what_changed(node: objects.Node, admin: Context) -> None:
    other = objects.Node.get(admin, node.uuid)
    other.power_state = "power on"
    other.save()
    node.provision_state = "verifying"
    node.save()
    assert node.obj_what_changed() == set()
    assert node.updated_at > other.updated_at
    assert node.provision_updated_at == node.updated_at
    node.refresh()
    assert (node.power_state, node.provision_state) == ("power on", "verifying")
    before = node.updated_at
    node.save()
    assert nodes.get(node.id)["updated_at"] == before


def test_dictionaries_are_saved_by_key(node: objects.Node, admin: Context) -> None:
    node.set_driver_internal_info("a", 1)
    node.set_driver_internal_info("b", {"c": 2})
    node.timestamp_driver_internal_info("at")
    assert node.del_driver_internal_info("a") == 1
    assert node.del_driver_internal_info("a", "none") == "none"
    node.set_instance_info("image_source", "http://192.0.2.1/image")
    node.set_instance_info("gone", 1)
    assert node.del_instance_info("gone") == 1
    assert node.obj_what_changed() == {"driver_internal_info", "instance_info"}
    node.save()
    read = objects.Node.get(admin, node.uuid)
    assert read.driver_internal_info == node.driver_internal_info
    assert set(read.driver_internal_info) == {"b", "at"}
    assert read.instance_info == {"image_source": "http://192.0.2.1/image"}


def test_what_must_stay_is_refused(node: objects.Node) -> None:
    node.reservation = "me"
    with pytest.raises(exception.InvalidParameterValue, match="reservation"):
        node.save()


def test_a_failed_save_stays_to_be_done(node: objects.Node, admin: Context) -> None:
    objects.Node(admin, driver="ipmi", name="taken").create()
    node.name = "taken"
    with pytest.raises(exception.AlreadyExists):
        node.save()
    assert node.obj_what_changed() == {"name"}


def test_lists_of_nodes(node: objects.Node, admin: Context) -> None:
    second = objects.Node(admin, driver="fake-hardware", name="second")
    second.create()
    assert [one.id for one in objects.Node.list(admin, sort_dir="desc")] == [second.id, node.id]
    assert [one.id for one in objects.Node.list(admin, filters={"driver": "ipmi"})] == [node.id]
    rows = objects.Node.rows(admin, ["uuid", "extra"], limit=1, marker=node.uuid)
    assert rows == [{"uuid": second.uuid, "extra": {}}]


def test_ports(node: objects.Node, admin: Context) -> None:
    port = objects.Port(admin, node_id=node.id, address="52:54:00:AA:BB:01", name="eth0")
    port.create()
    assert (port.address, port.node_uuid) == ("52:54:00:aa:bb:01", node.uuid)
    assert port.pxe_enabled and not port.is_smartnic
    for ident in (port.id, port.uuid, "52:54:00:AA:bb:01", "eth0"):
        assert objects.Port.get(admin, ident).id == port.id
    with pytest.raises(exception.PortNotFound, match="52:54:00:00:00:00"):
        objects.Port.get(admin, "52:54:00:00:00:00")
    clash = {"node_id": node.id, "address": "52:54:00:aa:bb:02"}
    for values, error, message in (
        ({"uuid": port.uuid}, exception.AlreadyExists, "A port with UUID"),
        ({"address": port.address}, exception.AlreadyExists, "A port with MAC address"),
        ({"name": "eth0"}, exception.AlreadyExists, "A port with name eth0 already exists"),
        ({"node_id": node.id + 1}, exception.NodeNotFound, "could not be found"),
    ):
        with pytest.raises(error, match=message):
            objects.Port(admin, **{**clash, **values}).create()
    other = objects.Node(admin, driver="ipmi", owner="p1")
    other.create()
    port.node_id = other.id
    port.extra = {"k": 1}
    port.save()
    assert port.node_uuid == other.uuid
    assert [one.id for one in objects.Port.list_by_node_id(admin, other.id)] == [port.id]
    for filters in (
        {"address": "52:54:00:AA:BB:01"},
        {"node_uuid": other.uuid},
        {"name": "eth0"},
        {"owner": "p1"},
        {"project": "p1"},
    ):
        rows = objects.Port.rows(admin, ["address", "node_uuid", "extra"], filters=filters)
        expected = {"address": port.address, "node_uuid": other.uuid, "extra": {"k": 1}}
        assert rows == [expected], filters
        assert port.as_row(expected) == expected
    with pytest.raises(exception.InvalidParameterValue, match="'nosuch'"):
        objects.Port.list(admin, filters={"nosuch": 1})
    port.destroy()
    with pytest.raises(exception.PortNotFound):
        port.destroy()
