# SPDX-License-Identifier: Apache-2.0
"""The access rules have Ironic's names and defaults, and an operator's file overrides them."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, HTTPServer
from pathlib import Path
from typing import Any

import pytest

from ironic_lite.common import exception, policies, policy
from ironic_lite.common.context import RequestContext
from ironic_lite.conf import CONF
from tests.waiting import wait_for

IRONIC = Path(__file__).with_name("ironic_rules.txt")

READER = RequestContext(roles=["reader"], project_id="navy")
ADMIN = RequestContext(roles=["admin", "manager", "member", "reader"], system_scope="all")

LIKE_HISTORY = ("baremetal:node:timeline:get", "baremetal:node:plan:get")
CONSOLES = tuple(f"baremetal:node:console:{what}" for what in ("log", "attach", "force"))
OUR_OWN = (*LIKE_HISTORY, "baremetal:boot_events:post", "baremetal:node:logs:get", *CONSOLES)

IMAGES = "baremetal:image:"

Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path, set_option: Callable[..., None]) -> Any:
    """Write the policy file, and load the rules."""
    policy.load()
    path = tmp_path / "rules.yaml"

    def written(text: str) -> Path:
        path.write_text(text)
        set_option("policy_file", str(path), "oslo_policy")
        policy.load()
        return path

    yield written
    CONF.clear_override("policy_file", group="oslo_policy")
    policy.load()


def test_rules_are_those_of_ironic() -> None:
    """Names, checks and scopes are the same. The file with Ironic's rules comes from Ironic's own list."""
    lines = IRONIC.read_text().splitlines()
    theirs = {tuple(part.strip() for part in line.split("|")) for line in lines if line[:1] != "#"}
    ours = {
        (rule.name, rule.check_str, ",".join(rule.scope_types or ()))
        for rule in policies.list_rules()
        if rule.name not in OUR_OWN and not rule.name.startswith(IMAGES)
    }
    assert ours == theirs


def test_rules_for_what_ironic_does_not_have_are_those_of_its_history() -> None:
    rules = {rule.name: rule for rule in policies.list_rules()}
    history = rules["baremetal:node:history:get"]
    for name in LIKE_HISTORY:
        assert rules[name].check_str == history.check_str
        assert rules[name].scope_types == history.scope_types


def test_rules_for_images_are_those_of_runbooks() -> None:
    """Where they are about the same."""
    rules = {rule.name: rule for rule in policies.list_rules()}
    verbs = (
        "get",
        "list",
        "list_all",
        "create",
        "delete",
        "update",
        "update:public",
        "update:owner",
    )
    for verb in verbs:
        ours, model = rules[IMAGES + verb], rules[f"baremetal:runbook:{verb}"]
        assert ours.check_str == model.check_str.replace("runbook", "image")
        assert ours.scope_types == model.scope_types


def test_rules_for_nobody_are_known_without_the_library() -> None:
    nobodys = {rule.name for rule in policies.list_rules() if rule.check_str == "!"}
    assert nobodys == policy.FOR_NOBODY


def test_file_that_comes_later_counts_where_no_rule_was_asked(
    write: Write, set_option: Callable[..., None], tmp_path: Path
) -> None:
    """Without authentication the rules are loaded only if there is a policy file."""
    set_option("auth_strategy", "noauth")
    path = write("{}\n")
    path.unlink()
    set_option("policy_file", "policy.yaml", "oslo_policy")
    set_option("policy_dirs", [str(tmp_path / "later")], "oslo_policy")
    policy.load()
    assert policy.is_for_nobody("show_password")
    assert not policy.is_for_nobody("baremetal:node:get")
    (tmp_path / "later").mkdir()
    (tmp_path / "later" / "rules.yaml").write_text('"show_password": "role:admin"\n')
    wait_for(lambda: not policy.is_for_nobody("show_password"), "the operator's rule")
    assert policy.is_for_nobody("show_instance_secrets")


def test_nobodys_node_matches_no_project(set_option: Any) -> None:
    """A missing owner does not match the missing project of a token without one."""
    policy.load()
    stray = RequestContext(roles=["admin", "manager", "member", "reader"])
    for rule in policies.list_rules():
        if "node" in rule.check_str and rule.scope_types:
            assert not policy.allows(stray, rule.name, {}), rule.name


def test_scope_is_enforced(set_option: Any) -> None:
    """Chassis need system scope: an administrator of a project has no access."""
    policy.load()
    assert policy.allows(ADMIN, "baremetal:chassis:create", {})
    project = RequestContext(roles=["admin"], project_id="navy")
    assert not policy.allows(project, "baremetal:chassis:create", {})


def test_operators_file_overrides(write: Write) -> None:
    assert not policy.allows(READER, "baremetal:driver:get_properties", {})
    write('"baremetal:conductor:get": "role:reader"\n')
    assert policy.allows(READER, "baremetal:conductor:get", {})
    assert not policy.allows(READER, "baremetal:shards:get", {})


def test_operators_file_is_read_again(write: Write, caplog: pytest.LogCaptureFixture) -> None:
    """A change takes effect soon; while the file is broken, the earlier rules stay in effect."""

    def granted() -> bool:
        return policy.allows(READER, "baremetal:conductor:get", {})

    path = write('"baremetal:conductor:get": "role:reader"\n')
    assert granted()
    path.write_text("this: is: no YAML\n")
    wait_for(
        lambda: granted() and "The present policy is kept" in caplog.text, "a word about the file"
    )
    assert granted()
    path.write_text("{}\n")
    wait_for(lambda: not granted(), "the new rules")


@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("this: is: no YAML\n", "mapping values"),
        ('"baremetal:node:get": "rule:baremetal:node:gte"\n', "baremetal:node:get"),
        ('"is_admin": "rule:is_admin"\n', "is_admin"),
    ],
)
def test_wrong_file_stops_the_start(write: Write, text: str, word: str) -> None:
    with pytest.raises(exception.ConfigInvalid, match=word) as refused:
        write(text)
    assert "policy_file" in str(refused.value)


def test_missing_file_stops_the_start(set_option: Any, tmp_path: Path) -> None:
    policy.load()
    CONF.set_override("policy_file", str(tmp_path / "absent.yaml"), group="oslo_policy")
    try:
        with pytest.raises(exception.ConfigInvalid, match=r"absent\.yaml"):
            policy.load()
    finally:
        CONF.clear_override("policy_file", group="oslo_policy")
        policy.load()


def test_answers_of_other_services_are_not_kept(write: Write) -> None:
    """The operator's service is called for each decision, because its answer may change."""
    minds = iter([b"True", b"False"])

    class Decider(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            self.rfile.read(int(self.headers["Content-Length"]))
            answer = next(minds)
            self.send_response(200)
            self.send_header("Content-Length", str(len(answer)))
            self.end_headers()
            self.wfile.write(answer)

        def log_message(self, *_: Any) -> None:
            """Log nothing."""

    with HTTPServer(("127.0.0.1", 0), Decider) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        write(f'"baremetal:conductor:get": "http://127.0.0.1:{server.server_port}/may"\n')
        answers = [policy.allows(READER, "baremetal:conductor:get", {}) for _ in range(2)]
        server.shutdown()
    assert answers == [True, False]


def test_service_of_other_projects_is_elevated_by_choice(
    set_option: Callable[..., None],
) -> None:
    nova = RequestContext(roles=["service"], project_id="p", project_name="service")
    policy.load()
    assert not policy.allows(nova, "baremetal:node:list_all", {})
    set_option("rbac_service_role_elevated_access", True)
    policy.load()
    assert policy.allows(nova, "baremetal:node:list_all", {})
    other = RequestContext(roles=["service"], project_id="p", project_name="other")
    assert not policy.allows(other, "baremetal:node:list_all", {})
