# SPDX-License-Identifier: Apache-2.0
"""The lock of a build: the manifest of an earlier one, whose packages are wanted again."""

from pathlib import Path

from ironic_lite.ramdisk import manifest
from ironic_lite.ramdisk.failures import RamdiskError
from ironic_lite.ramdisk.manifest import Manifest
from ironic_lite.ramdisk.recipe import Architecture

_SHOWN = 10


def read(path: Path, architecture: Architecture) -> Manifest:
    """Return the manifest that a lock is.

    :param path: of the manifest, or of the directory of its ramdisk.
    :raises RamdiskError: if it cannot be read, or is one of another architecture.
    """
    directory = path if path.is_dir() else path.parent
    found = manifest.read(directory)
    if found.architecture != architecture.name:
        raise RamdiskError(
            f"{directory / manifest.FILE} is of a ramdisk for {found.architecture}, not for {architecture.name}."
        )
    return found


def differences(wanted: Manifest, made: Manifest) -> list[str]:
    """Return how a build differs from its lock, one line each; nothing if the content is the same."""
    if wanted.sha256 == made.sha256:
        return []
    lines = [
        f"{kind}{name}: {after.get(name, 'none')} instead of {before.get(name, 'none')}"
        for kind, before, after in (
            ("", wanted.debian, made.debian),
            ("Python's ", wanted.python, made.python),
        )
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    ]
    if wanted.options != made.options:
        lines.append("the options of the build are others")
    if len(lines) > _SHOWN:
        lines = [*lines[:_SHOWN], f"{len(lines) - _SHOWN} more packages"]
    return lines or [
        "equal packages, but other files: another version of this program built the lock's"
    ]
