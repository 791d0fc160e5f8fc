# SPDX-License-Identifier: Apache-2.0
"""A project learns nothing about records of others, not even that they exist.

Every request that names a record is sent for one of somebody else and for one that does not exist, and is answered
alike to the letter, but for the identifier. The requests come from the table of routes and the declarations of the
resources.
"""

import json
import uuid
from collections.abc import Iterator
from typing import Any, NamedTuple

import pytest

from ironic_lite.api import types
from ironic_lite.api.resources.allocation import ALLOCATION
from ironic_lite.api.resources.image import IMAGE
from ironic_lite.api.resources.node import NODE
from ironic_lite.api.resources.port import PORT
from ironic_lite.api.resources.portgroup import PORTGROUP
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.resources.runbook import RUNBOOK
from ironic_lite.api.resources.volume import CONNECTOR, TARGET
from ironic_lite.api.routes import V1
from tests.stories.access_requests import BODIES, OWNER
from tests.stories.access_service import PLACEHOLDER, Service, user_of
from tests.waiting import wait_for

ADMIN = user_of("system", "admin")
ROLES = ("admin", "manager", "member", "reader")
ABSENT = "5f5e0b4e-9d3f-4b5e-8f0c-0a6e2b6d0aff"
ABSENT_NAME = "no-such-record"

_STEP = {"interface": "deploy", "step": "erase_devices", "args": {}, "order": 1}
NAMED = ("node", "portgroup", "allocation", "runbook", "port", "image")
"""Kinds of records that have names too."""

COLLECTIONS = {
    "nodes": "node",
    "ports": "port",
    "portgroups": "portgroup",
    "chassis": "chassis",
    "volume/connectors": "connector",
    "volume/targets": "target",
    "allocations": "allocation",
    "deploy_templates": "template",
    "runbooks": "runbook",
    "images": "image",
    "inspection_rules": "rule",
}

REFERENCES = {
    "node": "node",
    "node_uuid": "node",
    "node_ident": "node",
    "parent_node": "node",
    "candidate_nodes": "node",
    "portgroup": "portgroup",
    "portgroup_uuid": "portgroup",
    "chassis_uuid": "chassis",
    "runbook": "runbook",
    "kernel": "image",
}
"""What arguments and fields of these names refer to."""


class Records(NamedTuple):
    """The records of another project and of the stranger, by kind: UUIDs and names."""

    foreign: dict[str, str]
    names: dict[str, str]
    own: dict[str, str]


@pytest.fixture(scope="module")
def records(access_service: Service) -> Records:
    foreign, names = {}, {}
    bodies: dict[str, dict[str, Any]] = {
        "chassis": {},
        "node": {"driver": "fake-hardware", "owner": OWNER, "chassis_uuid": "{chassis}"},
        "portgroup": {"node_uuid": "{node}"},
        "port": {"node_uuid": "{node}", "address": "02:00:00:00:cc:01"},
        "connector": {"node_uuid": "{node}", "type": "ip", "connector_id": "concealed"},
        "target": {
            "node_uuid": "{node}",
            "volume_type": "iscsi",
            "boot_index": 7,
            "volume_id": "v",
        },
        "allocation": {"resource_class": "no-such-class", "owner": OWNER},
        "template": {
            "name": "CUSTOM_CONCEALED",
            "steps": [{**{k: v for k, v in _STEP.items() if k != "order"}, "priority": 1}],
        },
        "runbook": {"owner": OWNER, "steps": [_STEP]},
        "image": {"owner": OWNER, "disk_format": "kernel"},
        "rule": {"actions": [{"op": "fail", "args": {"msg": "x"}}]},
    }
    collections = {kind: path for path, kind in COLLECTIONS.items()}
    for kind, body in bodies.items():
        filled = {
            name: foreign[value.strip("{}")] if str(value).startswith("{") else value
            for name, value in body.items()
        }
        if kind in NAMED:
            names[kind] = filled["name"] = f"concealed-{kind}"
        status, made = access_service.ask(ADMIN, "POST", f"/{collections[kind]}", filled)
        assert status == 201, made
        foreign[kind] = made["uuid"]
    stranger = user_of("stranger", "admin")
    own = {}
    for kind, path, body in (
        ("node", "/nodes", {"driver": "fake-hardware"}),
        ("portgroup", "/portgroups", {"node_uuid": "{node}"}),
        ("port", "/ports", {"node_uuid": "{node}", "address": "02:00:00:00:cc:02"}),
        ("connector", "/volume/connectors", {"type": "ip", "connector_id": "own"}),
        ("target", "/volume/targets", {"volume_type": "x", "boot_index": 1, "volume_id": "v"}),
        ("image", "/images", {"name": "own"}),
    ):
        part = {} if kind in ("node", "image") else {"node_uuid": own["node"]}
        status, made = access_service.ask(stranger, "POST", path, {**body, **part})
        assert status == 201, made
        own[kind] = made["uuid"]
    _manage(access_service, own["node"])
    return Records(foreign, names, own)


