# SPDX-License-Identifier: Apache-2.0
"""Secrets under other names and in other places, and masks that come back."""

import json
import uuid
from typing import Any

import pytest

from tests.stories.access_requests import LESSEE, OWNER
from tests.stories.access_service import Service, user_of

ADMIN = user_of("system", "admin")
SECRET = "sesame-" + uuid.uuid4().hex
ARGS = {
    "settings": [{"name": "AdminPassword", "value": SECRET}, {"name": "Boot", "value": "Uefi"}],
    "password": SECRET,
    "url": f"https://{SECRET}@images.example.org/?token={SECRET}",
}
INFO = {
    **ARGS,
    **dict.fromkeys(("pwd", "api_key", "private-key", "Authorization", "db_pass"), SECRET),
    "mirrors": [f"http://u:{SECRET}@m1.example.org/", "http://m2.example.org/"],
    "slash": f"http://u:x/{SECRET}@h.example.org/",
}


def _node(service: Service, **more: Any) -> str:
    body = {"driver": "fake-hardware", "owner": OWNER, "lessee": LESSEE, **more}
    status, made = service.ask(ADMIN, "POST", "/nodes", body)
    assert status == 201, made
    assert SECRET not in json.dumps(made)
    return f"/nodes/{made['uuid']}"


@pytest.mark.parametrize("field", ["driver_info", "instance_info"])
def test_no_reader_is_shown_a_secret(access_service: Service, field: str) -> None:
    path = _node(access_service, **{field: INFO})
    for group in ("system", "owner", "lessee"):
        for role in ("admin", "reader"):
            shown = access_service.ask(user_of(group, role), "GET", path, None)[1]
            assert SECRET not in json.dumps(shown)
    # What was shown may come back, and a list may grow.
    shown = access_service.ask(ADMIN, "GET", path, None)[1][field]
    shown["mirrors"].append("http://m3.example.org/")
    patch = [{"op": "replace", "path": f"/{field}", "value": shown}]
    status, answer = access_service.ask(ADMIN, "PATCH", path, patch)
    assert status == 200, answer
    assert answer[field] == shown


@pytest.mark.parametrize(
    ("op", "path", "value"),
    [
        ("add", "/driver_info/other", "******"),
        ("add", "/driver_info/new_password", "******"),
        ("replace", "/driver_info/url", "https://******@elsewhere.example.org/"),
        ("replace", "/driver_info", {"renamed_password": "******"}),
        ("replace", "/driver_info/settings/0", {"name": "Comment", "value": "******"}),
    ],
)
def test_a_mask_of_nothing_is_refused(
    access_service: Service, op: str, path: str, value: Any
) -> None:
    node = _node(access_service, driver_info=INFO)
    patch = [{"op": op, "path": path, "value": value}]
    status, answer = access_service.ask(user_of("owner", "member"), "PATCH", node, patch)
    assert (status, SECRET in json.dumps(answer)) == (400, False)
    assert "stands for a secret" in json.dumps(answer)
    body = {"driver": "fake-hardware", "driver_info": {"ipmi_password": "******"}}
    assert access_service.ask(ADMIN, "POST", "/nodes", body)[0] == 400


@pytest.mark.parametrize(
    ("path", "body", "place"),
    [
        ("/deploy_templates", {"name": "CUSTOM_WITH_SECRETS"}, "priority"),
        ("/runbooks", {"name": "CUSTOM_WITH_SECRETS", "public": True}, "order"),
    ],
)
def test_steps_hide_their_secrets(
    access_service: Service, path: str, body: dict[str, Any], place: str
) -> None:
    step = {"interface": "bios", "step": "apply_configuration", place: 1, "args": ARGS}
    status, made = access_service.ask(ADMIN, "POST", path, {**body, "steps": [step]})
    assert status == 201, made
    assert SECRET not in json.dumps(made)
    for user in (user_of("system", "reader"), user_of("stranger", "reader")):
        for one in (f"{path}/{made['uuid']}", f"{path}?detail=true"):
            assert SECRET not in json.dumps(access_service.ask(user, "GET", one, None))
    # In another place of the list the masks stand for the same secrets.
    more = {"interface": "raid", "step": "delete_configuration", place: 2, "args": {}}
    patch = [{"op": "replace", "path": "/steps", "value": [more, *made["steps"]]}]
    status, answer = access_service.ask(ADMIN, "PATCH", f"{path}/{made['uuid']}", patch)
    assert status == 200, answer
    assert access_service.ask(ADMIN, "DELETE", f"{path}/{made['uuid']}", None)[0] == 204
