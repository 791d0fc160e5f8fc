# SPDX-License-Identifier: Apache-2.0
"""How the virtual agent fetches an image, checks it and writes it to the disk."""

import asyncio
import base64
import binascii
import gzip
import hashlib
import re
import urllib.parse
from collections.abc import Callable
from typing import Any

from ironic_lite_simulator import partitions
from ironic_lite_simulator.agent import errors
from ironic_lite_simulator.disk import Disk, DiskFull
from ironic_lite_simulator.surroundings import DownloadFailed, Surroundings

DEVICE = "/dev/sda"
ATTEMPTS = 10
MAX_CONFIG_DRIVE = 64 * 1024 * 1024
_ALGORITHMS_BY_LENGTH = {64: "sha256", 96: "sha384", 128: "sha512"}
_CHECKSUM = re.compile(r"[0-9a-fA-F]{32,}")
# The formats of sha256sum without and with --tag.
_GNU_LINE = re.compile(r"(?P<checksum>[0-9a-fA-F]{32,})\s+\*?(?P<name>\S+)")
_BSD_LINE = re.compile(r"[A-Z0-9-]+ ?\((?P<name>[^()]+)\) ?= ?(?P<checksum>[0-9a-fA-F]{32,})")
_QCOW2_MAGIC = b"QFI\xfb"

# Called with the bytes written so far; it never returns when the agent dies, and may raise.
Progress = Callable[[int], Any]


def validate_image_info(image_info: Any) -> None:
    """Check an image_info as the real agent does before it starts.

    :raises errors.InvalidCommandParamsError: a required field is missing.
    """
    info = image_info if isinstance(image_info, dict) else {}
    for field in ("id", "urls"):
        if field not in info:
            raise errors.InvalidCommandParamsError(f"Image is missing '{field}' field.")
    if not isinstance(info["urls"], list) or not info["urls"]:
        raise errors.InvalidCommandParamsError(
            "Image 'urls' must be a list with at least one element."
        )
    pair = (info.get("os_hash_algo"), info.get("os_hash_value"))
    if any(pair):
        if not all(isinstance(value, str) and value for value in pair):
            raise errors.InvalidCommandParamsError(
                "Image 'os_hash_algo' and 'os_hash_value' must be non-empty strings."
            )
        return
    checksum = info.get("checksum")
    # 32 digits would be MD5, which the agent refuses by default.
    usable = isinstance(checksum, str) and (re.match("https?://", checksum) or len(checksum) > 32)
    if not usable:
        raise errors.InvalidCommandParamsError(
            "Image checksum is not available, either the 'checksum' field or the 'os_hash_algo' and "
            "'os_hash_value' fields pair must be set for image verification."
        )


