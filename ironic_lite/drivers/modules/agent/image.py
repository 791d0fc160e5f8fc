# SPDX-License-Identifier: Apache-2.0
"""The image that a node is to be deployed with: what may be asked for, and how the agent is told."""

import re
import urllib.parse
from typing import Any

from ironic_lite.common import exception, fetch, redaction
from ironic_lite.drivers import boot_mode
from ironic_lite.drivers.modules.agent import partition_image

FORMATS = frozenset({"raw", "qcow2"})
ALGORITHMS = {"sha256": 64, "sha384": 96, "sha512": 128}
"""Accepted checksums and their length in hexadecimal digits."""

_MD5_DIGITS = 32
_HEX = re.compile(r"[0-9a-fA-F]+")


def validate(node: Any) -> None:
    """Check what a node's ``instance_info`` says about its image, and whether the image is there.

    :raises MissingParameterValue: when there is no image or no checksum.
    :raises InvalidParameterValue: naming the field that is wrong.
    :raises ImageRefValidationFailed: when the image cannot be fetched.
    """
    info = node.instance_info
    source = info.get("image_source")
    if not source:
        raise exception.MissingParameterValue(
            err=f"Node {node.uuid} has no instance_info/image_source; set it to the http or https URL of an image."
        )
    if partition_image.wanted(node):
        partition_image.validate(node)
    disk_format = info.get("image_disk_format")
    if disk_format is not None and disk_format not in FORMATS:
        raise exception.InvalidParameterValue(
            err=f"instance_info/image_disk_format '{disk_format}' is not supported; use raw or qcow2."
        )
    _check_checksum(info)
    try:
        fetch.head(source, "instance_info/image_source")
    except fetch.FetchError as exc:
        raise exception.ImageRefValidationFailed(image_href=_shown(source), reason=exc) from exc


def _check_checksum(info: dict[str, Any]) -> None:
    algorithm, value = info.get("image_os_hash_algo"), info.get("image_os_hash_value")
    if algorithm or value:
        digits = ALGORITHMS.get(str(algorithm))
        if digits is None:
            raise exception.InvalidParameterValue(
                err=f"instance_info/image_os_hash_algo '{algorithm}' is not supported; use "
                f"{', '.join(sorted(ALGORITHMS))}."
            )
        if not isinstance(value, str) or len(value) != digits or not _HEX.fullmatch(value):
            raise exception.InvalidParameterValue(
                err=f"instance_info/image_os_hash_value must be the image's {algorithm} in {digits} hexadecimal digits."
            )
        return
    checksum = info.get("image_checksum")
    if not checksum:
        raise exception.MissingParameterValue(
            err="The image's checksum is missing: set instance_info/image_os_hash_algo and image_os_hash_value, or "
            "image_checksum. No image is written unverified."
        )
    _check_legacy_checksum(checksum)


def _check_legacy_checksum(checksum: Any) -> None:
    if isinstance(checksum, str) and checksum.startswith(("http://", "https://")):
        try:
            fetch.check_url(checksum, "instance_info/image_checksum")
        except fetch.FetchError as exc:
            raise exception.InvalidParameterValue(err=f"{exc}.") from exc
        return
    if not isinstance(checksum, str) or not _HEX.fullmatch(checksum):
        raise exception.InvalidParameterValue(
            err="instance_info/image_checksum must be hexadecimal digits or a URL."
        )
    if len(checksum) == _MD5_DIGITS:
        raise exception.InvalidParameterValue(
            err="instance_info/image_checksum is an MD5 checksum, which proves nothing; give a SHA-256 or SHA-512 one."
        )
    if len(checksum) not in (ALGORITHMS["sha256"], ALGORITHMS["sha512"]):
        raise exception.InvalidParameterValue(
            err="instance_info/image_checksum is neither a SHA-256 nor a SHA-512 checksum."
        )


def describe(node: Any) -> dict[str, Any]:
    """The ``image_info`` of the agent's step ``write_image``."""
    info = node.instance_info
    source = info["image_source"]
    told = {
        # The agent makes a file of this name.
        "id": urllib.parse.urlsplit(source).path.rpartition("/")[2] or node.uuid,
        "urls": [source],
        "image_type": partition_image.WHOLE_DISK,
        "container_format": "bare",
        "disk_format": info.get("image_disk_format"),
        "stream_raw_images": True,
        "node_uuid": node.uuid,
        "deploy_boot_mode": boot_mode.of(node),
        "checksum": info.get("image_checksum"),
        "os_hash_algo": info.get("image_os_hash_algo"),
        "os_hash_value": (info.get("image_os_hash_value") or "").lower() or None,
    }
    if partition_image.wanted(node):
        told |= partition_image.describe(node)
    proxies = {
        scheme: info[f"image_{scheme}_proxy"]
        for scheme in ("http", "https")
        if info.get(f"image_{scheme}_proxy")
    }
    if proxies:
        told["proxies"] = proxies
        told["no_proxy"] = info.get("image_no_proxy")
    return told


def _shown(url: Any) -> str:
    return redaction.mask_url(url) if isinstance(url, str) else "image_source"
