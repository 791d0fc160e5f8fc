# SPDX-License-Identifier: Apache-2.0
"""docs/upgrading.md: nodes are enrolled with the data of another service's API."""

import json
import re
import subprocess
import sys
from contextlib import closing
from pathlib import Path

from tests.functional.cli.conftest import Baremetal, wait_for_state
from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE

PAGE = Path(__file__).parents[3] / "docs" / "upgrading.md"


def test_nodes_are_moved(all_in_one: Deployment, tmp_path: Path) -> None:
    (program,) = re.findall(r"```python\n(# convert\.py\n.*?)```", PAGE.read_text(), re.DOTALL)
    (tmp_path / "convert.py").write_text(program)
    with closing(Baremetal(all_in_one.api_url, tmp_path)) as baremetal:
        node = baremetal.json(
            "node", "create", "--driver", "fake-hardware", "--name", "old",
            "--property", "cpu_arch=x86_64", "--driver-info", "a=b", "--resource-class", "big",
            "--extra", "rack=7",
        )  # fmt: skip
        baremetal("port", "create", "52:54:00:00:00:07", "--node", node["uuid"])
        for kind in ("node", "port"):
            text = baremetal(kind, "list", "--long", "-f", "json")
            (tmp_path / f"{kind}s.json").write_text(text)
        baremetal("node", "delete", "old")

        done = subprocess.run(
            [sys.executable, "convert.py", "nodes.json", "ports.json"],
            cwd=tmp_path,
            stdout=subprocess.PIPE,
            check=True,
            timeout=PATIENCE,
        )
        (tmp_path / "enrol.json").write_bytes(done.stdout)
        baremetal("create", str(tmp_path / "enrol.json"))

        moved = baremetal.json("node", "show", "old")
        for name in (
            "uuid",
            "resource_class",
            "properties",
            "driver_info",
            "instance_info",
            "extra",
        ):
            assert moved[name] == node[name], name
        (port,) = baremetal.json("port", "list", "--node", "old")
        assert port["address"] == "52:54:00:00:00:07"
        baremetal("node", "manage", "old")
        wait_for_state(baremetal, "old", "manageable")
        baremetal("node", "adopt", "old")
        wait_for_state(baremetal, "old", "active")
        assert json.loads(done.stdout)["nodes"][0]["ports"][0]["pxe_enabled"] is True
