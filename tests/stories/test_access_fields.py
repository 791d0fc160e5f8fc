# SPDX-License-Identifier: Apache-2.0
"""The fields of a node that clients with restricted access see, in single records and lists."""

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import pytest

from ironic_lite.api import access
from ironic_lite.common import policy
from tests.stories.access_requests import LESSEE, OWNER, STRANGER
from tests.stories.access_service import Service, user_of
from tests.waiting import wait_for

ADMIN = user_of("system", "admin")
WITHHELD = ("driver_info", "driver_internal_info", "last_error", "reservation")


@pytest.fixture(scope="module")
def node(access_service: Service) -> str:
    """A node with secrets, owned by one project and leased by another."""
    body = {
        "driver": "fake-hardware",
        "owner": OWNER,
        "lessee": LESSEE,
        "driver_info": {"address": "192.0.2.1", "password": "hidden"},
        "instance_info": {"image_source": "http://images/one", "admin_pass": "hidden"},
    }
    status, made = access_service.ask(ADMIN, "POST", "/nodes", body)
    assert status == 201
    return str(made["uuid"])


def _shown(service: Service, user: str, node: str) -> Iterator[tuple[str, dict[str, Any]]]:
    """The node in every form in which a client gets it."""
    names = ",".join(("uuid", "instance_info", *WITHHELD))
    yield "show", service.ask(user, "GET", f"/nodes/{node}", None)[1]
    yield "fields", service.ask(user, "GET", f"/nodes/{node}?fields={names}", None)[1]
    for path in ("/nodes/detail", f"/nodes?fields={names}", "/nodes?detail=True"):
        rows = service.ask(user, "GET", path, None)[1]["nodes"]
        yield path, next(row for row in rows if row["uuid"] == node)
    patch = [{"op": "add", "path": "/description", "value": "text"}]
    yield "patch", service.ask(user, "PATCH", f"/nodes/{node}", patch)[1]


@pytest.mark.parametrize("group", ["system", "owner"])
def test_owner_and_system_see_all_but_secrets(
    access_service: Service, node: str, group: str
) -> None:
    for form, shown in _shown(access_service, user_of(group, "member"), node):
        assert shown["driver_info"] == {"address": "192.0.2.1", "password": "******"}, form
        assert shown["instance_info"]["admin_pass"] == "******", form
        assert shown["last_error"] is None, form


def test_lessee_sees_the_instance_and_not_the_machine(access_service: Service, node: str) -> None:
    for form, shown in _shown(access_service, user_of("lessee", "member"), node):
        for name in WITHHELD:
            assert "Redacted" in str(shown[name]), (form, name)
        assert "192.0.2.1" not in str(shown), form
        assert shown["instance_info"]["image_source"] == "http://images/one", form


def test_last_error_is_withheld_from_states_too(access_service: Service, node: str) -> None:
    path = f"/nodes/{node}/states"
    lessee = access_service.ask(user_of("lessee", "reader"), "GET", path, None)[1]
    assert "Redacted" in lessee["last_error"]
    owner = access_service.ask(user_of("owner", "reader"), "GET", path, None)[1]
    assert owner["last_error"] is None


def test_properties_of_volume_targets_are_withheld_under_ironics_name(
    access_service: Service, node: str
) -> None:
    target = {"node_uuid": node, "volume_type": "iscsi", "boot_index": 0, "volume_id": "v"}
    properties = {"auth_password": "hidden"}
    made = access_service.ask(
        ADMIN, "POST", "/volume/targets", {**target, "properties": properties}
    )
    path = f"/volume/targets/{made[1]['uuid']}"
    lessee = access_service.ask(user_of("lessee", "member"), "GET", path, None)[1]
    assert list(lessee["properties"]) == ["redacted_contents"]
    assert "baremetal:volume:view_target_properties" in lessee["properties"]["redacted_contents"]
    admin = access_service.ask(ADMIN, "GET", path, None)[1]
    assert admin["properties"] == {"auth_password": "******"}
    bare = access_service.ask(ADMIN, "POST", "/volume/targets", {**target, "boot_index": 1})[1]
    path = f"/volume/targets/{bare['uuid']}"
    lessee = access_service.ask(user_of("lessee", "member"), "GET", path, None)[1]
    assert lessee["properties"] == {}, "nothing is hidden where there is nothing"


