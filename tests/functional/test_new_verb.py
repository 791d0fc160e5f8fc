# SPDX-License-Identifier: Apache-2.0
"""A verb of another package: its declaration and its flow are all there is, and everything knows it.

The package stands in a directory of its own, with the entry point that names its operation.
"""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.deployment import Deployment

DECLARATION = """
from ironic_lite.common import states
from ironic_lite.common.operations.declaration import (
    CHANGING_RECORD, Argument, Bar, Form, Operation, State, Verb,
)

POLISHING = Operation(
    name="polishing",
    flow="scratch_polish.flow:FLOW",
    history="polishing",
    working=State("polishing"),
    waiting=State("polish wait"),
    failed=State("polish failed", allows=CHANGING_RECORD, advice="Polish it by hand."),
    ends={"done": states.MANAGEABLE},
    more={"polish failed": {"manage": states.MANAGEABLE}},
    target=states.MANAGEABLE,
    timeout_option="clean_callback_timeout",
    waits_for="the polish to dry",
    preparation="fetch a cloth",
    preparation_waits=False,
    verbs=(
        Verb(
            name="polish",
            event="polish",
            since=90,
            meaning="make the server shine",
            doing="polishing",
            start="scratch_polish.flow:start",
            begins_in=(states.MANAGEABLE, "polish failed"),
            arguments=(Argument(name="cloth", form=Form.TEXT, since=91),),
            barred_by=(Bar.MAINTENANCE,),
        ),
    ),
)
"""

FLOW = """
from ironic_lite.common import exception
from ironic_lite.conductor.operations import engine
from scratch_polish.declaration import POLISHING


def start(task, cloth="cotton"):
    task.node.set_driver_internal_info("cloth", cloth)
    engine.start(task, FLOW, "polish")


def _prepare(task):
    if task.node.driver_internal_info["cloth"] == "sandpaper":
        raise exception.IronicLiteError("it scratches")


def _finish(task):
    task.node.extra = {"polished_with": task.node.driver_internal_info["cloth"]}
    task.process_event("done")


FLOW = engine.Flow(POLISHING, prepare=_prepare, finish=_finish)
"""

FILES = {
    "scratch_polish/__init__.py": "",
    "scratch_polish/declaration.py": DECLARATION,
    "scratch_polish/flow.py": FLOW,
    "scratch_polish-1.0.dist-info/METADATA": "Metadata-Version: 2.1\nName: scratch-polish\nVersion: 1.0\n",
    "scratch_polish-1.0.dist-info/entry_points.txt": "[ironic_lite.operations]\n"
    "polish = scratch_polish.declaration:POLISHING\n",
}

TOP = Path(__file__).parents[2]


