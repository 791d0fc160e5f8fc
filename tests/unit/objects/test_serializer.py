# SPDX-License-Identifier: Apache-2.0
"""Serialisation of objects for RPC."""

import datetime
import json
import uuid

import pytest

from ironic_lite import objects
from ironic_lite.common import context, exception
from ironic_lite.common.release_mappings import RELEASES, Release

MOMENT = datetime.datetime(2024, 2, 29, 23, 59, 59, 123456, datetime.UTC)


@pytest.fixture
def admin():
    return context.admin_context()


@pytest.fixture
def node(admin):
    made = objects.Node(
        admin, id=1, uuid=str(uuid.uuid4()), driver_info={"ipmi_password": "hush", "n": [1, None]}
    )
    made.obj_reset_changes()
    made.provision_updated_at = MOMENT
    return made


@pytest.fixture
def next_release(monkeypatch):
    """Make this code the next release, with two new columns and a new object."""
    monkeypatch.setitem(RELEASES, "next", Release(rpc="1.9"))
    brought = {objects.Node: "chassis_id", objects.Port: "portgroup_id"}
    for kind, name in brought.items():
        monkeypatch.setattr(kind, "ADDED", {name: "next"})
        monkeypatch.setattr(kind, "VERSION", kind.version_in("next"))
    monkeypatch.setattr(objects.Runbook, "SINCE", "next")


@pytest.fixture
def pinned(next_release, set_option):
    """Make this code the next release, pinned to this one."""
    set_option("pin_release_version", "0.1")


def carry(entity, admin):
    """Serialise an entity to JSON and back, as an RPC does."""
    serializer = objects.Serializer()
    wire = json.loads(json.dumps(serializer.serialize_entity(admin, entity)))
    return serializer.deserialize_entity(admin, wire)


def test_a_node_arrives_with_its_values_and_changes(node, admin):
    arrived = carry({"nodes": [node]}, admin)["nodes"][0]
    assert isinstance(arrived, objects.Node)
    assert arrived.driver_info == node.driver_info
    assert arrived.provision_updated_at == MOMENT
    assert arrived.obj_what_changed() == {"provision_updated_at"}
    assert not arrived.obj_attr_is_set("name")


def test_the_fence_does_not_travel(node, admin):
    node._token = "token-of-the-lock"
    assert node.is_fenced
    assert not carry(node, admin).is_fenced
    assert "token-of-the-lock" not in json.dumps(node.obj_to_primitive())


def test_no_password_in_what_logs_show(node):
    assert "hush" not in repr(node) and "hush" not in str(node)
    assert node.uuid in repr(node)


def test_an_object_goes_in_the_version_of_the_pinned_release(node, admin, pinned):
    assert objects.Node.VERSION == "1.1"
    wire = objects.Serializer().serialize_entity(admin, node)
    assert wire["ironic_lite_object.version"] == "1.0"
    assert carry(node, admin).uuid == node.uuid
    unchanged = objects.Serializer().serialize_entity(admin, objects.Chassis(admin, id=1))
    assert unchanged["ironic_lite_object.version"] == objects.Chassis.VERSION == "1.0"


def test_fields_that_the_pinned_release_does_not_know_stay_here(node, admin, pinned):
    node.chassis_id = 3
    node.obj_reset_changes()
    node.description = "new"
    arrived = carry(node, admin)
    assert not arrived.obj_attr_is_set("chassis_id")
    assert arrived.obj_what_changed() == {"description"}


def test_an_unset_field_that_the_pinned_release_does_not_know_is_no_change_there(
    node, admin, pinned
):
    node.obj_reset_changes()
    node.chassis_id = None
    node.description = "new"
    assert carry(node, admin).obj_what_changed() == {"description"}


def test_a_field_that_an_older_release_did_not_send_is_read_when_it_is_asked_for(
    node, admin, pinned, monkeypatch
):
    arrived = carry(node, admin)
    stored = objects.Node(admin, chassis_id=7)
    monkeypatch.setattr(objects.Node, "get", classmethod(lambda *_: stored))
    assert arrived.as_row(["id", "chassis_id"]) == {"id": 1, "chassis_id": 7}
    assert arrived.obj_what_changed() == {"provision_updated_at"}


def test_a_field_that_nobody_sends_yet_is_unset(node, admin, pinned, monkeypatch):
    monkeypatch.setattr(objects.Node, "get", classmethod(lambda *_: objects.Node(admin)))
    assert carry(node, admin).chassis_id is None


def test_a_field_that_was_never_read_is_still_an_error(node):
    with pytest.raises(NotImplementedError):
        _ = node.shard


def test_without_a_pin_all_fields_travel(node, admin, next_release):
    node.chassis_id = 3
    assert carry(node, admin).chassis_id == 3


def test_a_change_that_would_get_lost_on_the_way_is_refused(admin, pinned):
    port = objects.Port(admin, id=1, portgroup_id=2)
    with pytest.raises(exception.NotInPinnedRelease, match="Field portgroup_id of Port"):
        carry(port, admin)


def test_lists_of_any_json_travel(admin):
    steps = [{"step": "s", "args": {"a": [None, 1.5]}}]
    assert carry(objects.Runbook(admin, steps=steps, traits=None), admin).steps == steps


def test_an_object_that_the_pinned_release_does_not_know(admin, pinned):
    with pytest.raises(exception.NotInPinnedRelease, match="Object Runbook"):
        objects.Serializer().serialize_entity(admin, objects.Runbook(admin, id=1))


def test_a_method_that_changes_makes_a_version(next_release, monkeypatch):
    monkeypatch.setattr(objects.Chassis, "CHANGED", {"next": "save takes more"})
    assert objects.Chassis.version_in("next") == "1.1"
    assert objects.Chassis.version_in("0.1") == "1.0"


def test_a_release_that_does_not_exist_is_told(monkeypatch):
    monkeypatch.setattr(objects.Chassis, "ADDED", {"extra": "7.7"})
    with pytest.raises(ValueError, match="no release '7.7'"):
        objects.Chassis.version_in("0.1")


def test_an_unknown_release_is_refused(node, admin, set_option):
    set_option("pin_release_version", "9.9")
    with pytest.raises(exception.ConfigInvalid, match=r"pin_release_version is '9.9'.*0\.1"):
        objects.Serializer().serialize_entity(admin, node)


class Recorder:
    """Replaces a conductor, and carries out the calls of objects."""

    def __init__(self):
        self.asked = []

    def object_class_action_versions(self, context, name, method, versions, args, kwargs):
        self.asked.append((name, method, args, kwargs, versions))
        return "answer"

    def object_action(self, context, instance, method, args, kwargs):
        self.asked.append((instance.obj_name(), method, args, kwargs))
        return {"power_state": "power on", "obj_what_changed": []}, None


def test_remotable_methods_ask_a_conductor(node, admin, monkeypatch):
    recorder = Recorder()
    monkeypatch.setattr(objects.Node, "indirection_api", recorder, raising=False)
    assert objects.Node.get(admin, "n1") == "answer"
    assert objects.Node.rows(admin, ["uuid"], filters={"driver": "ipmi"}) == "answer"
    node.save()
    assert node.power_state == "power on" and node.obj_what_changed() == set()
    assert recorder.asked == [
        ("Node", "get", ("n1",), {}, {"Node": objects.Node.VERSION}),
        (
            "Node",
            "rows",
            (["uuid"],),
            {"filters": {"driver": "ipmi"}},
            {"Node": objects.Node.VERSION},
        ),
        ("Node", "save", (), {}),
    ]
