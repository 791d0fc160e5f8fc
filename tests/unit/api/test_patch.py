# SPDX-License-Identifier: Apache-2.0
"""JSON patch: property-based tests."""

import copy
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from ironic_lite.api import patch
from ironic_lite.api.resources.node import NODE
from ironic_lite.common import exception

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(),
    lambda children: (
        st.lists(children, max_size=3) | st.dictionaries(st.text(), children, max_size=3)
    ),
    max_leaves=5,
)


def _before(**values: Any) -> dict[str, Any]:
    return {**{name: NODE.default(field) for name, field in NODE.patchable.items()}, **values}


def _apply(operations: Any, minor: int = 115, **values: Any) -> dict[str, Any]:
    return patch.apply(NODE, patch.check(NODE, operations, minor), _before(driver="d", **values))


def test_only_what_changes_is_returned() -> None:
    assert _apply([{"op": "replace", "path": "/name", "value": "n"}], name="n") == {}
    assert _apply([{"op": "replace", "path": "/name", "value": "m"}], name="n") == {"name": "m"}


def test_order_counts() -> None:
    operations = [
        {"op": "add", "path": "/extra/a", "value": {}},
        {"op": "add", "path": "/extra/a/b", "value": [1]},
        {"op": "add", "path": "/extra/a/b/0", "value": 0},
        {"op": "remove", "path": "/extra/c"},
    ]
    assert _apply(operations, extra={"c": 1}) == {"extra": {"a": {"b": [0, 1]}}}


def test_one_bad_operation_spoils_all() -> None:
    before = _before(driver="d", extra={"a": 1})
    kept = copy.deepcopy(before)
    operations = [
        {"op": "remove", "path": "/extra/a"},
        {"op": "remove", "path": "/extra/nosuch"},
    ]
    with pytest.raises(exception.PatchError, match="nosuch"):
        patch.apply(NODE, patch.check(NODE, operations, 115), before)
    assert before == kept


def test_a_boolean_is_not_a_number() -> None:
    assert _apply([{"op": "add", "path": "/extra/a", "value": True}], extra={"a": 1}) == {
        "extra": {"a": True}
    }


@pytest.mark.parametrize(
    "operation",
    [
        {"op": "add", "path": "/driver_info/a/b", "value": "hunter2"},
        {"op": "replace", "path": "/driver_info/x_password", "value": "hunter2"},
        {"op": "replace", "path": "/driver_info/a/b", "value": {"password": "hunter2"}},
        {"op": "remove", "path": "/driver_info/a/b"},
        {"op": "add", "path": "/driver_info/list/hunter", "value": 1},
    ],
)
def test_refusals_keep_secrets(operation: dict[str, Any]) -> None:
    info = {"ipmi_password": "swordfish", "list": ["swordfish"]}
    with pytest.raises(exception.PatchError) as refused:
        _apply([operation], driver_info=info)
    assert "swordfish" not in str(refused.value)
    if "password" in str(operation):
        assert "hunter2" not in str(refused.value)


def test_masks_mean_unchanged() -> None:
    info = {"ipmi_password": "swordfish", "a": 1}
    shown = {"ipmi_password": "******", "a": 2}
    operations = [{"op": "replace", "path": "/driver_info", "value": shown}]
    assert _apply(operations, driver_info=info) == {
        "driver_info": {"ipmi_password": "swordfish", "a": 2}
    }


@given(JSON, st.sampled_from(sorted(NODE.patchable)), st.sampled_from(["add", "replace", "remove"]))
def test_any_value_is_taken_or_refused(value: Any, name: str, op: str) -> None:
    try:
        changes = _apply([{"op": op, "path": f"/{name}", "value": value}])
    except exception.Invalid:
        return
    assert set(changes) <= {name}


@given(JSON)
def test_any_document_is_taken_or_refused(document: Any) -> None:
    try:
        _apply(document)
    except exception.Invalid:
        return
    assert document == []


@given(st.text(), JSON)
def test_any_path_is_taken_or_refused(path: str, value: Any) -> None:
    try:
        changes = _apply([{"op": "add", "path": f"/extra/{path}", "value": value}], extra={"a": []})
    except exception.Invalid:
        return
    assert set(changes) <= {"extra"}
