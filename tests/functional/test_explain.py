# SPDX-License-Identifier: Apache-2.0
"""The timeline, the plan, and the commands that show them."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE


def command(*arguments: str, **environment: str) -> subprocess.CompletedProcess[str]:
    script = Path(sys.executable).with_name("ironic-lite")
    clean = {name: value for name, value in os.environ.items() if not name.startswith("OS_")}
    return subprocess.run(
        [str(script), *arguments],
        env={**clean, "PYTHONWARNINGS": "ignore", **environment},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )


def test_a_life_and_why(all_in_one: Deployment) -> None:
    cloud = all_in_one
    node = cloud.create_node(driver="fake-hardware", name="n0")
    plan = cloud.call("GET", f"/v1/nodes/{node}/plan?target=active")
    assert [one["event"] for one in plan["operations"]] == ["manage", "provide", "deploy"]
    assert plan["refused"] == [
        "'deploy' cannot be asked for in state 'enroll'; ask for 'manage', then 'provide' first."
    ]
    cloud.set_provision_state(node, "manage", until="manageable")
    cloud.set_provision_state(node, "provide", until="available")
    plan = cloud.call("GET", "/v1/nodes/n0/plan?target=active")
    assert plan["refused"] == []
    planned = [
        action["step"] for action in plan["operations"][0]["actions"] if action["action"] == "step"
    ]
    assert cloud.node(node)["provision_state"] == "available"
    cloud.set_provision_state(node, "active", until="active")

    told = cloud.call("GET", f"/v1/nodes/{node}/timeline")
    entries = told["timeline"]
    assert [
        e["subject"] for e in entries if (e["kind"], e["outcome"]) == ("operation", "done")
    ] == [
        "verification",
        "cleaning",
        "deployment",
    ]
    deployment = entries[-1]["operation"] or entries[-2]["operation"]
    ended = [e for e in entries if e["operation"] == deployment and e["kind"] == "step"]
    assert [e["subject"] for e in ended if e["outcome"] == "done"] == planned
    assert all(e["duration_seconds"] is not None for e in ended if e["outcome"] == "done")
    states = [e["subject"] for e in entries if e["kind"] == "state"]
    assert states[0] == "verifying" and states[-2:] == ["deploying", "active"]
    power = [(e["subject"], e["outcome"]) for e in entries if e["kind"] == "power"]
    assert ("power on", "started") in power and ("power on", "done") in power
    assert all(e["request_id"].startswith("req-") for e in entries)

    summary = told["summary"]
    assert (summary["provision_state"], summary["lock"]) == ("active", None)
    assert summary["owner"]["conductor"] == "all-in-one"
    assert "ring of hardware type 'fake-hardware'" in summary["owner"]["reason"]
    assert summary["operation"] is summary["waiting"] is None
    assert {verb["target"] for verb in summary["next"]} == {
        "rebuild",
        "deleted",
        "rescue",
        "service",
    }

    pages, path = [], f"/v1/nodes/{node}/timeline?limit=5"
    while path:
        page = cloud.call("GET", path)
        pages += page["timeline"]
        path = page.get("next", "").removeprefix(cloud.api_url)
    assert [e["id"] for e in pages] == [e["id"] for e in entries]
    backwards = cloud.call("GET", f"/v1/nodes/{node}/timeline?sort_dir=desc&limit=3")
    assert [e["id"] for e in backwards["timeline"]] == [e["id"] for e in entries[-1:-4:-1]]
    assert cloud.request("GET", f"/v1/nodes/{node}/timeline?limit=0").status_code == 400
    for marker in ("x", 2**63, 10**40):
        asked = cloud.request("GET", f"/v1/nodes/{node}/timeline?marker={marker}")
        assert asked.status_code == 400, marker

    shown = command("explain", "n0", "--api", cloud.api_url)
    assert shown.returncode == 0, shown.stderr
    assert f"Node n0 ({node}) is 'active'" in shown.stdout
    assert "deleted    remove the instance, clean the server" in shown.stdout
    assert "operation  deployment done [" in shown.stdout
    assert "verification" not in shown.stdout
    assert "verification" in command("explain", "n0", "--all", OS_ENDPOINT=cloud.api_url).stdout

    cloud.call("DELETE", f"/v1/nodes/{node}/maintenance")
    cloud.set_provision_state(node, "deleted", until="available")
    cloud.call("DELETE", f"/v1/nodes/{node}")
    assert command("explain", "n0", "--api", cloud.api_url).returncode == 1


def test_secrets_stay_out(all_in_one: Deployment) -> None:
    cloud = all_in_one
    node = cloud.create_node(driver="fake-hardware", name="keeper")
    cloud.set_provision_state(node, "manage", until="manageable")
    steps = [
        {
            "interface": "bios",
            "step": "apply_configuration",
            "args": {"settings": [{"name": "AdminPassword", "value": "hunter2"}]},
        }
    ]
    cloud.set_provision_state(
        node, "clean", until="manageable", clean_steps=steps, disable_ramdisk=True
    )
    told = cloud.call("GET", f"/v1/nodes/{node}/timeline")
    assert "bios.apply_configuration" in json.dumps(told)
    assert "hunter2" not in json.dumps(told)
    plan = cloud.request(
        "GET", f"/v1/nodes/{node}/plan?target=clean&steps={json.dumps(steps)}&disable_ramdisk=true"
    )
    assert plan.ok, plan.text
    assert "hunter2" not in plan.text
    assert cloud.node(node)["provision_state"] == "manageable"


SENSELESS = (
    ("", 400, "target"),
    ("?target=fly", 400, "fly"),
    ("?target=clean", 400, "needs either 'runbook' or 'steps'"),
    ("?target=clean&steps=[", 400, "not JSON"),
    ('?target=clean&steps=[{"step":"x"}]', 400, "'interface' is a required property"),
    ('?target=active&steps=[{"step":"hold"}]', 400, "only for the targets"),
    ("?target=clean&runbook=absent", 404, "absent"),
)


def test_plans_that_make_no_sense(all_in_one: Deployment) -> None:
    node = all_in_one.create_node(driver="fake-hardware")
    for query, status, reason in SENSELESS:
        answer = all_in_one.request("GET", f"/v1/nodes/{node}/plan{query}")
        assert (answer.status_code, reason in answer.text) == (status, True), answer.text


def test_plans_refuse_what_the_operation_would(all_in_one: Deployment) -> None:
    cloud = all_in_one
    node = cloud.create_node(driver="fake-hardware", name="n1")

    def refused(query: str) -> Any:
        return cloud.call("GET", f"/v1/nodes/n1/plan?{query}")["refused"]

    cloud.set_provision_state(node, "manage", until="manageable")
    unknown = json.dumps([{"interface": "deploy", "step": "no_such_step"}])
    assert (
        "does not support this clean step: deploy.no_such_step"
        in refused(f"target=clean&steps={unknown}")[0]
    )
    cloud.call("PUT", f"/v1/nodes/{node}/maintenance", {"reason": "smoke"})
    assert any("maintenance" in why for why in refused("target=active"))
    shown = command("plan", "n1", "--target", "active", "--api", cloud.api_url)
    assert shown.returncode == 1
    assert "Would be refused: 'deploy' cannot be asked for in state 'manageable'" in shown.stdout
    assert "step deploy.deploy (from interface, priority 100)" in shown.stdout
    shown = command("explain", "n1", "--api", cloud.api_url)
    assert "Maintenance: smoke" in shown.stdout
    shown = command("explain", "n2", "--api", cloud.api_url)
    assert shown.returncode == 1
    assert (
        shown.stderr.strip()
        == "ironic-lite explain: the API answers 404: Node n2 could not be found."
    )


def test_an_api_that_is_elsewhere(all_in_one: Deployment) -> None:
    shown = command("explain", "n0", "--api", f"{all_in_one.api_url}/elsewhere")
    assert shown.returncode == 1
    assert shown.stderr.strip() == "ironic-lite explain: the API answers 404: Not Found"


def test_where_the_time_went(all_in_one: Deployment) -> None:
    cloud = all_in_one
    node = cloud.create_node(driver="fake-hardware", name="n2")
    nothing = command("trace", "n2", "--api", cloud.api_url)
    assert nothing.returncode == 1
    assert "The journal of node n2 has no operation." in nothing.stderr
    cloud.set_provision_state(node, "manage", until="manageable")
    cloud.set_provision_state(node, "provide", until="available")
    cloud.set_provision_state(node, "active", until="active")

    listed = command("trace", "n2", "--list", "--api", cloud.api_url).stdout.splitlines()
    assert [line.split()[-1] for line in listed] == ["verification", "cleaning", "deployment"]
    drawn = command("trace", "n2", "--api", cloud.api_url, COLUMNS="100").stdout.splitlines()
    assert drawn[0].startswith("deployment of n2: done, ")
    entries = cloud.call("GET", f"/v1/nodes/{node}/timeline")["timeline"]
    deployment = listed[-1].split()[0]
    steps = [
        entry["subject"]
        for entry in entries
        if (entry["operation"], entry["kind"], entry["outcome"]) == (deployment, "step", "started")
    ]
    assert steps and [word for line in drawn for word in line.split() if word in steps] == steps

    earlier = listed[0].split()[0]
    one = command("trace", "n2", "--operation", earlier, "--otlp", "--api", cloud.api_url)
    (resource,) = json.loads(one.stdout)["resourceSpans"]
    traced = resource["scopeSpans"][0]["spans"]
    assert traced[0]["name"] == "operation verification"
    assert {span["traceId"] for span in traced} == {earlier.replace("-", "")}
    unknown = command("trace", "n2", "--operation", node, "--api", cloud.api_url)
    assert f"has no operation {node}. 'ironic-lite trace n2 --list'" in unknown.stderr


def _marked(cloud: Deployment, node: str) -> dict[str, str | None]:
    summary = cloud.call("GET", f"/v1/nodes/{node}/timeline")["summary"]
    return {verb["target"]: verb["refused"] for verb in summary["next"]}


STEP = json.dumps([{"step": "power_on"}])


def _check_marks(cloud: Deployment, node: str) -> set[str]:
    """What is marked as refused is what a plan refuses; returns it."""
    marked = _marked(cloud, node)
    for target, why in marked.items():
        steps = f"&steps={STEP}" if target in ("clean", "service") else ""
        plan = cloud.call("GET", f"/v1/nodes/{node}/plan?target={target}{steps}")
        assert bool(plan["refused"]) == bool(why), (target, why, plan["refused"])
    return {target for target, why in marked.items() if why}


def test_what_is_refused_now_is_marked(all_in_one: Deployment) -> None:
    cloud = all_in_one
    node = cloud.create_node(driver="fake-hardware", name="n1")

    def set_field(name: str, value: bool) -> None:
        patch = [{"op": "add", "path": f"/{name}", "value": value}]
        cloud.call("PATCH", f"/v1/nodes/{node}", patch)

    cloud.set_provision_state(node, "manage", until="manageable")
    assert _check_marks(cloud, node) == set()
    set_field("retired", True)
    assert _check_marks(cloud, node) == {"provide"}
    shown = command("explain", "n1", "--api", cloud.api_url).stdout
    assert "  provide    refused now: The node is retired.\n" in shown
    set_field("maintenance", True)
    assert _check_marks(cloud, node) == {"provide", "clean"}
    set_field("retired", False)
    set_field("maintenance", False)
    cloud.set_provision_state(node, "adopt", until="active")
    set_field("protected", True)
    assert _check_marks(cloud, node) == {"rebuild", "deleted"}
    set_field("maintenance", True)
    assert _check_marks(cloud, node) == {"rebuild", "deleted", "rescue", "service"}


def test_commands_say_what_is_wrong(
    make_deployment: Callable[..., Deployment], tmp_path: Path
) -> None:
    nowhere = command("explain", "n0", "--api", "http://127.0.0.1:1")
    assert (nowhere.returncode, "cannot be reached" in nowhere.stderr) == (1, True)
    assert command("explain").returncode == 2
    unfit = command("explain", "n0", OS_AUTH_TYPE="magic")
    assert (unfit.returncode, "OS_AUTH_TYPE 'magic' cannot be used" in unfit.stderr) == (2, True)
    missing = command("plan", "n0", "--target", "clean", "--steps", str(tmp_path / "absent"))
    assert (missing.returncode, "absent" in missing.stderr) == (2, True)
    nameless = command("explain", "", "--api", "http://127.0.0.1:1")
    assert (nameless.returncode, "not empty" in nameless.stderr) == (2, True)
    for url in ("foo", "ftp://127.0.0.1", "http://", "http://127.0.0.1:port"):
        for given in (
            command("explain", "n0", "--api", url),
            command("explain", "n0", OS_ENDPOINT=url),
        ):
            assert given.returncode == 2
            assert f"must be a URL such as http://127.0.0.1:6385, not '{url}'" in given.stderr
