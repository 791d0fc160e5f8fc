# SPDX-License-Identifier: Apache-2.0
"""Config drives: a deployed system reads its first configuration from them.

A client sends a complete one (a URL, or a gzipped ISO 9660 image in base64), or the parts to build one from. The layout
is that of cloud-init and Ignition: a volume labelled ``config-2`` with ``openstack/<version>/`` in it.
"""

import base64
import binascii
import gzip
import io
import json
from collections.abc import Callable
from typing import Any

from ironic_lite import objects
from ironic_lite.common import exception, json_reading, outbound

LABEL = "config-2"
# The agent refuses more than 64 MiB: that is the size of the partition it makes.
MAX_SIZE = 64 * 1024 * 1024
VERSIONS = ("2012-08-10", "latest")
KNOWN = frozenset({"meta_data", "network_data", "user_data", "vendor_data"})
_GZIP_MAGIC = b"\x1f\x8b"


_PARTS_OF_NETWORK_DATA = ("links", "networks", "services")

NetworkData = Callable[[], dict[str, Any]]


def ready(
    node: objects.Node, configdrive: str | dict[str, Any], network_data: NetworkData = dict
) -> str:
    """Return the config drive to store on the node and to give to the agent: a URL or a base64 image.

    :param configdrive: a URL, a gzipped and base64-encoded image, or a dictionary (also as JSON text) with any of
        ``meta_data``, ``network_data``, ``user_data`` and ``vendor_data``.
    :param network_data: returns ``network_data`` for a dictionary that has none, or an empty one.
    :raises ConfigDriveInvalid: when it has another form, or is too large.
    :raises: what ``network_data`` raises.
    """
    if isinstance(configdrive, str) and configdrive.lstrip().startswith("{"):
        try:
            configdrive = json_reading.read(configdrive, json_reading.CONFIG_DRIVE)
        except json_reading.Unreadable as exc:
            raise exception.ConfigDriveInvalid(reason=f"it is not valid JSON: {exc}") from exc
    if isinstance(configdrive, dict):
        return build(node, configdrive, network_data)
    if configdrive.startswith(("http://", "https://")):
        try:
            return outbound.check_url(configdrive, "the config drive")
        except outbound.OutboundError as exc:
            raise exception.ConfigDriveInvalid(reason=exc) from exc
    _check_image(configdrive)
    return configdrive


def build(node: objects.Node, parts: dict[str, Any], network_data: NetworkData = dict) -> str:
    """Build a gzipped and base64-encoded ISO 9660 image from its parts; parameters are those of :func:`ready`.

    :raises ConfigDriveInvalid: when a part is wrong; the message names it.
    """
    unknown = sorted(set(parts) - KNOWN)
    if unknown:
        raise exception.ConfigDriveInvalid(
            reason=f"unknown part(s) {', '.join(unknown)}; use {', '.join(sorted(KNOWN))}"
        )
    files = _files(node, parts, network_data)
    if sum(map(len, files.values())) * len(VERSIONS) > MAX_SIZE:
        raise exception.ConfigDriveInvalid(reason=f"it is larger than {MAX_SIZE >> 20} MiB")
    image = _iso(files)
    if len(image) > MAX_SIZE:
        raise exception.ConfigDriveInvalid(reason=f"it is larger than {MAX_SIZE >> 20} MiB")
    return base64.b64encode(gzip.compress(image, mtime=0)).decode("ascii")


def _files(node: objects.Node, parts: dict[str, Any], found: NetworkData) -> dict[str, bytes]:
    meta_data = {"uuid": node.instance_uuid or node.uuid}
    if node.name:
        meta_data["name"] = meta_data["hostname"] = node.name
    files = {"meta_data.json": _json({**meta_data, **_mapping(parts, "meta_data")})}
    network_data = _mapping(parts, "network_data")
    if not any(network_data.get(part) for part in _PARTS_OF_NETWORK_DATA):
        network_data = found() or network_data
    if network_data:
        files["network_data.json"] = _json(network_data)
    vendor_data = _mapping(parts, "vendor_data")
    if vendor_data:
        files["vendor_data2.json"] = _json(vendor_data)
    user_data = parts.get("user_data")
    if user_data:
        files["user_data"] = user_data.encode() if isinstance(user_data, str) else _json(user_data)
    return files


def _mapping(parts: dict[str, Any], name: str) -> dict[str, Any]:
    part = parts.get(name) or {}
    if not isinstance(part, dict):
        raise exception.ConfigDriveInvalid(reason=f"{name} must be an object")
    return part


def _json(value: Any) -> bytes:
    return json.dumps(value).encode()


def _iso(files: dict[str, bytes]) -> bytes:
    import pycdlib

    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, joliet=3, rock_ridge="1.09", vol_ident=LABEL)
    iso.add_directory("/OPENSTACK", rr_name="openstack", joliet_path="/openstack")
    # ISO 9660 names are short and upper case; readers use the Rock Ridge and Joliet names.
    for place, version in enumerate(VERSIONS):
        folder = f"/OPENSTACK/V{place}"
        iso.add_directory(folder, rr_name=version, joliet_path=f"/openstack/{version}")
        for number, (name, content) in enumerate(files.items()):
            iso.add_fp(
                io.BytesIO(content),
                len(content),
                f"{folder}/F{number}.;1",
                rr_name=name,
                joliet_path=f"/openstack/{version}/{name}",
            )
    out = io.BytesIO()
    iso.write_fp(out)
    iso.close()
    return out.getvalue()


def _check_image(encoded: str) -> None:
    try:
        image = base64.b64decode("".join(encoded.split()), validate=True)
    except (binascii.Error, ValueError) as exc:
        raise exception.ConfigDriveInvalid(
            reason="it is neither a URL nor base64; send a gzipped ISO image in base64, a URL, or an object"
        ) from exc
    if not image.startswith(_GZIP_MAGIC):
        raise exception.ConfigDriveInvalid(reason="the base64 content is not gzipped")
    if _unpacked_size(image) > MAX_SIZE:
        raise exception.ConfigDriveInvalid(reason=f"it unpacks to more than {MAX_SIZE >> 20} MiB")


def _unpacked_size(image: bytes) -> int:
    """Return the unpacked size of an image in bytes; stop counting beyond the limit."""
    size = 0
    try:
        with gzip.GzipFile(fileobj=io.BytesIO(image)) as stream:
            while size <= MAX_SIZE and (chunk := stream.read(1 << 20)):
                size += len(chunk)
    except (OSError, EOFError) as exc:
        raise exception.ConfigDriveInvalid(reason=f"it cannot be unpacked: {exc}") from exc
    return size
