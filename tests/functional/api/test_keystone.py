# SPDX-License-Identifier: Apache-2.0
"""auth_strategy = keystone, with tokens of a real Keystone."""

import os
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
import requests

from tests.functional.deployment import Deployment
from tests.functional.servers import keystone
from tests.functional.servers.ports import free_port
from tests.functional.servers.process import ServerFailed
from tests.waiting import PATIENCE


@dataclass
class Cloud:
    """A service behind Keystone, with a node that the project ``navy`` owns."""

    identity: keystone.Keystone
    service: Deployment
    projects: dict[str, str]
    node: str

    def ask(self, token: str | None, method: str, path: str, body: Any = None) -> requests.Response:
        """One request with a token."""
        headers = {"X-OpenStack-Ironic-API-Version": "latest"}
        if token is not None:
            headers["X-Auth-Token"] = token
        return requests.request(
            method, f"{self.service.api_url}{path}", json=body, headers=headers, timeout=PATIENCE
        )

    def token(self, user: str, project: str | None = None) -> str:
        """Return a token in the scope of the project; without a project, of the system."""
        answer = self.identity.token(user, project, system=project is None)
        return answer.headers["X-Subject-Token"]


@pytest.fixture(scope="module")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cloud]:
    """Keystone with two projects and their users; API and conductor in one process."""
    directory = tmp_path_factory.mktemp("cloud")
    with keystone.running(tmp_path_factory.mktemp("keystone")) as identity:
        projects = {name: identity.create_project(name) for name in ("navy", "army", "services")}
        for role in ("reader", "member"):
            identity.create_user(f"navy-{role}", role, projects["navy"])
        identity.create_user("army-admin", "admin", projects["army"])
        identity.create_user("auditor", "reader")
        identity.create_user("ironic", "service", projects["services"])
        options: dict[str, dict[str, object]] = {
            "DEFAULT": {"auth_strategy": "keystone"},
            "keystone_authtoken": {
                "auth_type": "password",
                "auth_url": identity.url,
                "www_authenticate_uri": identity.url,
                "username": "ironic",
                "password": keystone.PASSWORD,
                "project_name": "services",
                "user_domain_id": "default",
                "project_domain_id": "default",
            },
        }
        database = f"sqlite:///{directory}/ironic-lite.sqlite"
        with Deployment(directory, database=database, options=options) as service:
            service.token = identity.token("admin", system=True).headers["X-Subject-Token"]
            service.start_all_in_one()
            identity.register("baremetal", service.api_url)
            node = service.create_node(driver="fake-hardware", owner=projects["navy"])
            yield Cloud(identity, service, projects, node)


def test_who_gets_what(cloud: Cloud) -> None:
    """Each request has the status in the access matrix."""
    body = {"driver": "fake-hardware"}
    patch = [{"op": "add", "path": "/extra/ship", "value": "Hopper"}]
    node = f"/v1/nodes/{cloud.node}"
    for user, project, expected in (
        ("admin", None, (200, 201, 200)),
        ("auditor", None, (200, 403, 403)),
        ("navy-reader", "navy", (200, 403, 403)),
        ("navy-member", "navy", (200, 403, 200)),
        ("army-admin", "army", (404, 201, 404)),
    ):
        token = cloud.token(user, project)
        got = (
            cloud.ask(token, "GET", node).status_code,
            cloud.ask(token, "POST", "/v1/nodes", body).status_code,
            cloud.ask(token, "PATCH", node, patch).status_code,
        )
        assert got == expected, user


def test_list_is_narrowed_to_the_project(cloud: Cloud) -> None:
    listed = cloud.ask(cloud.token("navy-reader", "navy"), "GET", "/v1/nodes").json()["nodes"]
    assert [row["uuid"] for row in listed] == [cloud.node]


def test_new_node_belongs_to_the_project(cloud: Cloud) -> None:
    token = cloud.token("army-admin", "army")
    made = cloud.ask(token, "POST", "/v1/nodes", {"driver": "fake-hardware"}).json()
    assert made["owner"] == cloud.projects["army"]