def _manage(service: Service, node: str) -> None:
    """Only a manageable node is cleaned."""
    path = f"/nodes/{node}"
    assert service.ask(ADMIN, "PUT", f"{path}/states/provision", {"target": "manage"})[0] == 202

    def at_rest() -> bool:
        shown = service.ask(ADMIN, "GET", path, None)[1]
        return shown["provision_state"] == "manageable" and shown["reservation"] is None

    wait_for(at_rest, "the node to be manageable")


class Question(NamedTuple):
    """A request with ``{record}`` in the place of the record's identifier."""

    method: str
    path: str
    body: Any
    kind: str

    def __str__(self) -> str:
        return f"{self.method} {self.path} {json.dumps(self.body)} ({self.kind})"


_OTHERS = {"trait": "CUSTOM_A", "method": "x", "setting": "x", "device": "cdrom", "vif": "v"}


def _kind_of(path: str, variable: str) -> str | None:
    if variable == "uuid":
        return COLLECTIONS[path.partition("/{")[0]]
    return variable if variable in COLLECTIONS.values() else None


def _by_path() -> Iterator[Question]:
    """Each route whose path names a record."""
    for route in V1.routes:
        variables = PLACEHOLDER.findall(route.path)
        kind = _kind_of(route.path, variables[0]) if variables else None
        if kind is None or route.public:
            continue
        path = "/" + route.path.replace(f"{{{variables[0]}}}", "{record}", 1)
        for variable in variables[1:]:
            path = path.replace(f"{{{variable}}}", _OTHERS.get(variable, "x"))
        for method in route.operations:
            key = f"{method} /{route.path}"
            body = next((b for k, b in BODIES.items() if (k + " ").startswith(key + " ")), None)
            yield Question(method, path, body, kind)


def _by_query() -> Iterator[Question]:
    """Yield each list with a filter or a marker that names a record."""
    for route in V1.routes:
        form = route.operations["GET"].form if "GET" in route.operations else None
        if form is None or route.public:
            continue
        parent, _, rest = route.path.partition("/{")
        listed = rest.partition("}/")[2] or parent
        listed = listed.removesuffix("/detail").removeprefix("volume/")
        path = "/" + route.path.replace("{node}", "{own_node}").replace(
            "{portgroup}", "{own_portgroup}"
        )
        if "{" in path.replace("{own_", ""):
            continue
        for name, entry in form.query.items():
            kind = REFERENCES.get(name)
            if name == "marker":
                kind = COLLECTIONS.get(listed) or COLLECTIONS.get(f"volume/{listed}")
            if kind is not None:
                yield Question("GET", f"{path}?{name}={{record}}", None, kind)
            else:
                assert getattr(entry, "kind", entry) is not types.UUID_OR_NAME, (path, name)


RESOURCES: dict[str, tuple[Resource, dict[str, Any]]] = {
    "/nodes": (NODE, {"driver": "no-such-driver"}),
    "/ports": (PORT, {"address": "02:00:00:00:cc:03"}),
    "/portgroups": (PORTGROUP, {}),
    "/volume/connectors": (CONNECTOR, {"type": "ip", "connector_id": "more"}),
    "/volume/targets": (TARGET, {"volume_type": "x", "boot_index": 2, "volume_id": "v"}),
    "/allocations": (ALLOCATION, {"resource_class": "no-such-class"}),
    "/images": (IMAGE, {"name": "more"}),
    "/runbooks": (RUNBOOK, {"name": "no name", "steps": [_STEP]}),
}


def _by_body() -> Iterator[Question]:
    """Each field that refers to a record, when a record is made and when the stranger's own is changed."""
    for path, (resource, body) in RESOURCES.items():
        for field in resource.fields.values():
            kind = REFERENCES.get(field.name)
            if kind is None or not field.create:
                assert kind or field.kind is not types.UUID_OR_NAME or not field.create
                continue
            value = ["{record}"] if field.name == "candidate_nodes" else "{record}"
            base = body
            if field.name == "portgroup_uuid":
                base = {**body, "node_uuid": "{own_node}"}
            yield Question("POST", path, {**base, field.name: value}, kind)
            if field.update:
                own = f"{path}/{{own_{COLLECTIONS[path[1:]]}}}"
                patch = [{"op": "add", "path": f"/{field.name}", "value": value}]
                yield Question("PATCH", own, patch, kind)
    path = "/nodes/{own_node}/states/provision"
    yield Question("PUT", path, {"target": "clean", "runbook": "{record}"}, "runbook")
    for_children = {"interface": "deploy", "step": "erase_devices"}
    for_children |= {"execute_on_child_nodes": True, "limit_child_node_execution": ["{record}"]}
    yield Question("PUT", path, {"target": "clean", "clean_steps": [for_children]}, "node")
    yield Question("GET", "/nodes/{own_node}/plan?target=clean&runbook={record}", None, "runbook")


