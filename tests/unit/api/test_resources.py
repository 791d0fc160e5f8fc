# SPDX-License-Identifier: Apache-2.0
"""Views, columns, serialisers and bodies from the declaration of a resource."""

from typing import Any

import orjson
import pytest

from ironic_lite.api import patch, types
from ironic_lite.api.access import Sight
from ironic_lite.api.resources.conductor import CONDUCTOR
from ironic_lite.api.resources.driver import DRIVER
from ironic_lite.api.resources.field import Field
from ironic_lite.api.resources.node import NODE, STATES
from ironic_lite.api.resources.port import PORT
from ironic_lite.api.resources.resource import BODY, DETAIL, QUERY, ROW, Resource
from ironic_lite.api.view import NodeKey, View
from ironic_lite.common import exception
from ironic_lite.common.context import RequestContext
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port

# The policy decides whether secrets are shown, and needs a configuration.
pytestmark = pytest.mark.usefixtures("set_option")

SIGHT = Sight(RequestContext(is_admin=True))
VIEW = View("http://api", lambda node: f"host-of-{node.uuid}", SIGHT)


def _show(resource: Resource, minor: int, view: str = DETAIL, **row: Any) -> dict[str, Any]:
    serialise = resource.serialiser(minor, None, view)
    shown = serialise({column: row.get(column) for column in serialise.columns}, VIEW)
    decoded: dict[str, Any] = orjson.loads(orjson.dumps(shown))
    return decoded


@pytest.mark.parametrize(
    ("resource", "minor", "count"),
    [
        (NODE, 1, 22),
        (NODE, 115, 69),
        (STATES, 1, 7),
        (STATES, 115, 11),
        (PORT, 1, 7),
        (PORT, 115, 18),
        (CONDUCTOR, 49, 7),
        (DRIVER, 1, 3),
        (DRIVER, 115, 31),
    ],
)
def test_fields_grow_with_the_version(resource: Resource, minor: int, count: int) -> None:
    assert len(_show(resource, minor, interfaces={}, hostname="h", name="n", uuid="u")) == count


def test_columns_are_those_shown() -> None:
    serialise = NODE.serialiser(115, ("name", "conductor"), DETAIL)
    assert set(serialise.columns) == {"uuid", "name", "driver", "conductor_group"}
    shown = serialise({"uuid": "u", "name": "n", "driver": "d", "conductor_group": ""}, VIEW)
    assert set(shown) == {"name", "conductor", "links"}
    assert shown["conductor"] == "host-of-u"


def test_every_column_is_one_of_the_object() -> None:
    for resource, record in ((NODE, Node), (STATES, Node), (PORT, Port)):
        for minor in (1, 50, 115):
            for view in (ROW, DETAIL):
                assert set(resource.serialiser(minor, None, view).columns) <= set(record.fields)


def test_serialisers_are_made_once() -> None:
    assert NODE.serialiser(115, None, ROW) is NODE.serialiser(115, None, ROW)


def test_links() -> None:
    assert _show(NODE, 115, ROW, uuid="u")["links"] == [
        {"href": "http://api/v1/nodes/u", "rel": "self"},
        {"href": "http://api/nodes/u", "rel": "bookmark"},
    ]


def test_odd_names_in_links_stay_inside_them() -> None:
    shown = _show(CONDUCTOR, 115, hostname='a"b/../c\\ d')
    assert shown["links"][0]["href"] == "http://api/v1/conductors/a%22b%2F..%2Fc%5C%20d"


@pytest.mark.parametrize(
    ("minor", "state", "shown"),
    [
        (1, "available", None),
        (2, "available", "available"),
        (38, "inspect wait", "inspecting"),
        (39, "inspect wait", "inspect wait"),
        (1, "active", "active"),
    ],
)
def test_states_that_old_clients_do_not_know(minor: int, state: str, shown: str | None) -> None:
    assert _show(NODE, minor, provision_state=state)["provision_state"] == shown
    assert _show(STATES, minor, provision_state=state)["provision_state"] == shown


def test_secrets_are_hidden() -> None:
    shown = _show(
        NODE,
        115,
        driver_info={"ipmi_password": "x"},
        instance_info={"configdrive": "x", "image_url": "x"},
        driver_internal_info={"agent_secret_token": "x"},
    )
    assert b"x" not in orjson.dumps(
        [shown["driver_info"], shown["instance_info"], shown["driver_internal_info"]]
    ).replace(b"xx", b"")


