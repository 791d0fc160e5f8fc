# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite enrol`` as an operator runs it."""

import os
import subprocess
import sys
from pathlib import Path


def enrol(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = Path(sys.executable).with_name("ironic-lite")
    return subprocess.run(
        [str(command), "enrol", *arguments],
        capture_output=True,
        text=True,
        timeout=120,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
        check=False,
    )
