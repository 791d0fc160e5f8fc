# SPDX-License-Identifier: Apache-2.0
"""What virtual machines of the demo boot: the ramdisk with the agent, and a disk image. Both are built once."""

import dataclasses
import fcntl
import hashlib
import platform
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import ironic_lite.ramdisk
from ironic_lite_simulator.disk_image import build

ARCHITECTURE = "x86_64"
_TIMEOUT = 3600.0
"""Seconds for a build of the ramdisk, downloads included."""
_NOT_BUILT_FROM = {"__pycache__", "checking"}


class MediaFailed(Exception):
    """What the machines boot could not be built; the message says why, and what to do."""


@dataclasses.dataclass(frozen=True, slots=True)
class BootMedia:
    """``ramdisk`` is a directory that ``ironic-lite ramdisk build`` has made, ``image`` a raw whole-disk image."""

    ramdisk: Path
    image: Path


def ready(say: Callable[[str], None]) -> BootMedia:
    """Return the media; build first what is not in the user's cache yet.

    :param say: is told, in a line, what takes long.
    :raises MediaFailed: a tool is missing, or failed.
    """
    cache = build.cache_directory()
    try:
        cache.mkdir(parents=True, exist_ok=True)
        say(f"The ramdisk and the disk image are kept in {cache}.")
        return BootMedia(_ramdisk(cache, say), _image(cache, say))
    except build.BuildFailed as exc:
        raise MediaFailed(str(exc)) from exc
    except OSError as exc:
        raise MediaFailed(f"{exc.filename or cache}: {exc.strerror}") from exc


def _image(cache: Path, say: Callable[[str], None]) -> Path:
    say("Disk image: a small Debian that boots to a login (its first build takes a minute) ...")
    return build.whole_disk(cache)


def _ramdisk(cache: Path, say: Callable[[str], None]) -> Path:
    directory = cache / f"demo-ramdisk-{_version()}"
    with (cache / "demo-ramdisk.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        if not (directory / "manifest.json").exists():
            say("Ramdisk: ironic-lite ramdisk build (some minutes the first time) ...")
            _build_ramdisk(directory, cache / "downloads")
    return directory


def _build_ramdisk(directory: Path, downloads: Path) -> None:
    argv = [
        str(Path(sys.executable).with_name("ironic-lite")),
        *("--config-file", "/dev/null", "ramdisk", "build", "--architecture", ARCHITECTURE),
        *("--output", str(directory), "--cache", str(downloads)),
    ]
    try:
        done = subprocess.run(  # noqa: S603 - our own program and paths
            argv,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=_TIMEOUT,
            check=False,
        )
    except subprocess.TimeoutExpired as exc:
        raise MediaFailed(
            f"the build of the ramdisk did not end within {_TIMEOUT:g} s. Is a mirror of Debian within reach?"
        ) from exc
    if done.returncode:
        raise MediaFailed(f"ironic-lite ramdisk build:\n{done.stdout.strip()}")


def _version() -> str:
    """Return a digest of what builds the ramdisk."""
    code = Path(ironic_lite.ramdisk.__file__).parent
    digest = hashlib.sha256(platform.machine().encode())
    for file in sorted(code.rglob("*")):
        if file.is_file() and not _NOT_BUILT_FROM & set(file.parts):
            digest.update(str(file.relative_to(code)).encode())
            digest.update(file.read_bytes())
    return digest.hexdigest()[:12]
