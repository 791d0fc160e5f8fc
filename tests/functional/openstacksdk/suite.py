# SPDX-License-Identifier: Apache-2.0
"""openstacksdk's functional tests of the baremetal service, as its wheel ships them, one module per run.

They know their clouds by names in a clouds.yaml. Ours offers bare metal and nothing else, without authentication, so
that the ordinary user, the other one, the operator and the system's administrator of the tests are all the same.
"""

import ast
import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import NamedTuple

import openstack

PACKAGE = "openstack.tests.functional.baremetal.v1"
DIRECTORY = Path(openstack.__file__).parent.joinpath(*PACKAGE.split(".")[1:])

CLOUD = "ironic-lite"
# Where the tests look for the names of their clouds.
CLOUD_NAMES = (
    "OS_CLOUD",
    "OPENSTACKSDK_DEMO_CLOUD",
    "OPENSTACKSDK_DEMO_CLOUD_ALT",
    "OPENSTACKSDK_OPERATOR_CLOUD",
    "OPENSTACKSDK_SYSTEM_ADMIN_CLOUD",
)
# Seconds: for one test (its own default, 5, is for tests without a server), and for a module.
TEST_TIMEOUT = 120
MODULE_TIMEOUT = 600


class Outcome(NamedTuple):
    """What a run of a module reports: how many tests it ran, its verdict, and all that it wrote."""

    ran: int
    verdict: str
    output: str


def modules() -> dict[str, int]:
    """Name of every test module -> how many tests its source holds (counted without its own loader)."""
    return {path.stem: _count_tests(path) for path in sorted(DIRECTORY.glob("test_*.py"))}


def _count_tests(path: Path) -> int:
    tree = ast.parse(path.read_text())
    return sum(
        isinstance(member, ast.FunctionDef) and member.name.startswith("test")
        for kind in tree.body
        if isinstance(kind, ast.ClassDef)
        for member in kind.body
    )


def write_clouds(directory: Path, url: str) -> Path:
    """A clouds.yaml (JSON is YAML) for the bare-metal service at `url`."""
    cloud = {
        "auth_type": "none",
        # Of a catalog's part: the SDK asks the first for the microversions there are, the other for all else.
        "auth": {"endpoint": url},
        "baremetal_endpoint_override": url,
        # The tests choose a flavor and an image of clouds that have some.
        "has_compute": False,
        "has_image": False,
    }
    path = directory / "clouds.yaml"
    path.write_text(json.dumps({"clouds": {CLOUD: cloud}}))
    return path


def run(module: str, clouds: Path) -> Outcome:
    """Run one module in a process of its own, which sees nothing of the caller's clouds and settings."""
    inherited = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("OS_", "OPENSTACKSDK_")) and not name.lower().endswith("_proxy")
    }
    done = subprocess.run(
        [sys.executable, "-m", "unittest", "-v", f"{PACKAGE}.{module}"],
        env={
            **inherited,
            **dict.fromkeys(CLOUD_NAMES, CLOUD),
            "OS_CLIENT_CONFIG_FILE": str(clouds),
            "OS_TEST_TIMEOUT": str(TEST_TIMEOUT),
            "OPENSTACKSDK_FUNC_TEST_TIMEOUT": str(TEST_TIMEOUT),
            "OS_LOG_CAPTURE": "1",
            "HOME": str(clouds.parent),
            "PYTHONWARNINGS": "ignore",
        },
        cwd=clouds.parent,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=MODULE_TIMEOUT,
        check=False,
    )
    ran = re.search(r"^Ran (\d+) tests? in ", done.stdout, re.MULTILINE)
    verdict = done.stdout.rstrip().rpartition("\n")[2]
    return Outcome(int(ran[1]) if ran else 0, verdict, done.stdout)
