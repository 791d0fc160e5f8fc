# SPDX-License-Identifier: Apache-2.0
"""Chooses the manifest of an index that fits a node, and reads what a manifest says about its file."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ironic_lite.images.oci.reference import is_digest

_DISK_TYPES = {"raw": 1, "applehv": 2, "qcow2": 3, "qemu": 4}
"""Annotation ``disktype`` -> rank: agents write raw images without storing them first."""
_ANY_DISK_TYPE = 100
_FORMATS = {"raw": "raw", "applehv": "raw", "qcow2": "qcow2", "qemu": "qcow2"}
_SAME = ({"x86_64", "amd64"}, {"aarch64", "arm64"})
_TITLE = "org.opencontainers.image.title"
_COMPRESSED = ("zstd", "gzip", "xz")
_SUFFIXES = {".raw": "raw", ".img": None, ".qcow2": "qcow2"}


class Unfit(Exception):
    """The index or manifest has no usable file; the text says why."""


@dataclasses.dataclass(frozen=True)
class Choice:
    """A manifest of an index.

    :param disk_format: None: the index does not say it.
    """

    digest: str
    disk_format: str | None


@dataclasses.dataclass(frozen=True)
class Layer:
    """The file of a manifest.

    :param size: bytes.
    :param name: None: it has none.
    """

    digest: str
    size: int
    media_type: str
    name: str | None

    @property
    def disk_format(self) -> str | None:
        """What the file's name says about its format."""
        name = (self.name or "").lower()
        return next((kind for suffix, kind in _SUFFIXES.items() if name.endswith(suffix)), None)


def choose(index: Mapping[str, Any], cpu_arch: str | None) -> list[Choice]:
    """Return the manifests of an index that a node may use, the best first.

    :param cpu_arch: of the node; None: any.
    :raises Unfit: when there is none for this architecture.
    """
    listed = index.get("manifests")
    entries = [e for e in listed if isinstance(e, dict)] if isinstance(listed, list) else []
    wanted = _architectures(cpu_arch)
    found: list[tuple[int, Choice]] = []
    others: set[str] = set()
    for entry in entries:
        architecture = _mapping(entry, "platform").get("architecture")
        if wanted and architecture and architecture not in wanted:
            others.add(str(architecture))
            continue
        kind = _mapping(entry, "annotations").get("disktype")
        if not is_digest(entry.get("digest")) or (kind and kind not in _DISK_TYPES):
            continue
        rank = _DISK_TYPES.get(kind or "", _ANY_DISK_TYPE)
        found.append((rank, Choice(entry["digest"], _FORMATS.get(kind or ""))))
    if not found and others:
        raise Unfit(
            f"it has no manifest for the architecture {cpu_arch} (properties/cpu_arch), only for "
            f"{', '.join(sorted(others))}"
        )
    if not found:
        raise Unfit("its index has no manifest of a disk image")
    return [choice for _rank, choice in sorted(found, key=lambda each: each[0])]


def layer(manifest: Mapping[str, Any]) -> Layer:
    """Return the file of a manifest.

    :raises Unfit: when it has several files, as a container image has, or one that agents cannot write.
    """
    layers = manifest.get("layers")
    if not isinstance(layers, list) or len(layers) != 1 or not isinstance(layers[0], dict):
        count = len(layers) if isinstance(layers, list) else 0
        raise Unfit(
            f"its manifest has {count} layers; a disk image is a single one, as 'oras push' makes it"
        )
    (only,) = layers
    size, media_type = only.get("size"), only.get("mediaType")
    if not is_digest(only.get("digest")) or not isinstance(size, int) or size <= 0:
        raise Unfit("the layer of its manifest has no valid digest and size")
    if not isinstance(media_type, str) or media_type.endswith(_COMPRESSED):
        raise Unfit(
            f"its layer is of the type {media_type}; agents write only files that are not compressed"
        )
    title = _mapping(only, "annotations").get(_TITLE)
    return Layer(only["digest"], size, media_type, title if isinstance(title, str) else None)


def _architectures(cpu_arch: str | None) -> set[str]:
    if not cpu_arch:
        return set()
    return next((same for same in _SAME if cpu_arch in same), {cpu_arch})


def _mapping(entry: Mapping[str, Any], name: str) -> Mapping[str, Any]:
    value = entry.get(name)
    return value if isinstance(value, dict) else {}