@pytest.mark.parametrize("token", [None, "nonsense", "\xff\xff", "a" * 20_000, "a b"])
def test_refusal_is_in_the_form_that_clients_parse(cloud: Cloud, token: str | None) -> None:
    answer = cloud.ask(token, "GET", "/v1/nodes")
    assert answer.status_code == 401
    assert answer.headers["WWW-Authenticate"].startswith("Keystone uri=")
    assert "error_message" in answer.json()
    log = (cloud.service.directory / "all-in-one.log").read_text()
    name = answer.headers["openstack-request-id"]
    lines = [line for line in log.splitlines() if name in line and " DEBUG " not in line]
    assert len(lines) == 1, lines
    assert "INFO" in lines[0]
    assert "GET /v1/nodes 401 (no valid token, from 127.0.0.1)" in lines[0]


def test_headers_of_the_client_count_for_nothing(cloud: Cloud) -> None:
    """A client cannot forge its identity by headers, without a token or on a public route."""
    forged = {
        "X-Roles": "admin,manager,member,reader",
        "X-Identity-Status": "Confirmed",
        "OpenStack-System-Scope": "all",
        "X-OpenStack-Ironic-API-Version": "1.30",
    }
    base = cloud.service.api_url
    assert requests.get(f"{base}/v1/nodes", headers=forged, timeout=PATIENCE).status_code == 401
    found = requests.get(
        f"{base}/v1/lookup?node_uuid={cloud.node}", headers=forged, timeout=PATIENCE
    )
    assert found.status_code == 404


def test_token_is_in_no_log(cloud: Cloud) -> None:
    """The token is not in messages to conductors either, as their log shows."""
    token = cloud.token("navy-member", "navy")
    path = f"/v1/nodes/{cloud.node}"
    assert cloud.ask(token, "GET", path).status_code == 200
    assert cloud.ask(token, "GET", f"{path}/validate").status_code == 200
    for log in cloud.service.directory.glob("*.log"):
        assert token not in log.read_text()


def test_public_routes_need_no_token(cloud: Cloud) -> None:
    for path in ("/", "/v1"):
        assert cloud.ask(None, "GET", path).status_code == 200
    assert cloud.ask(None, "GET", "/v1/lookup").status_code == 400


def test_cli_with_a_password(cloud: Cloud) -> None:
    """The real ``baremetal`` command logs in by itself."""

    def baremetal(user: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        environment = {
            **os.environ,
            "OS_AUTH_TYPE": "password",
            "OS_AUTH_URL": cloud.identity.url,
            "OS_USERNAME": user,
            "OS_PASSWORD": keystone.PASSWORD,
            "OS_PROJECT_NAME": "navy",
            "OS_USER_DOMAIN_ID": "default",
            "OS_PROJECT_DOMAIN_ID": "default",
            "PYTHONWARNINGS": "ignore",
        }
        program = Path(sys.executable).with_name("baremetal")
        return subprocess.run(
            [str(program), *arguments],
            env=environment,
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    listed = baremetal("navy-reader", "node", "list", "-f", "value", "-c", "UUID")
    assert listed.stdout.split() == [cloud.node], listed.stderr
    refused = baremetal("navy-reader", "node", "set", cloud.node, "--extra", "a=b")
    assert refused.returncode != 0
    assert "Access was denied" in refused.stderr
    done = baremetal("navy-member", "node", "set", cloud.node, "--extra", "a=b")
    assert done.returncode == 0, done.stderr


def test_keystone_that_is_away_is_a_503(tmp_path: Path) -> None:
    """The status is not 401, so that the client keeps its token and tries again."""
    away = f"http://127.0.0.1:{free_port()}/v3"
    options: dict[str, dict[str, object]] = {
        "DEFAULT": {"auth_strategy": "keystone"},
        "keystone_authtoken": {
            "auth_type": "v3password",
            "auth_url": away,
            "www_authenticate_uri": away,
            "http_request_max_retries": 0,
        },
    }
    database = f"sqlite:///{tmp_path}/ironic-lite.sqlite"
    with Deployment(tmp_path, database=database, options=options) as service:
        service.token = "some-token"
        service.start_all_in_one(wait_for_conductor=False)
        answer = service.request("GET", "/v1/nodes")
    assert answer.status_code == 503
    assert "Keystone" in answer.json()["error_message"]
    assert "Retry-After" in answer.headers


def test_service_without_credentials_does_not_start(tmp_path: Path) -> None:
    database = f"sqlite:///{tmp_path}/ironic-lite.sqlite"
    options = {"DEFAULT": {"auth_strategy": "keystone"}}
    with (
        Deployment(tmp_path, database=database, options=options) as service,
        pytest.raises(ServerFailed, match="keystone_authtoken"),
    ):
        service.start_all_in_one()
