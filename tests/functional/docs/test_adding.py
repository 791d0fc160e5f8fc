# SPDX-License-Identifier: Apache-2.0
"""Each chapter of docs/adding.md is applied to a copy of the repository, and the tests that it adds pass there."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.functional.docs import pages

COPIED = ("ironic_lite", "ironic_lite_simulator", "tests", "tools")
FILES = ("setup.cfg", "pyproject.toml", "pytest.ini", "ruff.toml", "README.md", "LICENSE")
CHAPTER = re.compile(r"^## (?P<title>.+?)\n.*?^```diff\n(?P<diff>.*?)^```$", re.M | re.S)
CHAPTERS = {
    found["title"]: found["diff"]
    for found in CHAPTER.finditer((pages.ROOT / "docs" / "adding.md").read_text())
}


def test_the_page_has_a_chapter_for_each_kind_of_addition() -> None:
    assert set(CHAPTERS) == {
        "A hardware type",
        "A hardware interface",
        "A field of a resource",
        "A verb",
        "An RPC",
        "A route",
        "A periodic task",
        "A table",
        "A notification",
    }


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A copy of the repository's code and tests."""
    copy = tmp_path / "repository"
    ignored = shutil.ignore_patterns("__pycache__", "recording.json")
    for name in COPIED:
        shutil.copytree(pages.ROOT / name, copy / name, ignore=ignored)
    for name in FILES:
        shutil.copy(pages.ROOT / name, copy / name)
    return copy


def run(repository: Path, *command: str, given: str | None = None) -> None:
    done = subprocess.run(
        command,
        cwd=repository,
        env={**os.environ, "PYTHONPATH": str(repository), "PYTHONWARNINGS": "ignore"},
        capture_output=True,
        text=True,
        timeout=400,
        check=False,
        input=given,
    )
    assert done.returncode == 0, f"{' '.join(command)}\n{done.stdout}\n{done.stderr}"


@pytest.mark.parametrize("title", CHAPTERS)
def test_a_chapter_works(repository: Path, title: str) -> None:
    diff = CHAPTERS[title]
    run(repository, "git", "apply", "-p0", "-", given=diff)
    changed = re.findall(r"^\+\+\+ (\S+)", diff, re.M)
    run(
        repository,
        sys.executable,
        "-m",
        "ruff",
        "check",
        *[n for n in changed if n.endswith(".py")],
    )
    # The entry points that the chapter may have added.
    run(repository, sys.executable, "-c", "import setuptools; setuptools.setup()", "-q", "egg_info")
    tests = [name for name in changed if name.startswith("tests/")]
    assert tests
    run(repository, sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", *tests)