@pytest.fixture
def package(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The package, where all processes find it that the test starts."""
    place = tmp_path / "packages"
    for name, text in FILES.items():
        file = place / name
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(text)
    monkeypatch.setenv("PYTHONPATH", str(place))
    return place


@pytest.fixture
def cloud(package: Path, make_deployment: Callable[..., Deployment], sqlite_url: str) -> Deployment:
    service = make_deployment(database=sqlite_url)
    service.start_all_in_one()
    return service


def _ask(cloud: Deployment, node: str, version: str = "latest", **body: object) -> tuple[int, str]:
    path = f"/v1/nodes/{node}/states/provision"
    answer = cloud.request("PUT", path, {"target": "polish", **body}, version)
    return answer.status_code, answer.text


def test_a_declared_verb_works_everywhere(cloud: Deployment) -> None:
    node = cloud.create_node(driver="fake-hardware")
    status, text = _ask(cloud, node)
    assert status == 400
    assert "polish" in text and "enroll" in text
    cloud.set_provision_state(node, "manage", until="manageable")

    # The API holds it and its argument to their microversions, and the argument to its verb.
    assert _ask(cloud, node, "1.89")[0] == 406
    assert _ask(cloud, node, "1.90", cloth="silk")[0] == 406
    status, text = _ask(cloud, node, cloth=["silk"])
    assert status == 400 and "Expected string for cloth" in text
    path = f"/v1/nodes/{node}/states/provision"
    stray = cloud.request("PUT", path, {"target": "provide", "cloth": "silk"})
    assert stray.status_code == 400
    assert "only valid when setting target provision state to polish" in stray.text

    # Maintenance bars it; who explains the node says so.
    cloud.call("PUT", f"/v1/nodes/{node}/maintenance", {"reason": "dust"})
    status, text = _ask(cloud, node)
    assert status == 400 and "maintenance" in text
    offered = _offered(cloud, node)
    assert offered["refused"] == "The node is under maintenance."
    cloud.call("DELETE", f"/v1/nodes/{node}/maintenance")

    # The explanation and the plan.
    offered = _offered(cloud, node)
    assert (offered["meaning"], offered["leads_to"]) == ("make the server shine.", "polishing")
    plan = cloud.call("GET", f"/v1/nodes/{node}/plan?target=polish")
    assert plan["refused"] == []
    (operation,) = plan["operations"]
    assert (operation["name"], operation["ends_in"]) == ("polishing", "manageable")
    assert operation["actions"][0]["meaning"] == "fetch a cloth"

    # The operation runs, and can fail like any other.
    done = cloud.set_provision_state(node, "polish", until="manageable", cloth="silk")
    assert done["extra"] == {"polished_with": "silk"}
    assert _ask(cloud, node, cloth="sandpaper")[0] == 202
    failed = cloud.wait_for_node(node, provision_state="polish failed", reservation=None)
    assert "The polishing failed: it scratches" in failed["last_error"]
    summary = cloud.call("GET", f"/v1/nodes/{node}/timeline")["summary"]
    assert summary["advice"] == ["Polish it by hand."]
    (listed,) = cloud.call("GET", "/v1/nodes?provision_state=polish failed")["nodes"]
    assert listed["uuid"] == node
    cloud.set_provision_state(node, "manage", until="manageable")

    # The document of the API has it.
    document = cloud.call("GET", "/v1/openapi.json")
    body = document["paths"]["/v1/nodes/{node}/states/provision"]["put"]["requestBody"]
    properties = body["content"]["application/json"]["schema"]["properties"]
    assert "polish" in properties["target"]["enum"]
    assert properties["cloth"] == {"type": "string", "maxLength": 255}
    shown = document["components"]["schemas"]["Node"]["properties"]["provision_state"]
    (known,) = [one["enum"] for one in shown["anyOf"] if "enum" in one]
    assert {"polishing", "polish wait", "polish failed"} <= set(known)


def _offered(cloud: Deployment, node: str) -> dict[str, str]:
    """Return the line of ``explain`` about the verb."""
    summary = cloud.call("GET", f"/v1/nodes/{node}/timeline")["summary"]
    (offered,) = [one for one in summary["next"] if one["target"] == "polish"]
    return dict(offered)


def _page(module: str) -> str:
    made = subprocess.run(
        [sys.executable, "-W", "ignore", "-m", f"tools.{module}"],
        cwd=TOP,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        check=True,
    )
    return made.stdout


def test_the_pages_have_it(package: Path) -> None:
    states, timeouts = _page("states_page"), _page("timeouts_page")
    assert "manageable --> polishing : polish" in states
    assert "| `polish` | 90 | make the server shine | `cloth` (91) | maintenance |" in states
    assert "| polish failed | failed | polishing | `manage`, `polish` |" in states
    assert "| `polish wait` | the polish to dry | `[conductor] clean_callback_timeout`" in timeouts


@pytest.mark.parametrize(
    ("wrong", "right", "said"),
    [
        ('name="polish"', 'name="clean"', "Operations declare this verb twice: clean."),
        ('working=State("polishing")', 'working=State("cleaning")', "the state 'cleaning' twice"),
    ],
)
def test_a_name_that_is_taken_is_refused_at_once(
    package: Path, wrong: str, right: str, said: str
) -> None:
    file = package / "scratch_polish/declaration.py"
    assert wrong in DECLARATION
    file.write_text(DECLARATION.replace(wrong, right))
    started = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", "import ironic_lite.api.app"],
        capture_output=True,
        text=True,
        check=False,
    )
    assert started.returncode != 0
    assert said in started.stderr
