# SPDX-License-Identifier: Apache-2.0
"""The ramdisk that `ironic-lite ramdisk build` makes, built once.

It is built in `.cloud` below the checkout, under a hash of what builds it: other code or another lock file gets another
ramdisk. Several test processes may ask for it at the same time: one builds it, and the others wait.

`IRONIC_LITE_RAMDISK` names a directory with a built one to use instead. `python -m tests.functional.servers.ramdisk`
builds it now.
"""

import fcntl
import hashlib
import os
import platform
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

from tests.functional.servers.process import ServerFailed
from tests.waiting import factor

CHECKOUT = Path(__file__).parents[3]
CACHE = CHECKOUT / ".cloud"
CODE = CHECKOUT / "ironic_lite" / "ramdisk"
OVERRIDE = "IRONIC_LITE_RAMDISK"
_PATIENCE = 1800
"""Seconds for a build, downloads included, on a busy machine."""


@dataclass(frozen=True)
class Built:
    """A ramdisk of the architecture of this machine."""

    directory: Path

    @property
    def kernel(self) -> Path:
        """The kernel's file."""
        return self.directory / "kernel"

    @property
    def initramfs(self) -> Path:
        """The initramfs's file."""
        return self.directory / "initramfs"


def ready() -> Built:
    """Return the ramdisk, and build it first if necessary. Raises ServerFailed with the output of the build."""
    given = os.environ.get(OVERRIDE)
    if given:
        return Built(Path(given).absolute())
    directory = CACHE / f"ramdisk-{_digest()}"
    CACHE.mkdir(exist_ok=True)
    with (CACHE / f"{directory.name}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "manifest.json").exists():
            _build(directory)
    return Built(directory)


def _digest() -> str:
    """What changes whenever the build would make another ramdisk."""
    digest = hashlib.sha256(platform.machine().encode())
    for file in sorted(CODE.rglob("*")):
        # The check of ramdisks makes none.
        if file.is_file() and not {"__pycache__", "checking"} & set(file.parts):
            digest.update(f"{file.relative_to(CODE)}\n".encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:16]


def _build(directory: Path) -> None:
    script = Path(sys.executable).with_name("ironic-lite")
    done = subprocess.run(
        [
            *(str(script), "--config-file", os.devnull, "ramdisk", "build"),
            *("--output", str(directory), "--cache", str(CACHE / "ramdisk-packages")),
        ],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=_PATIENCE * factor(),
        check=False,
    )
    if done.returncode:
        raise ServerFailed(f"the build of the ramdisk failed:\n{done.stdout}")


if __name__ == "__main__":
    print(ready().directory)
