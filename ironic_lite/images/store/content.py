# SPDX-License-Identifier: Apache-2.0
"""Checks the bytes of an image while they arrive, and computes their checksums.

What the bytes are counts, and not what somebody says that they are: a qcow2 file that is declared to be raw could have
the agent, or whoever converts it, read other files by the names that it holds.
"""

import dataclasses
import hashlib
import struct
from typing import IO, cast

from oslo_utils.imageutils import format_inspector

RAW, QCOW2, ISO, KERNEL, RAMDISK = "raw", "qcow2", "iso", "kernel", "ramdisk"
FORMATS = (RAW, QCOW2, ISO, KERNEL, RAMDISK)
"""The formats of stored images. A kernel or ramdisk is a file for a boot loader; nothing looks into it."""

_GPT = "gpt"
"""The inspector's name for a raw disk with a partition table of either kind."""
_FOUND = {
    frozenset({RAW}): RAW,
    frozenset({_GPT}): RAW,
    frozenset({QCOW2}): QCOW2,
    frozenset({ISO}): ISO,
    # An ISO image that also boots from a USB stick.
    frozenset({ISO, _GPT}): ISO,
}
_PLAIN = frozenset({RAW, _GPT})
_COMPRESSED = {
    b"\x1f\x8b": "gzip",
    b"\x28\xb5\x2f\xfd": "zstd",
    b"\xfd7zXZ\x00": "xz",
    b"BZh": "bzip2",
    b"\x04\x22\x4d\x18": "lz4",
}
_HEAD = 4096
_ENOUGH = 256 * 1024
"""Bytes after which a wrong format is refused without waiting for the rest."""


class Refused(Exception):
    """The bytes are no image that the store takes; the text says why, and what to do."""


@dataclasses.dataclass(frozen=True)
class Facts:
    """What is known of an image when all its bytes have arrived; sizes in bytes.

    :param virtual_size: of the disk that it makes; None for a kernel or a ramdisk.
    """

    disk_format: str
    size: int
    virtual_size: int | None
    sha256: str
    sha512: str


class Content:
    """The bytes of one image, in order.

    :param wanted: the format that the client has stated; None: the one that the bytes have.
    """

    def __init__(self, wanted: str | None = None):
        self._wanted = wanted
        self._sums = hashlib.sha256(), hashlib.sha512()
        self._feed = _Feed()
        self._inspected = format_inspector.InspectWrapper(cast(IO[bytes], self._feed))
        self._head = bytearray()
        self._is_judged = False
        self.size = 0

    def add(self, chunk: bytes) -> None:
        """Take the next bytes.

        :raises Refused: as soon as it is certain that the store does not take the image.
        """
        for each in self._sums:
            each.update(chunk)
        if len(self._head) < _HEAD:
            self._head += chunk[: _HEAD - len(self._head)]
        self.size += len(chunk)
        self._feed.chunk = chunk
        self._inspected.read(len(chunk))
        if not self._is_judged and self.size >= _ENOUGH:
            self._is_judged = self._inspected.formats is not None
            if self._is_judged:
                self._judge()

    def end(self) -> Facts:
        """Return what is known of the image, after its last byte.

        :raises Refused: when the store does not take it.
        """
        self._inspected.close()
        disk_format = self._judge()
        sha256, sha512 = (each.hexdigest() for each in self._sums)
        return Facts(disk_format, self.size, self._virtual_size(disk_format), sha256, sha512)

    def _judge(self) -> str:
        """Return the format of what has come so far."""
        if not self.size:
            raise Refused("it is empty")
        found = {str(each) for each in self._inspected.formats or ()}
        if self._wanted in (KERNEL, RAMDISK):
            if not found <= _PLAIN:
                raise Refused(f"it is no {self._wanted}: its format is {_named(found)}")
            return str(self._wanted)
        disk_format = _FOUND.get(frozenset(found))
        if disk_format is None:
            raise Refused(
                f"its format is {_named(found)}, and the store takes raw, qcow2 and ISO images; convert it with "
                "qemu-img convert -O qcow2"
            )
        if disk_format == RAW and (compressed := self._compression()):
            raise Refused(
                f"it is compressed with {compressed}, and agents write only files that are not; decompress it, or "
                "convert it with qemu-img convert -c -O qcow2"
            )
        if self._wanted not in (None, disk_format):
            raise Refused(f"it was announced as {self._wanted}, but its format is {disk_format}")
        if disk_format == QCOW2:
            self._check_safety()
        return disk_format

    def _check_safety(self) -> None:
        """Refuse qcow2 files that name other files, or need what is not known."""
        inspector = self._inspector()
        try:
            inspector.safety_check()
        except format_inspector.SafetyCheckFailed as exc:
            reasons = "; ".join(_REASONS.get(name, str(why)) for name, why in exc.failures.items())
            raise Refused(
                f"it is a qcow2 file that {reasons}; convert it with qemu-img convert -O qcow2"
            ) from None
        except format_inspector.ImageFormatError as exc:
            raise Refused(f"it is a damaged qcow2 file: {exc}") from None

    def _compression(self) -> str | None:
        found = (name for sign, name in _COMPRESSED.items() if self._head.startswith(sign))
        return next(found, None)

    def _virtual_size(self, disk_format: str) -> int | None:
        if disk_format in (KERNEL, RAMDISK):
            return None
        if disk_format != QCOW2:
            return self.size
        return int(self._inspector().virtual_size)

    def _inspector(self) -> format_inspector.FileInspector:
        """Return the inspector of the only format that fits."""
        found = self._inspected.formats
        assert found is not None
        (only,) = found
        return only

    @property
    def architecture(self) -> str | None:
        """The architecture of a kernel, by its header; None: it does not say."""
        return _architecture(bytes(self._head))


_REASONS = {
    "backing_file": "needs a backing file",
    "data_file": "keeps its data in another file",
    "unknown_features": "needs features that are not known",
}


class _Feed:
    """A source that has one chunk at a time."""

    def __init__(self) -> None:
        self.chunk = b""

    def read(self, _size: int) -> bytes:
        return self.chunk


def _named(found: set[str]) -> str:
    return " and ".join(sorted(found)) or "unknown"


_PE_MACHINES = {0x8664: "x86_64", 0xAA64: "aarch64"}


def _architecture(head: bytes) -> str | None:
    if head[0x202:0x206] == b"HdrS":
        return "x86_64"
    if head[56:60] == b"ARM\x64":
        return "aarch64"
    if head[:2] == b"MZ" and len(head) >= 64:
        (start,) = struct.unpack_from("<I", head, 60)
        if head[start : start + 4] == b"PE\0\0" and start + 6 <= len(head):
            return _PE_MACHINES.get(struct.unpack_from("<H", head, start + 4)[0])
    return None
