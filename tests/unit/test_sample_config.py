# SPDX-License-Identifier: Apache-2.0
"""The sample configuration agrees with the options, and the sample policy with the access rules."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

ETC = Path(__file__).parents[2] / "etc"


@pytest.mark.parametrize(
    ("sample", "generator", "recipe"),
    [
        ("ironic-lite.conf.sample", "oslo-config-generator", "config-generator.conf"),
        ("policy.yaml.sample", "oslopolicy-sample-generator", "policy-generator.conf"),
    ],
)
def test_sample_is_up_to_date(tmp_path: Path, sample: str, generator: str, recipe: str) -> None:
    fresh = tmp_path / "fresh"
    subprocess.run(
        [
            str(Path(sys.executable).with_name(generator)),
            "--config-file",
            str(ETC / recipe),
            "--output-file",
            str(fresh),
        ],
        check=True,
        timeout=PATIENCE,
        env={**os.environ, "PYTHONWARNINGS": "ignore"},
    )
    written, current = (ETC / sample).read_text(), fresh.read_text()
    assert written == current, f"{sample}: run `make sample-config` and commit the result"
