# SPDX-License-Identifier: Apache-2.0
"""The kinds of values, and the bodies and queries that consist of them."""

from typing import Any

import pytest

from ironic_lite.api import types
from ironic_lite.common import exception

UUID = "0a000000-0000-4000-8000-00000000000f"


@pytest.mark.parametrize(
    ("kind", "given", "kept"),
    [
        (types.UUID, UUID.upper(), UUID),
        (types.UUID, UUID.replace("-", ""), UUID),
        (types.MAC, "52:54:00:AA:bb:01", "52:54:00:aa:bb:01"),
        (types.BOOLEAN, True, True),
        (types.BOOLEAN, "off", False),
        (types.BOOLEAN, "1", True),
        (types.INTEGER, "5", 5),
        (types.CSV, "a, b,,a", ["a", "b"]),
        (types.CSV, ["a", "b,c"], ["a", "b", "c"]),
        (types.UUID_OR_NAME, "web-1.example_x~", "web-1.example_x~"),
        (types.OBJECT, {}, {}),
        (types.List({}), [], []),
        (types.TEXT, "ü", "ü"),
        (types.TEXT, None, None),
        (types.Choice("a", "b"), "a", "a"),
        (types.OBJECT_OR_TEXT, "x", "x"),
    ],
)
def test_accepted(kind: types.Kind, given: Any, kept: Any) -> None:
    assert types.check(kind, "arg", given) == kept


@pytest.mark.parametrize(
    ("kind", "given"),
    [
        (types.UUID, "zz"),
        (types.UUID, 5),
        (types.UUID, UUID + "0"),
        (types.MAC, "52-54-00-aa-bb-01"),
        (types.MAC, "52:54:00:aa:bb:01\n"),
        (types.BOOLEAN, "maybe"),
        (types.BOOLEAN, 2),
        (types.BOOLEAN, []),
        (types.INTEGER, "x"),
        (types.INTEGER, True),
        (types.INTEGER, 1.5),
        (types.INTEGER, ["1", "2"]),
        (types.UUID_OR_NAME, "a b"),
        (types.UUID_OR_NAME, ""),
        (types.UUID_OR_NAME, "a\n"),
        (types.UUID_OR_NAME, "x" * 256),
        (types.OBJECT, []),
        (types.List({}), {}),
        (types.TEXT, 5),
        (types.TEXT, "x" * 256),
        (types.TEXT, "a\x00b"),
        (types.Choice("a", "b"), "c"),
        (types.OBJECT_OR_TEXT, []),
    ],
)
def test_refused(kind: types.Kind, given: Any) -> None:
    with pytest.raises(exception.InvalidParameterValue, match="arg") as refused:
        types.check(kind, "arg", given)
    assert len(str(refused.value)) < 300


def test_refusals_keep_secrets() -> None:
    for kind, name in ((types.Secret(), "anything"), (types.INTEGER, "rescue_password")):
        with pytest.raises(exception.InvalidParameterValue) as refused:
            types.check(kind, name, ["swordfish"])
        assert "swordfish" not in str(refused.value)


def test_refusals_survive_braces() -> None:
    with pytest.raises(exception.InvalidParameterValue, match=r"\{value\}"):
        types.check(types.INTEGER, "arg", "{value} {nosuch} {0}")
    with pytest.raises(exception.InvalidParameterValue, match=r"\{nosuch\}"):
        types.check(types.BOOLEAN, "arg", "{nosuch}")


def test_query() -> None:
    kinds = {"limit": types.INTEGER, "fields": types.CSV}
    assert types.query(kinds, {"limit": "5", "fields": "a,b"}) == {"limit": 5, "fields": ["a", "b"]}
    with pytest.raises(exception.InvalidParameterValue, match="Unexpected arguments: a, b"):
        types.query(kinds, {"b": "1", "a": "1", "limit": "1"})


BODY = types.body_class("Body", {"name": types.TEXT, "extra": types.OBJECT}, mandatory=["name"])


def test_body_holds_what_was_set() -> None:
    assert types.parse_body(BODY, {"name": "x"}) == {"name": "x"}
    assert types.parse_body(BODY, {"name": None, "extra": {}}) == {"name": None, "extra": {}}


@pytest.mark.parametrize(
    ("document", "what", "text"),
    [
        ([], "node", "Schema error for node: the body is not of type 'object'"),
        ({}, None, "Missing mandatory parameter: name"),
        ({}, "node", "Schema error for node: 'name' is a required property"),
        ({"name": "x", "b": 1, "a": 1}, None, "Unexpected arguments: a, b"),
        ({"name": "x", "b": 1}, "node", r"\('b' was unexpected\)"),
        ({"name": 5}, "node", "Schema error for node: Expected string for name: 5"),
        ({"name": "x", "extra": 5}, None, "Expected an object for extra: 5"),
    ],
)
def test_body_refused(document: Any, what: str | None, text: str) -> None:
    with pytest.raises(exception.InvalidParameterValue, match=text):
        types.parse_body(BODY, document, what)
