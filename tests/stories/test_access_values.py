# SPDX-License-Identifier: Apache-2.0
"""A field that several routes can set has one access rule: whoever may not set it by PATCH may not by POST or PUT.

What is asked comes from the declarations of the resources and from the table of routes, so a new field is asked too.
"""

from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from ironic_lite.api import types
from ironic_lite.api.resources.field import Field
from ironic_lite.api.resources.node import NODE
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.resources.runbook import RUNBOOK
from ironic_lite.api.routes import V1
from tests.stories.access_requests import GROUPS, OWNER
from tests.stories.access_service import COLUMNS, Service, user_of

REFUSED = (403, 404)
ADMIN = user_of("system", "admin")


class Owned(NamedTuple):
    """A resource whose records have an owner, and bodies of POST: one that is wrong besides, and one that is right."""

    resource: Resource
    unfit: dict[str, Any]
    fit: dict[str, Any]


_STEP = {"interface": "deploy", "step": "erase_devices", "args": {}, "order": 1}
OWNED = (
    Owned(NODE, {"driver": "no-such-driver"}, {"driver": "fake-hardware"}),
    Owned(RUNBOOK, {"name": "no name", "steps": []}, {"name": "CUSTOM_OF_{}", "steps": [_STEP]}),
)

SAMPLES: dict[types.Kind, tuple[Any, ...]] = {
    types.BOOLEAN: (True, False, "true", "no", 1),
    types.UUID: ("5f5e0b4e-9d3f-4b5e-8f0c-0a6e2b6d0a11",),
    types.UUID_OR_NAME: ("some-node",),
    types.OBJECT: ({"x": 1}, {}),
}


def _settable(resource: Resource) -> Iterator[tuple[Field, Any]]:
    """Each field that both POST and PATCH take, with values that a new record does not have anyway."""
    for field in resource.fields.values():
        if not (field.create and field.update) or field.mandatory:
            continue
        for value in SAMPLES.get(field.kind, ("text",)):
            if value != field.default:
                yield field, value


def _id(value: Any) -> str:
    return value.name if isinstance(value, Field) else str(value)


CASES = [(owned, *case) for owned in OWNED for case in _settable(owned.resource)]


def _record(service: Service, owned: Owned, group: str) -> str:
    """One that belongs to the group's project."""
    key = f"{owned.resource.name} of {group}"
    if key not in service.records.known:
        body = {**owned.fit, "owner": GROUPS[group] or OWNER}
        body = {
            name: value.format(group.upper()) if name == "name" else value
            for name, value in body.items()
        }
        status, made = service.ask(ADMIN, "POST", f"/{owned.resource.collection}", body)
        assert status == 201, made
        service.records.known[key] = made["uuid"]
    return service.records.known[key]


@pytest.mark.parametrize(
    ("owned", "field", "value"),
    CASES,
    ids=[f"{o.resource.name}-{f.name}-{v}" for o, f, v in CASES],
)
def test_post_and_patch_agree(
    access_service: Service, owned: Owned, field: Field, value: Any
) -> None:
    collection = f"/{owned.resource.collection}"
    differing = []
    creators = 0
    for column in COLUMNS:
        user = user_of(*column)
        if access_service.ask(user, "POST", collection, owned.unfit)[0] in REFUSED:
            continue
        creators += 1
        body = {**owned.unfit, field.name: value}
        posted, answer = access_service.ask(user, "POST", collection, body)
        assert posted >= 400
        if field.rule_for(value) is None:
            # Who may create a record may fill it in; PATCH asks for the resource's own rule.
            assert posted not in REFUSED
            continue
        if field.name == "owner" and posted == 400 and column[0] != "system":
            # Refused in other words, that are Ironic's: a project creates for itself.
            posted = 403
        patch = [{"op": "add", "path": f"/{field.name}", "value": value}]
        path = f"{collection}/{_record(access_service, owned, column[0])}"
        patched, _ = access_service.ask(user, "PATCH", path, patch)
        if (posted in REFUSED) != (patched in REFUSED):
            differing.append(f"{user}: POST {posted}, PATCH {patched}: {answer}")
    assert creators > 1
    assert not differing, "\n".join(differing)


def _own_routes() -> list[tuple[str, str, Field]]:
    """The routes that set one field of a node, which is what they are called by."""
    return [
        (method, f"/{route.path}", field)
        for route in V1.routes
        for method in route.operations
        if method in ("PUT", "DELETE") and route.path.startswith("nodes/{node}/")
        for field in [NODE.fields.get(route.path.rpartition("/")[2])]
        if field is not None and (field.create or field.update)
    ]


