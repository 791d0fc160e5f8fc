# SPDX-License-Identifier: Apache-2.0
"""The files that a ramdisk has besides Debian's packages, as one tar archive.

All of them belong to root; programs are known by their first line.
"""

import io
import tarfile
from importlib.resources.abc import Traversable
from pathlib import Path

from ironic_lite.ramdisk.failures import RamdiskError
from ironic_lite.ramdisk.recipe import DATA, Recipe

PYTHON_PATH = "usr/lib/python3/dist-packages"
BUILD = "ramdisk-build"
"""Directory of the files that only the build needs."""

_AGENT = b"""\
#!/usr/bin/python3
import sys

from ironic_python_agent.cmd.agent import run

sys.exit(run())
"""
_LONGEST_GIVEN_FILE = 1 << 20


def write(recipe: Recipe, python_packages: Path, target: Path) -> None:
    """Write the archive.

    :raises RamdiskError: if a certificate or an SSH key of the recipe cannot be read, or is none.
    """
    with tarfile.open(target, "w") as archive:
        _add_tree(archive, DATA / "root", "")
        _add_tree(archive, python_packages, f"{PYTHON_PATH}/")
        _add(archive, "usr/bin/ironic-python-agent", _AGENT)
        for name in ("finish", "modules-left-out"):
            _add(archive, f"{BUILD}/{name}", (DATA / name).read_bytes())
        for number, file in enumerate(recipe.certificates):
            data = _given(file, b"-----BEGIN CERTIFICATE-----", "a certificate in PEM")
            _add(archive, f"usr/local/share/ca-certificates/given-{number}.crt", data)
        keys = [_given(file, b" ", "a public SSH key").strip() + b"\n" for file in recipe.ssh_keys]
        if keys:
            _add(archive, "root/.ssh/authorized_keys", b"".join(keys), mode=0o600)


def _given(file: Path, sign: bytes, kind: str) -> bytes:
    """Return a file that the operator named, if it has the sign of its kind."""
    try:
        with file.open("rb") as opened:
            data = opened.read(_LONGEST_GIVEN_FILE)
    except OSError as exc:
        raise RamdiskError(f"{file}: {exc.strerror}.") from exc
    if b"PRIVATE KEY" in data:
        raise RamdiskError(f"{file} has a private key; it must not be in a ramdisk.")
    if sign not in data:
        raise RamdiskError(f"{file} is not {kind}.")
    return data


def _add_tree(archive: tarfile.TarFile, directory: Traversable, prefix: str) -> None:
    for entry in sorted(directory.iterdir(), key=lambda each: each.name):
        name = f"{prefix}{entry.name}"
        if entry.is_dir():
            if entry.name != "__pycache__":
                _add_tree(archive, entry, f"{name}/")
        else:
            _add(archive, name, entry.read_bytes())


def _add(archive: tarfile.TarFile, name: str, data: bytes, mode: int = 0) -> None:
    info = tarfile.TarInfo(name)
    info.size = len(data)
    info.mode = mode or (0o755 if data.startswith(b"#!") else 0o644)
    archive.addfile(info, io.BytesIO(data))
