# SPDX-License-Identifier: Apache-2.0
"""Objects on the wire."""

import datetime
import json
import uuid

import pytest

from ironic_lite import objects
from ironic_lite.common import context, exception, release_mappings

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


def carry(entity, admin):
    """Over RPC and back: through JSON."""
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


def test_pinned_versions(node, admin, set_option):
    set_option("pin_release_version", "0.1")
    wire = objects.Serializer().serialize_entity(admin, node)
    pinned = release_mappings.RELEASES["0.1"].objects["Node"]
    assert wire["ironic_lite_object.version"] == pinned
    assert carry(node, admin).uuid == node.uuid


def test_fields_that_the_pinned_release_does_not_know_stay_here(node, admin, set_option):
    node.chassis_id = 3
    node.obj_reset_changes()
    node.traits = None
    node.description = "new"
    set_option("pin_release_version", "0.1")
    arrived = carry(node, admin)
    assert not arrived.obj_attr_is_set("chassis_id")
    assert arrived.obj_what_changed() == {"description"}


def test_a_change_that_would_get_lost_on_the_way_is_refused(admin, set_option):
    port = objects.Port(admin, id=1, portgroup_id=2)
    set_option("pin_release_version", "0.1")
    with pytest.raises(exception.VersionIncompatible, match="Field portgroup_id of Port"):
        carry(port, admin)


def test_lists_of_any_json_travel(admin):
    steps = [{"step": "s", "args": {"a": [None, 1.5]}}]
    assert carry(objects.Runbook(admin, steps=steps, traits=None), admin).steps == steps


def test_an_object_that_the_pinned_release_does_not_know(node, admin, set_option, monkeypatch):
    older = release_mappings.Release(rpc="1.0", objects={})
    monkeypatch.setitem(release_mappings.RELEASES, "0.0", older)
    set_option("pin_release_version", "0.0")
    with pytest.raises(exception.VersionIncompatible, match="Object Node"):
        objects.Serializer().serialize_entity(admin, node)


def test_an_unknown_release_is_refused(node, admin, set_option):
    set_option("pin_release_version", "9.9")
    with pytest.raises(exception.ConfigInvalid, match=r"pin_release_version is '9.9'.*0\.1"):
        objects.Serializer().serialize_entity(admin, node)


class Recorder:
    """Stands where a conductor would be, and does what it was asked to."""

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
