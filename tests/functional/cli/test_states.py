# SPDX-License-Identifier: Apache-2.0
"""The rarer ways between a node's states: hold, unhold, abort, adopt, rebuild; and resources from a file."""

import json
from pathlib import Path

from tests.functional.cli.conftest import Baremetal, wait_for_state

HOLD = '[{"step": "hold"}]'


def test_hold_unhold_and_abort(baremetal: Baremetal) -> None:
    baremetal("node", "create", "--driver", "fake-hardware", "--name", "held")
    baremetal("node", "manage", "held")
    wait_for_state(baremetal, "held", "manageable")
    baremetal("node", "clean", "held", "--clean-steps", HOLD)
    wait_for_state(baremetal, "held", "clean hold")
    baremetal("node", "unhold", "held")
    wait_for_state(baremetal, "held", "manageable")

    baremetal("node", "clean", "held", "--clean-steps", HOLD)
    wait_for_state(baremetal, "held", "clean hold")
    baremetal("node", "abort", "held")
    wait_for_state(baremetal, "held", "clean failed")
    baremetal("node", "manage", "held")
    wait_for_state(baremetal, "held", "manageable")
    baremetal("node", "delete", "held")


def test_adopt_and_rebuild(baremetal: Baremetal) -> None:
    baremetal("node", "create", "--driver", "fake-hardware", "--name", "adopted")
    baremetal("node", "manage", "adopted")
    wait_for_state(baremetal, "adopted", "manageable")
    baremetal("node", "adopt", "adopted")
    wait_for_state(baremetal, "adopted", "active")
    baremetal("node", "rebuild", "adopted")
    wait_for_state(baremetal, "adopted", "active")
    baremetal("node", "undeploy", "adopted")
    wait_for_state(baremetal, "adopted", "available")
    baremetal("node", "delete", "adopted")


def test_resources_from_a_file(baremetal: Baremetal, tmp_path: Path) -> None:
    """baremetal create: a chassis with a node with ports and port groups."""
    group = {"name": "filed-bond", "ports": [{"address": "52:54:00:c3:00:02"}]}
    node = {
        "name": "filed",
        "driver": "fake-hardware",
        "ports": [{"address": "52:54:00:c3:00:01"}],
        "portgroups": [group],
    }
    chassis = {"description": "from a file", "nodes": [node]}
    path = tmp_path / "resources.json"
    path.write_text(json.dumps({"chassis": [chassis]}))
    baremetal("create", str(path))
    ports = baremetal.json("port", "list", "--node", "filed")
    assert {row["address"] for row in ports} == {"52:54:00:c3:00:01", "52:54:00:c3:00:02"}
    members = baremetal.json("port", "list", "--port-group", "filed-bond")
    assert [row["address"] for row in members] == ["52:54:00:c3:00:02"]
    made = baremetal.json("node", "show", "filed")["chassis_uuid"]
    baremetal("node", "delete", "filed")
    baremetal("chassis", "delete", made)
