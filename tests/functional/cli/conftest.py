# SPDX-License-Identifier: Apache-2.0
"""The real ``baremetal`` command of python-ironicclient, and a running service to point it at."""

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pytest

from tests.functional.deployment import Deployment
from tests.waiting import wait_for

SESSION = Path(__file__).with_name("session.py")


class Answer(NamedTuple):
    """The result of a call."""

    status: int
    output: str
    errors: str


class Baremetal:
    """The console command, as an operator of a service without Keystone calls it."""

    def __init__(self, url: str, home: Path):
        self._process = subprocess.Popen(
            [sys.executable, str(SESSION), "ironicclient.shell"],
            env={
                **{name: value for name, value in os.environ.items() if not name.startswith("OS_")},
                "OS_AUTH_TYPE": "none",
                "OS_ENDPOINT": url,
                "HOME": str(home),
                "PYTHONWARNINGS": "ignore",
            },
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )

    def close(self) -> None:
        """End the process."""
        self._process.kill()
        self._process.communicate()

    def run(self, *words: str) -> Answer:
        """Make a call with any exit status."""
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(words) + "\n")
        self._process.stdin.flush()
        return Answer(*json.loads(self._process.stdout.readline()))

    def __call__(self, *words: str) -> str:
        """Make a call that must succeed; return its output."""
        done = self.run(*words)
        assert done.status == 0, f"baremetal {' '.join(words)}: {done.output}{done.errors}"
        return done.output

    def json(self, *words: str) -> Any:
        """The same, for commands that show something."""
        return json.loads(self(*words, "-f", "json"))


def wait_for_state(baremetal: Baremetal, node: str, state: str) -> None:
    """Wait for a node's provision state; the command's own `--wait` looks every 10 seconds."""
    wait_for(
        lambda: baremetal.json("node", "show", node)["provision_state"] == state,
        f"'{state}' of {node}",
    )


@pytest.fixture(scope="session")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """API and conductor in one process, for all tests of this directory and test process."""
    directory = tmp_path_factory.mktemp("cli")
    with Deployment(directory, database=f"sqlite:///{directory}/ironic-lite.sqlite") as deployment:
        deployment.start_all_in_one()
        yield deployment


@pytest.fixture(scope="session")
def baremetal(service: Deployment, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Baremetal]:
    """The command, configured for the service."""
    with closing(Baremetal(service.api_url, tmp_path_factory.mktemp("home"))) as command:
        yield command
