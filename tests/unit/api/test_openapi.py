# SPDX-License-Identifier: Apache-2.0
"""The OpenAPI document: valid, whole, and of the microversion asked for."""

import json
from typing import Any

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from ironic_lite.api import openapi, routes, versions
from ironic_lite.api.routing import _UNSAID


def document(minor: int = versions.MAX) -> dict[str, Any]:
    parsed: dict[str, Any] = json.loads(openapi.document(minor))
    return parsed


@pytest.mark.parametrize("minor", [versions.MIN, 30, 75, versions.MAX])
def test_is_valid(minor: int) -> None:
    assert list(OpenAPIV31SpecValidator(document(minor)).iter_errors()) == []


def test_has_every_operation_of_the_table() -> None:
    paths = document()["paths"]
    for prefix, table in (("/", routes.UNVERSIONED), ("/v1/", routes.V1)):
        for route in table.routes:
            described = set(paths[prefix + route.path]) - {"parameters", "x-since"}
            assert described == {method.lower() for method in route.operations}


def test_every_operation_says_what_it_takes_and_answers() -> None:
    unsaid = [
        (method, route.path)
        for table in (routes.UNVERSIONED, routes.V1)
        for route in table.routes
        for method, operation in route.operations.items()
        if operation.form is _UNSAID
    ]
    assert unsaid == []


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
