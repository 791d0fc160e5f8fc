# SPDX-License-Identifier: Apache-2.0
"""The sample configuration says what the options say."""

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).parents[2]
SAMPLE = ROOT / "etc" / "ironic-lite.conf.sample"


def test_sample_configuration_is_up_to_date(tmp_path: Path) -> None:
    fresh = tmp_path / "fresh.conf"
    subprocess.run(
        [
            str(Path(sys.executable).with_name("oslo-config-generator")),
            "--config-file",
            str(ROOT / "etc" / "config-generator.conf"),
            "--output-file",
            str(fresh),
        ],
        check=True,
        timeout=60,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    written, current = SAMPLE.read_text(), fresh.read_text()
    assert written == current, "options changed: run `make sample-config` and commit the result"
