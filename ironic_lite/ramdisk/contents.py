# SPDX-License-Identifier: Apache-2.0
"""From the system that the packages make to what a ramdisk needs of it."""

import re
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

from ironic_lite.ramdisk import cpio
from ironic_lite.ramdisk.recipe import Recipe, lines

_DEVICES = (
    cpio.Entry("dev", stat.S_IFDIR | 0o755),
    cpio.Entry("dev/console", stat.S_IFCHR | 0o600, device=(5, 1)),
    cpio.Entry("dev/null", stat.S_IFCHR | 0o666, device=(1, 3)),
)
"""What there has to be before the first program has mounted /dev."""

_KERNEL = re.compile(r"boot/vmlinuz-(?P<version>.+)")
_PACKAGE = re.compile(r"^Package: (\S+)$.*?^Version: (\S+)$", re.MULTILINE | re.DOTALL)


class System:
    """The system as an archive that the package manager has left. Use it in a `with` statement."""

    def __init__(self, archive: Path) -> None:
        self._archive = tarfile.open(archive)  # noqa: SIM115
        self._members = {
            member.name.removeprefix("./").rstrip("/"): member for member in self._archive
        }

    def __enter__(self) -> "System":
        return self

    def __exit__(self, *_exc: object) -> None:
        self._archive.close()

    def kernel(self) -> tuple[str, bytes]:
        """Return the kernel's version and the kernel."""
        for name in self._members:
            found = _KERNEL.fullmatch(name)
            if found:
                return found["version"], self._read(name)
        raise LookupError("no kernel")

    def packages(self) -> dict[str, str]:
        """Return the version of each of Debian's packages, that of the kernel too."""
        status = self._read("var/lib/dpkg/status").decode(errors="replace")
        found = dict(match for part in status.split("\n\n") for match in _PACKAGE.findall(part))
        name, version = self._read("ramdisk-build/kernel-package").decode().split()
        return {**found, name: version}

    def entries(self, recipe: Recipe) -> Iterator[cpio.Entry]:
        """Yield what the ramdisk has, sorted by name."""
        left_out = _left_out(recipe)
        for name in sorted(self._members):
            if name not in ("", ".") and not left_out.match(name):
                entry = self._entry(name, self._members[name])
                if entry:
                    yield entry
        yield from _DEVICES

    def _entry(self, name: str, member: tarfile.TarInfo) -> cpio.Entry | None:
        mode = stat.S_IMODE(member.mode)
        uid, gid = member.uid, member.gid
        if member.isdir():
            return cpio.Entry(name, stat.S_IFDIR | mode, uid=uid, gid=gid)
        if member.issym():
            target = member.linkname.encode(errors="surrogateescape")
            return cpio.Entry(name, stat.S_IFLNK | 0o777, target, uid, gid)
        if member.isfile() or member.islnk():
            return cpio.Entry(name, stat.S_IFREG | mode, self._read(name), uid, gid)
        return None

    def _read(self, name: str) -> bytes:
        file = self._archive.extractfile(self._members[name])
        return file.read() if file else b""


def _left_out(recipe: Recipe) -> re.Pattern[str]:
    """Return what matches the names of all files that are left out."""
    patterns = [_expression(line) for line in lines("left-out")]
    if not recipe.packages:
        # Other packages may need these.
        patterns += [_expression(line) for line in lines("left-out-without-packages")]
    return re.compile(rf"(?:{'|'.join(patterns)})(?:/|$)")


def _expression(pattern: str) -> str:
    """Translate `*`, any characters but a slash, and a trailing `/*`, the files of a directory but not itself."""
    return "[^/]*".join(re.escape(part) for part in pattern.split("*"))
