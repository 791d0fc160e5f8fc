# SPDX-License-Identifier: Apache-2.0
"""The same adapter on green threads: the essential tests again, in a process that is monkey-patched from its start."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from ironic_lite.common import concurrency
from tests.waiting import PATIENCE

HERE = Path(__file__).parent
ESSENTIAL = (
    "on_and_off or soft_reboot or refused_login_does_not_haunt or dies_and_returns or silence_in_the_middle "
    "or lost_datagrams or one_command_at_a_time or kept_alive or close_all_logs_out"
)


@pytest.mark.skipif(concurrency.green(), reason="this is the run on green threads")
def test_essentials_on_green_threads() -> None:
    files = [str(HERE / name) for name in ("test_power.py", "test_connection.py")]
    options = ["-q", "-p", "no:xdist", "-p", "no:cacheprovider", "-k", ESSENTIAL]
    done = subprocess.run(
        [sys.executable, "-m", "pytest", *options, *files],
        env=os.environ | {concurrency.SWITCH: concurrency.GREEN},
        cwd=HERE.parents[2],
        capture_output=True,
        text=True,
        timeout=4 * PATIENCE,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