class ImageWriter:
    """Writes one image to one disk."""

    def __init__(self, disk: Disk, around: Surroundings) -> None:
        self._disk = disk
        self._around = around

    async def write(self, info: dict[str, Any], progress: Progress) -> None:
        """Fetch the image, write it and verify its checksum.

        :raises errors.AgentError: the image could not be fetched or written, or its checksum does not match.
        """
        self._disk.begin_image(self._partitions(info))
        algorithm, expected = await self._expected_digest(info)
        for attempt in range(1, ATTEMPTS + 1):
            try:
                await self._write_once(info, algorithm, expected, progress)
                break
            except errors.ImageDownloadFatalError:
                raise
            except (errors.ImageDownloadError, errors.ImageChecksumError):
                if attempt == ATTEMPTS:
                    raise
                await asyncio.sleep(self._around.timing.download_retry)
        if not self._disk.has_partition_table():
            raise errors.DeploymentError(
                f"No partitions found on the device {DEVICE} after writing the image."
            )

    def _partitions(self, info: dict[str, Any]) -> list[partitions.Partition]:
        """Return the partitions that an image needs; an empty list for a whole-disk image."""
        if info.get("image_type") != "partition":
            return []
        # The real agent requires all of these too.
        sizes = {
            partitions.ROOT: int(info["root_mb"]),
            partitions.SWAP: int(info["swap_mb"]),
            partitions.EPHEMERAL: int(info["ephemeral_mb"]),
        }
        uefi = info["deploy_boot_mode"] == "uefi"
        try:
            return partitions.lay_out(
                self._disk.partitions, sizes, uefi, info["preserve_ephemeral"], self._disk.size
            )
        except partitions.DoesNotFit as exc:
            raise errors.DeploymentError(f"Failed to create partitions on {DEVICE}: {exc}") from exc

    async def write_config_drive(self, config_drive: str) -> None:
        """Store a config drive given as URL or as base64 of a gzipped image.

        :raises errors.DeploymentError: it cannot be fetched or decoded, or is too large.
        """
        data = config_drive.encode()
        if re.match("https?://", config_drive):
            try:
                data = b"".join([c async for c in self._around.stream(config_drive)])
            except DownloadFailed as exc:
                raise errors.DeploymentError(
                    f"Can't download the configdrive content: {exc}"
                ) from exc
        try:
            content = gzip.decompress(base64.b64decode(data))
        except (binascii.Error, ValueError, OSError, EOFError) as exc:
            # The content may hold secrets, so no part of it goes into the message.
            raise errors.DeploymentError(
                f"The config drive is not base64 of gzip data ({type(exc).__name__})."
            ) from exc
        if len(content) > MAX_CONFIG_DRIVE:
            raise errors.DeploymentError("Config drive size exceeds maximum limit of 64MiB.")
        self._disk.write_config_drive(content)

    async def _expected_digest(self, info: dict[str, Any]) -> tuple[str, str]:
        algorithm = info.get("os_hash_algo")
        expected = str(info["os_hash_value"] if algorithm else info["checksum"]).strip()
        if re.match("https?://", expected):
            expected = await self._fetch_digest(expected, str(info["urls"][0]), info)
        algorithm = algorithm or _ALGORITHMS_BY_LENGTH.get(len(expected))
        if algorithm not in hashlib.algorithms_available:
            raise errors.AgentError(
                f"Unable to verify image {info['id']} with available checksums."
            )
        return str(algorithm), expected.lower()

    async def _fetch_digest(self, url: str, image_url: str, info: dict[str, Any]) -> str:
        """Find the image's line in a checksums file."""
        try:
            text = b"".join([c async for c in self._around.stream(url)]).decode("utf-8", "replace")
        except DownloadFailed as exc:
            raise errors.ImageDownloadError(
                f"Download of image {info['id']} failed: {exc}"
            ) from exc
        name = urllib.parse.urlsplit(image_url).path.rpartition("/")[2]
        lines = [line.strip() for line in text.splitlines() if line.strip()]
        if len(lines) == 1 and _CHECKSUM.fullmatch(lines[0]):
            return lines[0]
        for line in lines:
            found = _GNU_LINE.fullmatch(line) or _BSD_LINE.fullmatch(line)
            if found and found["name"].removeprefix("./") == name:
                return found["checksum"]
        raise errors.ImageDownloadError(
            f"Download of image {info['id']} failed: Checksum file does not contain name {name}"
        )

    async def _write_once(
        self, info: dict[str, Any], algorithm: str, expected: str, progress: Progress
    ) -> None:
        last: DownloadFailed | None = None
        for url in info["urls"]:
            digest = hashlib.new(algorithm)
            written = 0
            try:
                async for chunk in self._around.stream(str(url)):
                    if not written and chunk.startswith(_QCOW2_MAGIC):
                        raise _write_error(
                            1, "The virtual agent writes raw images only, not qcow2."
                        )
                    if info.get("image_type") == "partition":
                        _check_room(info, written + len(chunk))
                    self._disk.write(written, chunk)
                    digest.update(chunk)
                    written += len(chunk)
                    await progress(written)
            except DiskFull as exc:
                raise _write_error(28, str(exc)) from exc
            except DownloadFailed as exc:
                last = exc
                continue
            break
        else:
            fatal = last is not None and 400 <= last.status < 500
            kind = errors.ImageDownloadFatalError if fatal else errors.ImageDownloadError
            raise kind(f"Download of image {info['id']} failed: {last}")
        if digest.hexdigest() != expected:
            raise errors.ImageChecksumError(
                f"Image failed to verify against checksum. location: {DEVICE}; image ID: {info['id']}; "
                f"image checksum: {expected}; verification checksum: {digest.hexdigest()}"
            )


def _check_room(info: dict[str, Any], size: int) -> None:
    if size > int(info["root_mb"]) * partitions.MIB:
        raise errors.InvalidCommandParamsError(
            f"Root partition is too small for requested image. Root size: {info['root_mb']} MB"
        )


def _write_error(exit_code: int, text: str) -> errors.ImageWriteError:
    return errors.ImageWriteError(
        f"Writing image to device {DEVICE} failed with exit code {exit_code}. stdout: . stderr: {text}"
    )


def write_fault() -> errors.ImageWriteError:
    """Return the error of a failing disk."""
    return _write_error(1, "I/O error")
