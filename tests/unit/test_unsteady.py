# SPDX-License-Identifier: Apache-2.0
"""Failed tests run once more by themselves."""

import subprocess
import sys
from pathlib import Path

import pytest

from tests import unsteady

_ONCE = """
import pathlib

def test_passes_by_itself():
    seen = pathlib.Path("seen")
    first = not seen.exists()
    seen.touch()
    assert not first
"""
_NEVER = "\ndef test_never_passes():\n    assert False\n"


def _run(directory: Path, tests: str) -> subprocess.CompletedProcess[str]:
    (directory / "test_scratch.py").write_text(tests)
    (directory / "pytest.ini").write_text("[pytest]\n")
    command = [sys.executable, str(unsteady.__file__), "-q", "test_scratch.py"]
    return subprocess.run(command, cwd=directory, capture_output=True, text=True, check=False)


@pytest.mark.parametrize(
    ("tests", "code", "last"),
    [
        ("def test_passes():\n    pass\n", 0, "1 passed"),
        (_ONCE, 0, "Unsteady, to be mended: test_scratch.py::test_passes_by_itself"),
        (_ONCE + _NEVER, 1, "1 failed, 1 passed"),
        ("import nothing_of_this_name\n", 2, "1 error"),
    ],
)
def test_exit_code_and_last_line(tmp_path: Path, tests: str, code: int, last: str) -> None:
    ended = _run(tmp_path, tests)
    assert ended.returncode == code, ended.stdout + ended.stderr
    assert last in ended.stdout.splitlines()[-1]


def test_many_failures_are_not_tried_again(tmp_path: Path) -> None:
    many = "".join(f"def test_{n}():\n    assert False\n" for n in range(unsteady.FEW + 1))
    ended = _run(tmp_path, many)
    assert ended.returncode == 1
    assert "Once more" not in ended.stdout
