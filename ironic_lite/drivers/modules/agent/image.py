# SPDX-License-Identifier: Apache-2.0
"""The image to deploy on a node: its validation, and its description for the agent."""

import re
import urllib.parse
from typing import Any

from ironic_lite.common import exception, outbound
from ironic_lite.drivers import available, boot_mode, node_images
from ironic_lite.drivers.modules.agent import driver_info, partition_image

_DISK_FORMATS = {"raw": "raw", "qcow2": "qcow2", "gpt": "raw"}
"""Disk formats of images -> their name for the agent. Glance calls a raw image with a partition table gpt."""
ALGORITHMS = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Accepted checksums and their length in hexadecimal digits."""

SOURCE = node_images.SOURCE

_IN_LISTS = ("sha256", "sha512")
_MD5_DIGITS = 32
_HEX = re.compile(r"[0-9a-fA-F]+")


def validate(node: Any, context: Any) -> None:
    """Check the image in a node's ``instance_info``, and whether its server has it.

    :param context: context of the request; it decides how much the message may say.
    :raises MissingParameterValue: when there is no image or no checksum.
    :raises InvalidParameterValue: when a field is wrong; the message names it.
    :raises ImageRefValidationFailed: when the image, or the list with its checksum, cannot be fetched.
    """
    info = node.instance_info
    source = info.get("image_source")
    if not source:
        raise exception.MissingParameterValue(
            err=f"Node {node.uuid} has no instance_info/image_source; set it to an image."
        )
    is_streamed = node_images.is_streamed(node, SOURCE)
    if is_streamed:
        node = node_images.known(node, context)
        info = node.instance_info
    else:
        available.check_text(source, f"instance_info/{SOURCE}")
    if partition_image.wanted(node):
        partition_image.validate(node)
    disk_format = info.get("image_disk_format")
    if disk_format is not None and disk_format not in _DISK_FORMATS:
        raise exception.InvalidParameterValue(
            err=f"instance_info/image_disk_format '{disk_format}' is not supported; use {' or '.join(_DISK_FORMATS)}."
        )
    _check_config_drive(info.get("configdrive"))
    checksums = _check_checksum(info)
    if not is_streamed:
        node_images.look_up(node, SOURCE, context)
    if checksums is not None:
        available.check(info[checksums], f"instance_info/{checksums}", context)


def _check_config_drive(drive: Any) -> None:
    """Check a config drive in ``instance_info``; only config drives in requests were checked before."""
    if not _is_url(drive):
        return
    try:
        outbound.check_url(drive, "instance_info/configdrive")
    except outbound.OutboundError as exc:
        raise exception.InvalidParameterValue(err=f"{exc}.") from exc


def _check_checksum(info: dict[str, Any]) -> str | None:
    """Check the checksum; return the name of the field that holds the URL of a checksum list, else None."""
    algorithm, value = info.get("image_os_hash_algo"), info.get("image_os_hash_value")
    if algorithm and str(algorithm) not in ALGORITHMS:
        raise exception.InvalidParameterValue(
            err=f"instance_info/image_os_hash_algo '{algorithm}' is not supported; use "
            f"{', '.join(sorted(ALGORITHMS))}."
        )
    if _is_url(value):
        if algorithm and str(algorithm) not in _IN_LISTS:
            raise exception.InvalidParameterValue(
                err=f"instance_info/image_os_hash_algo is {algorithm}, but agents read checksum lists for "
                f"{' and '.join(_IN_LISTS)} only; set image_os_hash_value to the checksum itself."
            )
        return "image_os_hash_value"
    if algorithm or value:
        if not algorithm:
            raise exception.MissingParameterValue(
                err="instance_info has image_os_hash_value without image_os_hash_algo; set the latter to "
                f"{', '.join(sorted(ALGORITHMS))}."
            )
        digits = ALGORITHMS[str(algorithm)]
        if not isinstance(value, str) or len(value) != digits or not _HEX.fullmatch(value):
            raise exception.InvalidParameterValue(
                err=f"instance_info/image_os_hash_value must be the image's {algorithm} checksum of {digits} "
                "hexadecimal digits, or the URL of a list of checksums."
            )
        return None
    checksum = info.get("image_checksum")
    if not checksum:
        raise exception.MissingParameterValue(
            err="The image's checksum is missing: set instance_info/image_os_hash_algo and image_os_hash_value, or "
            "image_checksum. The service writes no image without verifying it."
        )
    if _is_url(checksum):
        return "image_checksum"
    _check_legacy_checksum(checksum)
    return None


def _is_url(value: Any) -> bool:
    return isinstance(value, str) and value.startswith(("http://", "https://"))


def _check_legacy_checksum(checksum: Any) -> None:
    if not isinstance(checksum, str) or not _HEX.fullmatch(checksum):
        raise exception.InvalidParameterValue(
            err="instance_info/image_checksum must be hexadecimal digits or a URL."
        )
    if _is_md5(checksum):
        raise exception.InvalidParameterValue(
            err="instance_info/image_checksum is an MD5 checksum, which is not secure; use SHA-256 or SHA-512."
        )
    if len(checksum) not in (ALGORITHMS["sha256"], ALGORITHMS["sha512"]):
        raise exception.InvalidParameterValue(
            err="instance_info/image_checksum is neither a SHA-256 nor a SHA-512 checksum."
        )


def describe(node: Any) -> dict[str, Any]:
    """Return the ``image_info`` for the agent's step ``write_image``."""
    info = node.instance_info
    source = info["image_source"]
    described = {
        # The agent uses it as a file name.
        "id": _name(node, source),
        "urls": [node_images.url(node, SOURCE)],
        "image_type": partition_image.WHOLE_DISK,
        "container_format": "bare",
        "disk_format": _DISK_FORMATS.get(info.get("image_disk_format")),
        "stream_raw_images": True,
        "node_uuid": node.uuid,
        "deploy_boot_mode": boot_mode.of(node),
        **_checksum(info),
    }
    if partition_image.wanted(node):
        described |= partition_image.describe(node)
    return {**described, **driver_info.proxies(node)}


def _is_md5(checksum: Any) -> bool:
    return isinstance(checksum, str) and len(checksum) == _MD5_DIGITS


def _checksum(info: dict[str, Any]) -> dict[str, Any]:
    """Return the checksum fields for the agent. It finds the algorithm of a list by the checksums' length."""
    algorithm, value = info.get("image_os_hash_algo"), info.get("image_os_hash_value")
    if _is_url(value) and not algorithm:
        return {"checksum": value, "os_hash_algo": None, "os_hash_value": None}
    if value and not _is_url(value):
        value = value.lower()
    checksum = info.get("image_checksum")
    return {
        # The agent refuses MD5, even beside a better checksum.
        "checksum": None if _is_md5(checksum) else checksum,
        "os_hash_algo": algorithm,
        "os_hash_value": value or None,
    }


def _name(node: Any, source: str) -> str:
    """Return the image's id. The agent does not write an image again under the same id, so a retry gets another."""
    name = urllib.parse.urlsplit(source).path.rpartition("/")[2] or str(node.uuid)
    again = partition_image.writes(node)
    return f"{again}-{name}" if again else name