def test_fields_argument() -> None:
    assert NODE.check_fields(["uuid", "owner"], 50) == ("uuid", "owner")
    with pytest.raises(exception.NotAcceptable):
        NODE.check_fields(["uuid", "owner"], 49)
    for unknown in ("nosuch", "reservation_token", "agent_secret_token", "id"):
        with pytest.raises(exception.InvalidParameterValue, match=unknown):
            NODE.check_fields(["uuid", unknown], 115)
    with pytest.raises(exception.InvalidParameterValue):
        PORT.check_fields(["node_ident"], 115)


def test_sort_key() -> None:
    assert NODE.check_sort_key("id", 1) == "id"
    assert NODE.check_sort_key("name", 5) == "name"
    with pytest.raises(exception.NotAcceptable):
        NODE.check_sort_key("name", 4)
    for unsortable in ("extra", "links", "conductor", "traits", "nosuch", "agent_secret_token"):
        with pytest.raises(exception.InvalidParameterValue):
            NODE.check_sort_key(unsortable, 115)


def test_bodies() -> None:
    assert NODE.parse({"driver": "d", "extra": None, "uuid": None}, 1) == {"driver": "d"}
    assert NODE.parse({"driver": "d", "owner": None}, 1) == {"driver": "d"}
    with pytest.raises(exception.NotAcceptable):
        NODE.parse({"driver": "d", "owner": "o"}, 49)
    with pytest.raises(exception.InvalidParameterValue, match="'driver' is a required property"):
        NODE.parse({"driver": None}, 115)


def test_defaults_are_not_shared() -> None:
    first = NODE.null(NODE.fields["extra"])
    first["a"] = 1
    assert NODE.null(NODE.fields["extra"]) == {}


def test_ring_key() -> None:
    asked: list[NodeKey] = []
    view = View("http://api", asked.append, SIGHT)  # type: ignore[func-returns-value]
    serialise = NODE.serialiser(115, ("conductor",), DETAIL)
    serialise({"uuid": "u", "driver": "d", "conductor_group": "g"}, view)
    assert asked == [NodeKey("d", "g", "u")]


def test_resources_that_hide_what_comes_later() -> None:
    """A field of a later microversion is 400 for them, and 406 for others."""
    fields = (
        Field(name="uuid", kind=types.UUID, create=True),
        Field(name="note", kind=types.TEXT, since=50, create=True, update=True),
    )
    hiding = Resource("thing", "things", fields, hides=(QUERY, BODY))
    plain = Resource("thing", "things", fields)
    operations = [{"op": "add", "path": "/note", "value": "x"}]
    for early in (
        lambda resource: resource.check_fields(["note"], 49),
        lambda resource: resource.parse({"note": "x"}, 49),
        lambda resource: patch.check(resource, operations, 49),
    ):
        with pytest.raises(exception.InvalidParameterValue, match="note"):
            early(hiding)
        with pytest.raises(exception.NotAcceptable):
            early(plain)
    assert hiding.check_fields(["note"], 50) == ("note",)
    assert patch.check(hiding, operations, 50) == operations


def test_what_a_field_leaves_out_is_what_its_column_says() -> None:
    kinds = {name: NODE.fields[name] for name in ("shard", "retired", "retired_reason", "extra")}
    assert kinds["shard"].kind is types.TEXT and kinds["shard"].sortable
    assert kinds["retired"].kind is types.BOOLEAN and kinds["retired"].default is False
    assert kinds["retired_reason"].kind is types.LONG_TEXT
    assert kinds["extra"].kind is types.OBJECT and kinds["extra"].default == {}
    assert not kinds["extra"].sortable and not NODE.fields["allocation_uuid"].sortable
    assert NODE.fields["created_at"].kind is types.CREATED
    assert NODE.fields["resource_class"].kind.schema["maxLength"] == 80


@pytest.mark.parametrize(
    ("field", "told"),
    [
        (Field(name="asset"), "Node has no column asset"),
        (Field(name="links", columns=("uid",)), "Node has no column uid"),
        (Field(name="reservation_token"), "Node has no column reservation_token"),
        (Field(name="name", kind=types.LONG_TEXT), "takes any number of characters"),
        (Field(name="boot_mode", kind=types.Text(33)), "takes 33 characters, and its column 32"),
        (Field(name="created_at", create=True), "needs a kind: its column holds a moment"),
    ],
)
def test_a_field_that_its_column_cannot_hold_is_refused_at_start(field: Field, told: str) -> None:
    with pytest.raises(TypeError, match=told):
        Resource("node", "nodes", [field], record=Node)


def test_a_field_that_is_named_often_is_asked_for_once() -> None:
    assert PORT.check_fields(["uuid"] * 1000 + ["extra"], 1) == ("uuid", "extra")
