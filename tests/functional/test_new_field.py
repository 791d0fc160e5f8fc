# SPDX-License-Identifier: Apache-2.0
"""A field of the node that the next release adds: its column, its migration and its declaration in the API are all."""

import json
import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional import next_release
from tests.functional.deployment import Deployment

FIELD = next_release.FIELD

_IN_ITS_PROCESS = """
import json
from ironic_lite import objects
from ironic_lite.api import openapi, routes
from ironic_lite.objects import payloads

node = objects.Node(id=1, asset_tag="rack 7")
node.obj_reset_changes()
sent = {version: node.obj_to_primitive(version) for version in ("1.0", "1.1")}
told = payloads.CRUD["Node"].of({"asset_tag": "rack 7"})["ironic_object.data"]
schema = json.loads(openapi.document(routes.TABLES, 51))["components"]["schemas"]
named = [name for name, one in schema.items() if "asset_tag" in one.get("properties", {})]
data = {version: one["ironic_lite_object.data"] for version, one in sent.items()}
print(json.dumps([objects.Node.VERSION, data, told["asset_tag"], sorted(named)]))
"""


@pytest.fixture
def next_code(tmp_path: Path) -> Path:
    return next_release.make(tmp_path / "next")


def test_it_is_created_shown_changed_sorted_and_filtered_by(
    make_deployment: Callable[..., Deployment], sqlite_url: str, next_code: Path
) -> None:
    cloud = make_deployment(database=sqlite_url)
    cloud.code = next_code
    cloud.start_all_in_one()
    tags = {
        tag: cloud.create_node(driver="fake-hardware", asset_tag=tag) for tag in ("b", "a", "c")
    }
    listed = cloud.call("GET", f"/v1/nodes?fields={FIELD}&sort_key={FIELD}")["nodes"]
    assert [row[FIELD] for row in listed] == ["a", "b", "c"]
    found = cloud.call("GET", f"/v1/nodes?{FIELD}=c")["nodes"]
    assert [row["uuid"] for row in found] == [tags["c"]]
    patch = [{"op": "replace", "path": f"/{FIELD}", "value": "d"}]
    assert cloud.call("PATCH", f"/v1/nodes/{tags['a']}", patch)[FIELD] == "d"
    assert cloud.node(tags["a"])[FIELD] == "d"
    cloud.call("PATCH", f"/v1/nodes/{tags['a']}", [{"op": "remove", "path": f"/{FIELD}"}])
    assert cloud.node(tags["a"])[FIELD] is None


def test_it_is_checked_as_its_column_and_its_microversion_say(
    make_deployment: Callable[..., Deployment], sqlite_url: str, next_code: Path
) -> None:
    cloud = make_deployment(database=sqlite_url)
    cloud.code = next_code
    cloud.start_all_in_one()
    made = {"driver": "fake-hardware", FIELD: "a"}
    assert cloud.request("POST", "/v1/nodes", {**made, FIELD: "x" * 256}).status_code == 400
    assert cloud.request("POST", "/v1/nodes", {**made, FIELD: 7}).status_code == 400
    assert cloud.request("POST", "/v1/nodes", made, version="1.50").status_code == 406
    node = cloud.create_node(**made)
    assert FIELD not in cloud.call("GET", f"/v1/nodes/{node}", version="1.50")
    assert cloud.request("GET", f"/v1/nodes?{FIELD}=a", version="1.50").status_code == 406


def test_it_travels_is_notified_and_documented(next_code: Path) -> None:
    environment = {**os.environ, "PYTHONPATH": str(next_code), "PYTHONWARNINGS": "ignore"}
    told = subprocess.run(
        [sys.executable, "-c", _IN_ITS_PROCESS],
        env=environment,
        cwd=next_code,
        capture_output=True,
        text=True,
        check=True,
    )
    version, sent, notified, described = json.loads(told.stdout)
    assert version == "1.1"
    assert sent == {"1.0": {"id": 1}, "1.1": {"id": 1, "asset_tag": "rack 7"}}
    assert notified == "rack 7"
    assert len(described) >= 2, described
