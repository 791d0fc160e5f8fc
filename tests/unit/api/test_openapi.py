# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document is valid, complete, and for the requested microversion."""

import json
from typing import Any

import pytest
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator

from ironic_lite.api import openapi, routes, versions


def document(minor: int = versions.MAX) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(openapi.document(routes.TABLES, minor))
    return parsed


@pytest.mark.parametrize("minor", [versions.MIN, 30, 75, versions.MAX])
def test_is_valid(minor: int) -> None:
    assert list(OpenAPIV31SpecValidator(document(minor)).iter_errors()) == []


def test_has_every_operation_of_the_table() -> None:
    paths = document()["paths"]
    for prefix, table in routes.TABLES:
        for route in table.routes:
            described = set(paths[prefix + route.path]) - {"parameters", "x-since"}
            assert described == {method.lower() for method in route.operations}


def _operations(paths: dict[str, Any]) -> dict[str, str | None]:
    """Return ``{"GET /v1/nodes": its microversion}``."""
    return {
        f"{method.upper()} {path}": operation.get("x-since", item.get("x-since"))
        for path, item in paths.items()
        for method, operation in item.items()
        if method not in ("parameters", "x-since")
    }


def test_an_operation_is_there_from_its_microversion_on() -> None:
    since = {
        f"{method} {prefix}{route.path}": max(route.since, operation.form.since)
        for prefix, table in routes.TABLES
        for route in table.routes
        for method, operation in route.operations.items()
    }
    for minor in sorted(
        {versions.MIN, versions.MAX, *(n - 1 or 1 for n in since.values()), *since.values()}
    ):
        assert _operations(document(minor)["paths"]) == {
            name: None if first == versions.MIN else f"1.{first}"
            for name, first in since.items()
            if first <= minor
        }


def _unsaid(schema: Any, place: str) -> list[str]:
    """Return the places in a schema where any value is valid."""
    if schema in ({}, {"type": "array"}):
        return [place]
    parts = {
        **schema.get("properties", {}),
        **{f"{place} {n}": part for n, part in enumerate(schema.get("anyOf", ()))},
        **({f"{place} items": schema["items"]} if "items" in schema else {}),
    }
    return [found for name, part in parts.items() for found in _unsaid(part, f"{place}.{name}")]


def test_replies_say_what_they_hold() -> None:
    described = document()
    unsaid = [
        found
        for name, schema in described["components"]["schemas"].items()
        if not name.endswith(("Patch", "Create"))
        for found in _unsaid(schema, name)
    ]
    # Ironic does not define these either.
    assert unsaid == [
        *(f"Node.network_data.{part}" for part in ("links", "networks", "services")),
    ]
    for path, item in described["paths"].items():
        for method, operation in item.items():
            if method in ("parameters", "x-since") or "vendor_passthru" in path:
                continue
            for status, response in operation["responses"].items():
                for media in response.get("content", {}).values():
                    assert _unsaid(media["schema"], f"{method} {path} {status}") == []


def test_a_patch_names_what_it_may_change() -> None:
    schemas = document(93)["components"]["schemas"]
    validator = Draft202012Validator(schemas["PortPatch"])
    fits = (
        {"op": "replace", "path": "/address", "value": "52:54:00:00:00:01"},
        {"op": "add", "path": "/extra/key", "value": {"any": "thing"}},
        {"op": "remove", "path": "/extra/key"},
        {"op": "remove", "path": "/physical_network"},
    )
    assert validator.is_valid(list(fits))
    unfit = (
        {"op": "replace", "path": "/address", "value": 1},
        {"op": "remove", "path": "/address"},
        {"op": "replace", "path": "/created_at", "value": "now"},
        {"op": "replace", "path": "/node_ident", "value": "since-1.94"},
        {"op": "replace", "path": "/physical_network/x", "value": "y"},
        {"op": "replace", "path": "/extra"},
    )
    assert not any(validator.is_valid([each]) for each in unfit)


def test_names_of_operations_are_unique() -> None:
    names = [
        operation["operationId"]
        for path in document()["paths"].values()
        for method, operation in path.items()
        if isinstance(operation, dict)
    ]
    assert len(names) == len(set(names))


def test_a_microversion_has_what_it_knows() -> None:
    old, new = document(48), document()
    assert "/v1/conductors" not in old["paths"]
    assert new["paths"]["/v1/conductors"]["x-since"] == "1.49"
    before, after = (each["components"]["schemas"]["Node"]["properties"] for each in (old, new))
    assert "owner" not in before
    assert after["owner"]["x-since"] == "1.50"
    arguments = {argument["name"] for argument in old["paths"]["/v1/nodes"]["get"]["parameters"]}
    assert {"fault", "conductor_group"} <= arguments
    assert not {"owner", "shard"} & arguments


def test_a_new_record_needs_what_is_mandatory() -> None:
    schemas = document()["components"]["schemas"]
    assert schemas["NodeCreate"]["required"] == ["driver"]
    assert "provision_state" not in schemas["NodeCreate"]["properties"]
    assert "provision_state" in schemas["Node"]["properties"]
