# SPDX-License-Identifier: Apache-2.0
"""Invalid bodies are refused with a message on every route; and the limit of a field's size.

What is asked comes from the table of routes and the declarations of the resources.
"""

from collections.abc import Iterator
from typing import Any

import pytest

from ironic_lite.api import forms, types
from ironic_lite.api.resources.allocation import ALLOCATION
from ironic_lite.api.resources.chassis import CHASSIS
from ironic_lite.api.resources.deploy_template import DEPLOY_TEMPLATE
from ironic_lite.api.resources.field import Field
from ironic_lite.api.resources.image import IMAGE
from ironic_lite.api.resources.inspection_rule import INSPECTION_RULE
from ironic_lite.api.resources.node import NODE
from ironic_lite.api.resources.port import PORT
from ironic_lite.api.resources.portgroup import PORTGROUP
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.resources.runbook import RUNBOOK
from ironic_lite.api.resources.volume import CONNECTOR, TARGET
from ironic_lite.api.routes import V1
from ironic_lite.conf import CONF
from tests.stories.access_requests import BODIES
from tests.stories.access_service import Service, user_of
from tests.waiting import wait_for

ADMIN = user_of("system", "admin")

RESOURCES: dict[str, tuple[Resource, str]] = {
    "/nodes": (NODE, "node"),
    "/ports": (PORT, "port"),
    "/portgroups": (PORTGROUP, "portgroup"),
    "/chassis": (CHASSIS, "chassis"),
    "/volume/connectors": (CONNECTOR, "connector"),
    "/volume/targets": (TARGET, "target"),
    "/allocations": (ALLOCATION, "allocation"),
    "/deploy_templates": (DEPLOY_TEMPLATE, "template"),
    "/runbooks": (RUNBOOK, "runbook"),
    "/images": (IMAGE, "image"),
    "/inspection_rules": (INSPECTION_RULE, "rule"),
}


def _valid(path: str) -> dict[str, Any]:
    bodies = {
        "/nodes": {"driver": "fake-hardware"},
        "/volume/connectors": {"node_uuid": "{node}", "type": "ip", "connector_id": "body"},
        "/volume/targets": {
            "node_uuid": "{node}",
            "volume_type": "iscsi",
            "boot_index": 99,
            "volume_id": "v",
        },
    }
    return {**BODIES[f"POST {path}"], **bodies.get(path, {})}


NULLABLE = [
    (path, field)
    for path, (resource, _) in RESOURCES.items()
    for field in resource.fields.values()
    if field.create
]


@pytest.mark.parametrize(
    ("path", "field"), NULLABLE, ids=[f"{path}-{field.name}" for path, field in NULLABLE]
)
def test_null_is_left_out(access_service: Service, path: str, field: Field) -> None:
    """As docs/api.md says. Removing a mandatory field is refused, because the field would be missing."""
    body = access_service.fill(_valid(path), None)
    without = {name: value for name, value in body.items() if name != field.name}
    answers = []
    for wanted in ({**without, field.name: None}, without):
        status, answer = access_service.ask(ADMIN, "POST", path, wanted)
        access_service.records.tidy("POST", path, status, answer)
        own = ("uuid", "created_at", "updated_at", "links", "nodes", "ports", "conductor")
        if status == 201:
            answer = {k: v for k, v in answer.items() if k not in own and k not in _LINKS}
        answers.append((status, answer))
    assert answers[0] == answers[1]
    assert answers[0][0] in (201, 400)


_LINKS = ("states", "portgroups", "volume")
ODD = (1.5, True, "text", [], [1], 10**30, "")


def _with_bodies() -> Iterator[tuple[str, str]]:
    for route in V1.routes:
        for method, operation in route.operations.items():
            if not isinstance(operation.form.body, forms.Bytes | None):
                yield method, route.path


@pytest.mark.parametrize("odd", ODD, ids=repr)
@pytest.mark.parametrize(("method", "path"), list(_with_bodies()))
def test_odd_body_is_refused(access_service: Service, method: str, path: str, odd: Any) -> None:
    filled = "/" + path
    if filled.endswith("/{uuid}"):
        kind = next(kind for base, (_, kind) in RESOURCES.items() if filled.startswith(base + "/"))
        filled = filled.replace("{uuid}", f"{{{kind}}}")
    if method == "PATCH" and odd == []:
        return  # A patch without operations changes nothing.
    status, answer = access_service.ask(ADMIN, method, access_service.fill(filled, None), odd)
    assert status in (400, 404, 406), answer
    assert "error_message" in answer