@pytest.mark.parametrize(("method", "path", "field"), _own_routes(), ids=_id)
def test_own_route_asks_for_the_rule_of_its_field(
    access_service: Service, method: str, path: str, field: Field
) -> None:
    value = method == "PUT"
    differing = []
    for column in COLUMNS:
        user = user_of(*column)
        node = _record(access_service, OWNED[0], column[0])
        body = {"target": "nonsense"} if "states" in path else None
        put, _ = access_service.ask(user, method, path.replace("{node}", node), body)
        if field.update:
            patch = [{"op": "replace", "path": f"/{field.name}", "value": value}]
            other, _ = access_service.ask(user, "PATCH", f"/nodes/{node}", patch)
        else:
            if access_service.ask(user, "POST", "/nodes", OWNED[0].unfit)[0] in REFUSED:
                continue
            other, _ = access_service.ask(
                user, "POST", "/nodes", {**OWNED[0].unfit, field.name: "uefi"}
            )
        if (put in REFUSED) != (other in REFUSED):
            differing.append(f"{user}: {method} {put}, the other way {other}")
    assert not differing, "\n".join(differing)


def test_the_routes_of_single_fields_are_found() -> None:
    found = {(method, field.name) for method, _, field in _own_routes()}
    assert found == {
        ("PUT", "maintenance"),
        ("DELETE", "maintenance"),
        ("PUT", "boot_mode"),
        ("PUT", "secure_boot"),
    }


@pytest.mark.parametrize("value", [None, False, "false"])
def test_removing_maintenance_is_clearing_it(access_service: Service, value: Any) -> None:
    """The value in a remove operation has no effect on the access check."""
    node = access_service.ask(
        ADMIN, "POST", "/nodes", {"driver": "fake-hardware", "lessee": GROUPS["lessee"]}
    )[1]["uuid"]
    assert access_service.ask(ADMIN, "PUT", f"/nodes/{node}/maintenance", {})[0] == 202
    member = user_of("lessee", "member")
    for operation in (
        {"op": "remove", "path": "/maintenance", "value": True},
        {"op": "replace", "path": "/maintenance", "value": value},
    ):
        status, _ = access_service.ask(member, "PATCH", f"/nodes/{node}", [operation])
        assert status == 403, operation
    assert access_service.ask(ADMIN, "GET", f"/nodes/{node}", None)[1]["maintenance"] is True


def test_cleaning_is_not_switched_off_by_a_removal_that_says_otherwise() -> None:
    removal = [{"op": "remove", "path": "/automated_clean", "value": False}]
    assert NODE.update_rules(removal) == ("baremetal:node:update",)
    for value in (False, "false", 0, "nonsense"):
        document = [{"op": "add", "path": "/automated_clean", "value": value}]
        assert NODE.update_rules(document) == ("baremetal:node:disable_cleaning",)


PARTS = {
    "/ports": {"address": "02:00:00:00:0a:01"},
    "/portgroups": {},
    "/volume/connectors": {"type": "ip", "connector_id": "moved"},
}


@pytest.mark.parametrize("path", PARTS)
def test_moving_a_part_asks_what_making_one_there_asks(access_service: Service, path: str) -> None:
    body = {"driver": "fake-hardware", "owner": OWNER, "lessee": GROUPS["lessee"]}
    here, there = (access_service.ask(ADMIN, "POST", "/nodes", body)[1]["uuid"] for _ in range(2))
    part = {**PARTS[path], "node_uuid": here}
    status, made = access_service.ask(ADMIN, "POST", path, part)
    assert status == 201, made
    moved = refused = 0
    for column in COLUMNS:
        user = user_of(*column)
        unfit = {**part, "node_uuid": there, "extra": "no object"}
        may_make = access_service.ask(user, "POST", path, unfit)[0] not in REFUSED
        for node in (there, here):
            move = [{"op": "replace", "path": "/node_uuid", "value": node}]
            status, answer = access_service.ask(user, "PATCH", f"{path}/{made['uuid']}", move)
            may_move = status not in REFUSED
            assert may_make or not may_move or node == here, (user, answer)
            moved, refused = moved + may_move, refused + (not may_move)
    assert moved
    assert refused


SYSTEM_ONLY = (
    "/drivers",
    "/drivers/fake-hardware",
    "/drivers/fake-hardware/properties",
    "/conductors",
    "/chassis",
    "/shards",
    "/deploy_templates",
    "/inspection_rules",
)


@pytest.mark.parametrize("path", SYSTEM_ONLY)
def test_refusal_names_the_scope_that_would_do(access_service: Service, path: str) -> None:
    status, answer = access_service.ask(user_of("owner", "admin"), "GET", path, None)
    assert status == 403
    assert "--os-system-scope all" in answer["error_message"]
    assert f"scope of project {OWNER}" in answer["error_message"]
    # What the owner of a node may do, and its lessee not, is not a matter of scope.
    body = {"driver": "fake-hardware", "owner": OWNER, "lessee": GROUPS["lessee"]}
    node = access_service.ask(ADMIN, "POST", "/nodes", body)[1]["uuid"]
    history = f"/nodes/{node}/history"
    status, answer = access_service.ask(user_of("lessee", "admin"), "GET", history, None)
    assert status == 403
    assert "scope" not in answer["error_message"]
    # A role that would not do there either is told so as ever.
    status, answer = access_service.ask(user_of("owner", "reader"), "POST", "/chassis", {})
    assert status == 403
    assert "system" not in answer["error_message"]
