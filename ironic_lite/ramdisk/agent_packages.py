# SPDX-License-Identifier: Apache-2.0
"""The agent and what it needs from the package index, in the versions and with the checksums of ``data/agent.lock``."""

import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from importlib import util
from pathlib import Path

from ironic_lite.ramdisk.failures import RamdiskError
from ironic_lite.ramdisk.recipe import DATA, PYTHON, Recipe

_PINNED = re.compile(r"^([a-z0-9-]+)==(\S+)", re.MULTILINE)
_PATIENCE = 900
"""Seconds for all downloads."""


def pinned() -> dict[str, str]:
    """Return the version of each package, by its name."""
    return dict(_PINNED.findall((DATA / "agent.lock").read_text()))


def install(recipe: Recipe, directory: Path, log: Path) -> None:
    """Put the packages into a directory, as a directory of Python's path; the output goes to the log.

    :raises RamdiskError: if pip is missing or fails, or if a checksum differs.
    """
    if util.find_spec("pip") is None:
        raise RamdiskError(
            f"The Python of this program ({sys.executable}) has no pip, which downloads the agent. Install it with: "
            f"{sys.executable} -m ensurepip"
        )
    platforms = [f"--platform={each}" for each in recipe.architecture.wheel_platforms]
    with log.open("a") as output, _bounded():
        done = subprocess.run(  # noqa: S603
            [
                *(sys.executable, "-m", "pip", "--disable-pip-version-check", "install"),
                *("--no-input", "--no-deps", "--no-compile", "--require-hashes", "--no-color"),
                *("--only-binary=:all:", f"--python-version={PYTHON}", "--implementation=cp"),
                # `pip install` would hold the packages to the Python that it runs on itself.
                "--ignore-requires-python",
                *platforms,
                *("--target", str(directory), "--requirement", str(DATA / "agent.lock")),
            ],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            timeout=_PATIENCE,
            check=False,
        )
    if done.returncode:
        raise RamdiskError(
            f"The agent's Python packages could not be downloaded: {_reason(log)}. pip's output is in {log}. Is the "
            "package index reachable from here? pip reads its address and proxy from pip.conf and the environment."
        )
    # Console scripts for the Python of this machine.
    shutil.rmtree(directory / "bin", ignore_errors=True)


@contextmanager
def _bounded() -> Iterator[None]:
    try:
        yield
    except subprocess.TimeoutExpired as late:
        raise RamdiskError(
            f"The agent's Python packages were not downloaded within {_PATIENCE // 60} minutes. Is the package index "
            "reachable from here?"
        ) from late


def _reason(log: Path) -> str:
    errors = [line for line in _last_lines(log) if line.startswith("ERROR: ")]
    return errors[-1].removeprefix("ERROR: ").rstrip(".") if errors else "pip failed"


def _last_lines(log: Path) -> Iterator[str]:
    yield from log.read_text(errors="replace").splitlines()[-50:]