QUESTIONS = list(dict.fromkeys(map(str, [*_by_path(), *_by_query(), *_by_body()])))
BY_TEXT = {str(question): question for question in [*_by_path(), *_by_query(), *_by_body()]}


def _filled(value: Any, ident: str, own: dict[str, str]) -> Any:
    text = json.dumps(value)
    for kind, mine in own.items():
        text = text.replace(f"{{own_{kind}}}", mine)
    return json.loads(text.replace("{record}", ident))


@pytest.mark.parametrize("text", QUESTIONS)
def test_foreign_is_like_absent(access_service: Service, records: Records, text: str) -> None:
    question = BY_TEXT[text]
    pairs = [(records.foreign[question.kind], ABSENT)]
    if question.kind in records.names:
        pairs.append((records.names[question.kind], ABSENT_NAME))
    for role in ROLES:
        for foreign, absent in pairs:
            answers = []
            for ident in (foreign, absent):
                status, answer = access_service.ask(
                    user_of("stranger", role),
                    question.method,
                    _filled(question.path, ident, records.own),
                    _filled(question.body, ident, records.own),
                )
                answers.append((status, json.dumps(answer).replace(ident, "RECORD")))
            assert answers[0] == answers[1], role
            told = answers[0][1]
            others = {*records.foreign.values(), *records.names.values()}
            assert not [each for each in others if each in told]


def test_there_are_enough_questions() -> None:
    assert len(QUESTIONS) > 150
    for part in ("marker=", "node_uuid", "portgroup_uuid", "candidate_nodes", "runbook"):
        assert any(part in text for text in QUESTIONS), part


@pytest.mark.parametrize("narrowed", ["", "&conductor=elsewhere"])
@pytest.mark.parametrize("key", ["last_error", "reservation"])
def test_order_does_not_tell_what_the_rows_withhold(
    access_service: Service, key: str, narrowed: str
) -> None:
    path = f"/nodes?sort_key={key}{narrowed}"
    assert access_service.ask(user_of("lessee", "member"), "GET", path, None)[0] == 403
    assert access_service.ask(user_of("system", "reader"), "GET", path, None)[0] == 200


def test_heartbeat_tells_nothing_without_the_token(access_service: Service) -> None:
    """No such node, a node of that name, a node that waits for no agent and a wrong token: one answer."""
    body = {"driver": "fake-hardware", "name": "with-agent", "owner": OWNER}
    status, made = access_service.ask(ADMIN, "POST", "/nodes", body)
    assert status == 201
    call = {"callback_url": "http://127.0.0.1:1", "agent_token": "wrong"}
    answers = set()
    for ident in (made["uuid"], "with-agent", ABSENT, "no-such-node", "{}", "x" * 64):
        status, answer = access_service.ask(None, "POST", f"/heartbeat/{ident}", call)
        answers.add((status, json.dumps(answer).replace(ident, "RECORD")))
        assert made["uuid"] not in json.dumps(answer).replace(ident, "RECORD")
    assert len(answers) == 1
    assert access_service.ask(ADMIN, "DELETE", f"/nodes/{made['uuid']}", None)[0] == 204


def test_node_of_others_is_no_candidate(access_service: Service) -> None:
    """Nor does an allocation tell of its instance."""
    instance = str(uuid.uuid4())
    body = {
        "driver": "fake-hardware",
        "name": "others-instance",
        "owner": OWNER,
        "resource_class": "secret-class",
        "instance_uuid": instance,
    }
    status, made = access_service.ask(ADMIN, "POST", "/nodes", body)
    assert status == 201
    for ident in (made["uuid"], "others-instance"):
        for field, value in (("node", ident), ("candidate_nodes", [ident])):
            wanted = {field: value, "resource_class": "x", "uuid": str(uuid.uuid4())}
            for role in ("admin", "member"):
                user = user_of("stranger", role)
                status, answer = access_service.ask(user, "POST", "/allocations", wanted)
                assert status == 400
                told = json.dumps(answer).replace(ident, "RECORD")
                assert "found" in told
                assert not [x for x in (made["uuid"], instance, "secret-class") if x in told]