def test_lists_hold_what_the_project_may_see(access_service: Service, node: str) -> None:
    """Lists of nodes and of their parts, with any filter."""
    port = {"node_uuid": node, "address": "02:00:00:00:0f:01"}
    made = access_service.ask(ADMIN, "POST", "/ports", port)[1]
    for group, seen in (("system", True), ("owner", True), ("lessee", True), ("stranger", False)):
        user = user_of(group, "reader")
        for path, collection, uuid in (
            ("/nodes", "nodes", node),
            (f"/nodes?owner={OWNER}", "nodes", node),
            ("/nodes/detail", "nodes", node),
            ("/ports", "ports", made["uuid"]),
            (f"/ports?node={node}", "ports", made["uuid"]),
            ("/ports/detail", "ports", made["uuid"]),
        ):
            status, page = access_service.ask(user, "GET", path, None)
            if "node=" in path and not seen:
                # As for one that does not exist.
                assert status == 404
                continue
            assert status == 200
            assert (uuid in {row["uuid"] for row in page[collection]}) == seen, (group, path)


def test_new_node_belongs_to_the_project_that_enrols_it(access_service: Service) -> None:
    user = user_of("stranger", "admin")
    made = access_service.ask(user, "POST", "/nodes", {"driver": "fake-hardware"})[1]
    assert made["owner"] == STRANGER
    foreign = {"driver": "fake-hardware", "owner": OWNER}
    assert access_service.ask(user, "POST", "/nodes", foreign)[0] == 400
    assert access_service.ask(user, "DELETE", f"/nodes/{made['uuid']}", None)[0] == 204


def test_new_node_is_no_child_of_a_node_of_others(access_service: Service, node: str) -> None:
    """A child affects its parent's power, so a client that may not change a node may not choose it as a parent."""
    body = {"driver": "fake-hardware", "parent_node": node}
    assert access_service.ask(user_of("stranger", "admin"), "POST", "/nodes", body)[0] == 403
    status, made = access_service.ask(ADMIN, "POST", "/nodes", body)
    assert (status, made["parent_node"]) == (201, node)
    assert access_service.ask(ADMIN, "DELETE", f"/nodes/{made['uuid']}", None)[0] == 204


def test_port_does_not_move_to_a_node_of_others(access_service: Service, node: str) -> None:
    """Neither to a node that the client may only see, nor to one that it may not see."""
    user = user_of("stranger", "admin")
    own = access_service.ask(user, "POST", "/nodes", {"driver": "fake-hardware"})[1]["uuid"]
    body = {"node_uuid": own, "address": "02:00:00:00:0f:02"}
    port = access_service.ask(user, "POST", "/ports", body)[1]["uuid"]
    move = [{"op": "replace", "path": "/node_uuid", "value": node}]
    assert access_service.ask(user, "PATCH", f"/ports/{port}", move)[0] == 400
    status, _ = access_service.ask(user, "POST", "/ports", {**body, "node_uuid": node})
    assert status == 403


def test_provisioned_node_is_given_away_by_administrators_only(access_service: Service) -> None:
    """Its instance would go with it; to others it is a conflict, as on Ironic."""
    body = {"driver": "fake-hardware", "owner": OWNER}
    node = access_service.ask(ADMIN, "POST", "/nodes", body)[1]["uuid"]

    def at_rest(state: str) -> bool:
        shown = access_service.ask(ADMIN, "GET", f"/nodes/{node}", None)[1]
        return shown["provision_state"] == state and shown["reservation"] is None

    for target, state in (
        ("manage", "manageable"),
        ("provide", "available"),
        ("active", "active"),
    ):
        path = f"/nodes/{node}/states/provision"
        assert access_service.ask(ADMIN, "PUT", path, {"target": target})[0] == 202
        wait_for(partial(at_rest, state), f"the node to be {state}")
    give = [{"op": "replace", "path": "/owner", "value": STRANGER}]
    member = user_of("system", "member")
    assert access_service.ask(member, "PATCH", f"/nodes/{node}", give)[0] == 409
    assert access_service.ask(ADMIN, "PATCH", f"/nodes/{node}", give)[0] == 200


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The rules that were asked for, one by one."""
    rules: list[str] = []
    allows: Callable[..., bool] = policy.allows

    def counting(context: Any, rule: str, target: Any) -> bool:
        rules.append(rule)
        return allows(context, rule, target)

    monkeypatch.setattr(access.policy, "allows", counting)
    return rules


@pytest.mark.parametrize("group", ["system", "owner", "lessee"])
def test_list_asks_each_rule_once(access_service: Service, asked: list[str], group: str) -> None:
    """The number of checks does not depend on the number of rows."""
    body = {"driver": "fake-hardware", "owner": OWNER, "lessee": LESSEE}
    for _ in range(20):
        assert access_service.ask(ADMIN, "POST", "/nodes", body)[0] == 201
    asked.clear()
    user = user_of(group, "reader")
    rows = access_service.ask(user, "GET", "/nodes/detail", None)[1]["nodes"]
    assert len(rows) >= 20
    by_relation = {rule for rule in asked if rule.startswith("baremetal:node:get:")}
    once = [rule for rule in asked if rule not in by_relation]
    assert len(once) == len(set(once))
    # A project may own some of the nodes and lease others.
    assert all(asked.count(rule) <= 3 for rule in by_relation)