FREE = [
    (path, field.name, kind)
    for path, (resource, kind) in RESOURCES.items()
    for field in resource.fields.values()
    if field.update and field.kind is types.OBJECT
]


@pytest.mark.parametrize(("path", "name", "kind"), FREE)
def test_field_does_not_grow_for_ever(
    access_service: Service, path: str, name: str, kind: str
) -> None:
    """Bit by bit, each request of a size that is let in."""
    if path.startswith("/volume"):
        _power_off(access_service)
    ident = access_service.fill(f"{{{kind}}}", None)
    bit = "x" * (CONF.api.max_field_size // 3)
    for number in range(3):
        grow = [{"op": "add", "path": f"/{name}/k{number}", "value": bit}]
        status, answer = access_service.ask(ADMIN, "PATCH", f"{path}/{ident}", grow)
        assert status == (200 if number < 2 else 400), answer
    assert f"[api] max_field_size is {CONF.api.max_field_size}" in answer["error_message"]
    assert f"{name} is too large" in answer["error_message"]
    smaller = [{"op": "remove", "path": f"/{name}/k0"}, {"op": "remove", "path": f"/{name}/k1"}]
    assert access_service.ask(ADMIN, "PATCH", f"{path}/{ident}", smaller)[0] == 200
    body = {**access_service.fill(_valid(path), None), name: {str(i): bit for i in range(3)}}
    status, answer = access_service.ask(ADMIN, "POST", path, body)
    assert status == 400
    assert f"{name} is too large" in answer["error_message"]


def _power_off(service: Service) -> None:
    """Volumes are changed while their server is off."""
    path = service.fill("/nodes/{node}", None)
    assert service.ask(ADMIN, "PUT", f"{path}/states/power", {"target": "power off"})[0] == 202
    wait_for(
        lambda: service.ask(ADMIN, "GET", path, None)[1]["power_state"] == "power off",
        "the node to be off",
    )


def test_there_are_free_fields() -> None:
    assert {name for _, name, _ in FREE} >= {
        "extra",
        "driver_info",
        "instance_info",
        "properties",
    }


def test_config_drive_does_not_count_while_it_stays(access_service: Service) -> None:
    """A conductor puts it into instance_info, where it is larger than what clients may put there."""
    node = access_service.fill("{node}", None)
    path = f"/nodes/{node}"
    half = "x" * (CONF.api.max_field_size * 2 // 3)
    for key, status in (("configdrive", 200), ("display_name", 200), ("other", 400)):
        value = "short" if key == "display_name" else half
        change = [{"op": "add", "path": f"/instance_info/{key}", "value": value}]
        if key == "other":
            change.append({"op": "add", "path": "/instance_info/configdrive", "value": half + "x"})
        assert access_service.ask(ADMIN, "PATCH", path, change)[0] == status, key
    more = [{"op": "add", "path": "/instance_info/other", "value": half}]
    assert access_service.ask(ADMIN, "PATCH", path, more)[0] == 200
    gone = [{"op": "replace", "path": "/instance_info", "value": {}}]
    assert access_service.ask(ADMIN, "PATCH", path, gone)[0] == 200


def test_steps_and_raid_are_bounded(access_service: Service) -> None:
    node = access_service.fill("{node}", None)
    large = {"x": "x" * CONF.api.max_field_size}
    step = {"interface": "deploy", "step": "erase_devices", "args": large}
    manage = {"target": "manage"}
    assert access_service.ask(ADMIN, "PUT", f"/nodes/{node}/states/provision", manage)[0] == 202

    def at_rest() -> bool:
        shown = access_service.ask(ADMIN, "GET", f"/nodes/{node}", None)[1]
        return shown["provision_state"] == "manageable" and shown["reservation"] is None

    wait_for(at_rest, "the node to be manageable")
    for path, body in (
        ("states/raid", {"logical_disks": [], **large}),
        ("states/provision", {"target": "clean", "clean_steps": [step]}),
        ("maintenance", {"reason": large["x"]}),
    ):
        status, answer = access_service.ask(ADMIN, "PUT", f"/nodes/{node}/{path}", body)
        assert status == 400, answer
    for path, field, place in (
        ("/deploy_templates", "steps", {"priority": 1}),
        ("/runbooks", "steps", {"order": 1}),
    ):
        body = {"name": "CUSTOM_LARGE", field: [{**step, **place}]}
        status, answer = access_service.ask(ADMIN, "POST", path, body)
        assert status == 400
        assert "max_field_size" in answer["error_message"]
