# SPDX-License-Identifier: Apache-2.0
"""Partition images: a root file system, for which the agent makes the partitions and sets up a boot loader.

A rebuild may keep the content of the ephemeral partition, but only while all sizes stay the same. So the record keeps
the sizes of the last deployment.
"""

from typing import Any

from oslo_utils import strutils

from ironic_lite.common import exception
from ironic_lite.conf import CONF

PARTITION = "partition"
WHOLE_DISK = "whole-disk"
_TYPES = (WHOLE_DISK, PARTITION)

LAYOUT = "instance"
"""Key in ``driver_internal_info``: sizes of the partitions on the disk, in MiB."""

UUIDS = "agent_partition_uuids"
"""Key in ``driver_internal_info``: what the agent reported about its partitions."""

WRITES = "agent_partition_writes"
"""Key in ``driver_internal_info``: how often the agent wrote the image without reporting its root partition."""

# Both fields mark a partition image. Nothing boots them: the agent installs a boot loader.
_MARKS = ("kernel", "ramdisk")
_FORMATS = frozenset({"ext4", "ext3", "ext2", "xfs", "btrfs", "vfat"})
_MAX_GB = 1_000_000


def wanted(node: Any) -> bool:
    """Tell whether the node's image is a partition image.

    :raises InvalidParameterValue: when its type is unknown, or only one of kernel and ramdisk is set.
    """
    info = node.instance_info
    kind = info.get("image_type")
    if kind is not None:
        if kind not in _TYPES:
            raise exception.InvalidParameterValue(
                err=f"instance_info/image_type '{kind}' is unknown; use {' or '.join(_TYPES)}."
            )
        return bool(kind == PARTITION)
    marks = [name for name in _MARKS if info.get(name)]
    if len(marks) == 1:
        raise exception.InvalidParameterValue(
            err=f"instance_info has only {marks[0]}: a partition image needs kernel and ramdisk (or image_type "
            "'partition'), a whole-disk image has neither."
        )
    return bool(marks)


def writes(node: Any) -> int:
    """Return how often this deployment wrote the image without learning the root partition's UUID."""
    return int(node.driver_internal_info.get(WRITES) or 0)


def validate(node: Any) -> None:
    """Check the sizes, and the ephemeral partition if it is to be preserved.

    :raises InvalidParameterValue: partition images are not enabled for the node's boot mode.
    :raises MissingParameterValue, InvalidParameterValue: when a field is missing or wrong; the message names it.
    """
    if not CONF.agent.enable_bios_bootloader_install:
        raise exception.InvalidParameterValue(
            err="A partition image needs a boot loader in BIOS mode, and the agent is not allowed to install one: set "
            "[agent] enable_bios_bootloader_install, or use a whole-disk image."
        )
    sizes = layout(node)
    _ephemeral_format(node)
    if not _preserves(node):
        return
    before = node.driver_internal_info.get(LAYOUT)
    if not sizes["ephemeral_mb"] or before is None:
        raise exception.InvalidParameterValue(
            err="instance_info/preserve_ephemeral is set, but there is no ephemeral partition to preserve."
        )
    changed = sorted(name for name, size in sizes.items() if before.get(name) != size)
    if changed:
        raise exception.InvalidParameterValue(
            err=f"The ephemeral partition cannot be preserved: {', '.join(changed)} changed from "
            f"{', '.join(str(before.get(name)) for name in changed)} to "
            f"{', '.join(str(sizes[name]) for name in changed)}."
        )


def layout(node: Any) -> dict[str, int]:
    """Return the sizes of the partitions in MiB, by name.

    :raises MissingParameterValue, InvalidParameterValue: when a field is missing or wrong; the message names it.
    """
    info = node.instance_info
    if info.get("root_gb") is None:
        raise exception.MissingParameterValue(
            err="A partition image needs the size of its root partition: set instance_info/root_gb."
        )
    return {
        "root_mb": 1024 * _size(info, "root_gb", least=1),
        "swap_mb": _size(info, "swap_mb"),
        "ephemeral_mb": 1024 * _size(info, "ephemeral_gb"),
    }


def describe(node: Any) -> dict[str, Any]:
    """Return the ``image_info`` fields that only partition images have."""
    info = node.instance_info
    return {
        "image_type": PARTITION,
        **layout(node),
        "ephemeral_format": _ephemeral_format(node),
        "preserve_ephemeral": _preserves(node),
        **{name: info[name] for name in _MARKS if info.get(name)},
    }


def _size(info: dict[str, Any], name: str, least: int = 0) -> int:
    value = info.get(name)
    if value is None:
        value = 0
    if isinstance(value, str) and value.isascii() and value.isdecimal() and len(value) < 10:
        value = int(value)
    whole = isinstance(value, int) and not isinstance(value, bool)
    if not whole or not least <= value <= _MAX_GB:
        raise exception.InvalidParameterValue(
            err=f"instance_info/{name} must be a whole number of at least {least}."
        )
    return int(value)


def _ephemeral_format(node: Any) -> str:
    wanted_format = node.instance_info.get("ephemeral_format")
    if wanted_format is None:
        return str(CONF.pxe.default_ephemeral_format)
    if wanted_format not in _FORMATS:
        raise exception.InvalidParameterValue(
            err=f"instance_info/ephemeral_format '{wanted_format}' is unknown; use {', '.join(sorted(_FORMATS))}."
        )
    return str(wanted_format)


def _preserves(node: Any) -> bool:
    try:
        return strutils.bool_from_string(
            node.instance_info.get("preserve_ephemeral") or False, strict=True
        )
    except ValueError:
        raise exception.InvalidParameterValue(
            err="instance_info/preserve_ephemeral must be true or false."
        ) from None
