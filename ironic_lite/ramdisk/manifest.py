# SPDX-License-Identifier: Apache-2.0
"""What a built ramdisk is, in a file beside it, and where built ramdisks are."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from ironic_lite.common import json_reading
from ironic_lite.conf import CONF
from ironic_lite.ramdisk.failures import RamdiskError

FILE = "manifest.json"
KERNEL = "kernel"
INITRAMFS = "initramfs"


@dataclass(frozen=True)
class Manifest:
    """One built ramdisk.

    :param architecture: as in `properties/cpu_arch`.
    :param kernel: version of the kernel.
    :param agent: version of ironic-python-agent.
    :param sha256: checksum of each file, by its name.
    :param sizes: bytes of each file, by its name.
    :param unpacked: bytes that the initramfs takes in memory.
    :param built_at: UTC, ISO 8601.
    :param options: how the recipe differs from the default.
    :param debian: version of each of Debian's packages.
    :param python: version of each Python package.
    """

    architecture: str
    kernel: str
    agent: str
    sha256: dict[str, str]
    sizes: dict[str, int]
    unpacked: int
    built_at: str
    options: dict[str, object]
    debian: dict[str, str]
    python: dict[str, str]

    def write(self, directory: Path) -> None:
        """Write the manifest into the ramdisk's directory."""
        (directory / FILE).write_text(json.dumps(asdict(self), indent=2, sort_keys=True) + "\n")


def read(directory: Path) -> Manifest:
    """Return the manifest of a built ramdisk.

    :raises RamdiskError: if there is none, or if it is damaged.
    """
    try:
        return Manifest(**json_reading.read((directory / FILE).read_text()))
    except OSError as exc:
        raise RamdiskError(f"{directory / FILE}: {exc.strerror}.") from exc
    except (ValueError, TypeError) as exc:
        raise RamdiskError(f"{directory / FILE} is damaged. Build the ramdisk again.") from exc


def home() -> Path:
    """Return the directory of all ramdisks that this machine has built."""
    return Path(CONF.state_path).expanduser() / "ramdisks"


def built(directory: Path) -> Iterator[Path]:
    """Yield the directories of the ramdisks below this one, by name."""
    if directory.is_dir():
        for each in sorted(directory.iterdir()):
            if (each / FILE).is_file():
                yield each


def checksum(file: Path) -> str:
    """Return the SHA-256 of a file."""
    with file.open("rb") as opened:
        return hashlib.file_digest(opened, "sha256").hexdigest()
