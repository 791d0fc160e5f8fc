# SPDX-License-Identifier: Apache-2.0
"""Builds a ramdisk: downloads, installs, leaves out, packs. Nothing appears in its place before all is done."""

import datetime
import errno
import fcntl
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from ironic_lite.ramdisk import agent_packages, contents, cpio, manifest, overlay, system
from ironic_lite.ramdisk.failures import RamdiskError
from ironic_lite.ramdisk.recipe import Recipe
from ironic_lite.ramdisk.zstd import CompressionParameter, ZstdFile

Report = Callable[[str], None]

_LEVEL = 9
"""Of the compression: 15 takes ten times as long and saves 1 percent."""

_NEEDED = 2 << 30
"""Bytes that a build takes on the disk for a while."""


def build(recipe: Recipe, directory: Path, cache: Path, report: Report) -> manifest.Manifest:
    """Build a ramdisk into a directory, which is replaced if it has one.

    After a failure the directory is as it was; the log of the tools stays beside it, as NAME.log.

    :param cache: directory for downloaded packages, used again by the next build.
    :param report: is told what is done now, in a line.
    :raises RamdiskError: with what to do about it.
    """
    system.tool()
    directory = directory.absolute()
    _check_place(directory)
    log = directory.with_name(f"{directory.name}.log")
    try:
        with _workplace(directory) as work:
            _check_space(work)
            log.write_bytes(b"")
            made = _build(recipe, work, cache.absolute(), log, report)
            _replace(directory, work / "done")
    except OSError as exc:
        if exc.errno in (errno.ENOSPC, errno.EDQUOT):
            raise RamdiskError(
                f"The disk with {directory.parent} is full; a build takes {_NEEDED >> 30} GiB for a while. Free some "
                "space, or choose another place with --output."
            ) from exc
        raise RamdiskError(f"{exc.filename or directory}: {exc.strerror}.") from exc
    log.unlink(missing_ok=True)
    return made


def _build(recipe: Recipe, work: Path, cache: Path, log: Path, report: Report) -> manifest.Manifest:
    pinned = agent_packages.pinned()
    report(f"downloading the agent, ironic-python-agent {pinned['ironic-python-agent']}")
    agent_packages.install(recipe, work / "python", log)
    overlay.write(recipe, work / "python", work / "additions.tar")
    report(f"installing {len(recipe.all_packages)} packages of Debian, and what they need")
    archive = work / "system.tar"
    debian_cache = cache / f"debian-{recipe.architecture.debian}"
    system.make(recipe, work / "additions.tar", archive, debian_cache, log)
    report("packing kernel and initramfs")
    done = work / "done"
    done.mkdir(mode=0o755)
    with contents.System(archive) as made:
        version, kernel = made.kernel()
        (done / manifest.KERNEL).write_bytes(kernel)
        unpacked = _pack(made.entries(recipe), done / manifest.INITRAMFS)
        debian = made.packages()
    files = (manifest.KERNEL, manifest.INITRAMFS)
    facts = manifest.Manifest(
        architecture=recipe.architecture.name,
        kernel=version,
        agent=pinned["ironic-python-agent"],
        sha256={name: manifest.checksum(done / name) for name in files},
        sizes={name: (done / name).stat().st_size for name in files},
        unpacked=unpacked,
        built_at=datetime.datetime.now(datetime.UTC).isoformat(timespec="seconds"),
        options=recipe.options,
        debian=debian,
        python=pinned,
    )
    facts.write(done)
    return facts


def _pack(entries: Iterator[cpio.Entry], file: Path) -> int:
    """Write the files into a compressed archive; return its size before compression."""
    # As many threads everywhere, because one thread writes something else than several.
    options: dict[int, int] = {
        CompressionParameter.compression_level: _LEVEL,
        CompressionParameter.nb_workers: 2,
        CompressionParameter.checksum_flag: 1,
    }
    with ZstdFile(file, "wb", options=options) as sink:
        writer = cpio.Writer(sink)
        for entry in entries:
            writer.add(entry)
        writer.close()
    return writer.size


def _check_place(directory: Path) -> None:
    """Refuse to replace what is no ramdisk."""
    if not directory.exists() or (directory / manifest.FILE).is_file():
        return
    if not directory.is_dir() or any(directory.iterdir()):
        raise RamdiskError(
            f"{directory} exists and has no ramdisk of ours; it is not replaced. Choose another --output."
        )


def _check_space(work: Path) -> None:
    free = shutil.disk_usage(work).free
    if free < _NEEDED:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(work))


@contextmanager
def _workplace(directory: Path) -> Iterator[Path]:
    """Give an empty directory beside that of the ramdisk, and remove it with all that is in it.

    What a killed build has left is removed too; two builds into one directory at the same time are refused.
    """
    directory.parent.mkdir(parents=True, exist_ok=True)
    work = directory.with_name(f".{directory.name}.building")
    work.mkdir(mode=0o755, exist_ok=True)
    held = os.open(work, os.O_RDONLY | os.O_DIRECTORY)
    try:
        try:
            fcntl.flock(held, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise RamdiskError(f"Another build of {directory} is running.") from None
        try:
            for left in work.iterdir():
                shutil.rmtree(left) if left.is_dir() else left.unlink()
            yield work
        finally:
            shutil.rmtree(work, ignore_errors=True)
    finally:
        os.close(held)


def _replace(directory: Path, done: Path) -> None:
    """Put a finished ramdisk in the place of the former one."""
    if directory.exists():
        directory.rename(done.with_name("former"))
    done.rename(directory)
