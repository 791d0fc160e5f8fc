# SPDX-License-Identifier: Apache-2.0
"""The same code on green threads: the switch is read at process start, so these run in processes of their own."""

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE

HERE = Path(__file__).parent
GREEN = {"IRONIC_LITE_THREADS": "green", "PYTHONWARNINGS": "ignore"}
OPTIONS = ("-q", "-p", "no:cacheprovider", "-n0", "-k", "not rabbit")


@pytest.mark.parametrize(
    "tests", ["conductor/test_manager.py", "conductor/test_task_manager.py", "test_transport.py"]
)
def test_essential_tests_pass_on_green_threads(tests: str) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *OPTIONS, str(HERE / tests)],
        env={**os.environ, **GREEN},
        cwd=HERE.parents[1],
        capture_output=True,
        text=True,
        # A whole suite within one test.
        timeout=5 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr


def test_the_whole_service_runs_on_green_threads(
    make_deployment: Callable[..., Deployment], sqlite_url: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in GREEN.items():
        monkeypatch.setenv(name, value)
    cloud = make_deployment(database=sqlite_url)
    cloud.start_all_in_one()
    node = cloud.create_node(driver="fake-hardware")
    cloud.set_provision_state(node, "manage", until="manageable")
    assert cloud.api is not None
    cloud.api.terminate()
    assert cloud.api.wait(30) == 0


def test_another_value_of_the_switch_is_refused() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "ironic_lite.cmd.main", "status"],
        env={**os.environ, "IRONIC_LITE_THREADS": "purple"},
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 1
    assert done.stderr == "IRONIC_LITE_THREADS is 'purple'; it must be 'native' or 'green'.\n"
