# SPDX-License-Identifier: Apache-2.0
"""The images of a node: who may use them, what is recorded about them, and where its server gets them.

``instance_info`` has the images of the instance, ``driver_info`` or the configuration those of the ramdisks. What a
client may use is decided when it requests a deployment; from then on the record says exactly which image that is
(*pin*), so that nobody can exchange it while the deployment runs. Images in ``driver_info`` belong to the node's owner,
those in the configuration to the operator: whoever uses the node need not see them.
"""

import dataclasses
import hashlib
import json
import types
from collections.abc import Iterable
from typing import Any

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.drivers import image_links, ramdisk_images
from ironic_lite.drivers.ramdisk_images import Found
from ironic_lite.images import sources, store
from ironic_lite.images.image import Client, Image, Origin

LOG = log.getLogger(__name__)

SOURCE = "image_source"
INSTANCE_FIELDS = (SOURCE, "kernel", "ramdisk", "boot_iso")
RAMDISK_FIELDS = ramdisk_images.FIELDS

DOWNLOAD_SOURCE = "image_download_source"
"""Field of ``instance_info`` and ``driver_info``: how the agent gets the instance's image."""
DIRECTLY, THROUGH_API = "http", "local"
PULL_SECRET = "image_pull_secret"  # noqa: S105 - a key
"""Field of ``instance_info`` and ``driver_info``: the credentials for a registry."""
PINS = "image_pins"
"""Key in ``driver_internal_info``: ``{field: {"reference", "pin", "size", "digest"}}``."""
FILLED = "image_filled"
"""Key in ``driver_internal_info``: ``{field of instance_info: digest of its value}``, for the fields that the service
filled in."""

_READ = ("uuid", "driver", "owner", "lessee", "properties", "driver_info", "driver_internal_info")
"""Fields of a node, besides ``instance_info``, that are read when its images are checked."""

_MOST_PROPERTIES = 32 * 1024
"""Maximum bytes of the properties, as JSON, that are copied to the node."""


def is_streamed(node: Any, field: str) -> bool:
    """Tell whether the node's server gets the image in a field through the API, and not from the image's own server."""
    reference = _find(node, field).reference
    if sources.is_streamed(reference):
        return True
    wanted = node.instance_info.get(DOWNLOAD_SOURCE) or node.driver_info.get(DOWNLOAD_SOURCE)
    return field == SOURCE and wanted == THROUGH_API and bool(reference)


def look_up(node: Any, field: str, context: Any) -> Image:
    """Ask the source about the image in a field of the node.

    :param context: context of the request.
    :raises MissingParameterValue: when it is one of a ramdisk, and no place names it.
    :raises: what ``sources.resolve`` raises.
    """
    found = _find(node, field)
    return sources.resolve(found.reference, found.where, _client(node, field, context))


def record(node: Any, fields: Iterable[str], context: Any) -> None:
    """Pin the images in these fields of ``instance_info``, and fill in what their source says. The caller saves.

    What an earlier deployment filled in is removed first. Images that servers download themselves are left alone.

    :raises: what :func:`look_up` raises.
    """
    forget(node)
    pins: dict[str, dict[str, Any]] = {}
    for field in fields:
        reference = node.instance_info.get(field)
        if not is_streamed(node, field):
            continue
        image = look_up(node, field, context)
        pins[field] = {
            "reference": reference,
            "pin": image.pin,
            "size": image.size,
            "digest": image.digest,
        }
        if field == SOURCE:
            _fill(node, {**_said(image), "image_url": image_links.place(node, field)})
    if pins:
        node.set_driver_internal_info(PINS, pins)
        image_links.prepare(node)


def forget(node: Any) -> None:
    """Remove the pins, the filled-in fields that no client has changed since, and all URLs. The caller saves."""
    image_links.revoke(node)
    node.del_driver_internal_info(PINS)
    filled = node.del_driver_internal_info(FILLED) or {}
    left = {
        name: value
        for name, value in node.instance_info.items()
        if filled.get(name) != _digest(value)
    }
    if left != node.instance_info:
        node.instance_info = left


def known(node: Any, context: Any) -> Any:
    """Return the node as far as its images go, with what the source of its instance's image says filled in.

    :raises: what :func:`look_up` raises.
    """
    info = {**node.instance_info}
    filled = node.driver_internal_info.get(FILLED) or {}
    info = {name: value for name, value in info.items() if filled.get(name) != _digest(value)}
    return types.SimpleNamespace(
        **{name: getattr(node, name) for name in _READ},
        instance_info={**_said(look_up(node, SOURCE, context)), **info},
    )


def url(node: Any, field: str) -> str:
    """Return the URL at which the node's server downloads the image in a field.

    :raises InvalidParameterValue: when the field was changed after the deployment had begun.
    """
    if not is_streamed(node, field):
        return str(_find(node, field).reference)
    if field in INSTANCE_FIELDS and _pinned(node, field) is None:
        raise exception.InvalidParameterValue(
            err=f"instance_info/{field} of node {node.uuid} was changed after its deployment; rebuild the node to use "
            "another image."
        )
    return image_links.url(node, field)


def origin(node: Any, field: str, token: str) -> Origin:
    """Return how to read the image of a URL that :func:`url` has made.

    :raises ImageNotFound: when the URL is wrong, or not valid any more; or there is no such image any more.
    :raises: what ``sources.origin`` raises.
    """
    if field not in (*INSTANCE_FIELDS, *RAMDISK_FIELDS) or not image_links.is_valid(
        node, field, token
    ):
        raise exception.ImageNotFound(image_id="of this URL")
    if field in RAMDISK_FIELDS:
        image = look_up(node, field, ironic_context.admin_context())
        pin, size, digest = image.pin, image.size, image.digest
    else:
        pinned = _pinned(node, field)
        if pinned is None:
            raise exception.ImageNotFound(image_id="of this URL")
        pin, size, digest = pinned["pin"], pinned["size"], pinned["digest"]
    found = sources.origin(pin, _client(node, field, ironic_context.admin_context()))
    return dataclasses.replace(found, size=found.size if size is None else size, digest=digest)


def needs(node: Any, uuid: str, name: str) -> bool:
    """Tell whether a running operation of the node uses an image of the store, or the instance boots it any time."""
    pins = node.driver_internal_info.get(PINS) or {}
    if node.operation is None and "instance_ramdisk" not in node.driver_internal_info:
        return False
    if any(pinned["pin"] == f"{store.SCHEME}{uuid}" for pinned in pins.values()):
        return True
    return node.operation is not None and any(
        found.reference in (uuid, name, f"{store.SCHEME}{uuid}", f"{store.SCHEME}{name}")
        for kind in ramdisk_images.KINDS
        for found in ramdisk_images.known(node, kind)
    )


def _find(node: Any, field: str) -> Found:
    if field in RAMDISK_FIELDS:
        return ramdisk_images.find(node, field)
    return Found(node.instance_info.get(field), f"instance_info/{field}")


def _client(node: Any, field: str, context: Any) -> Client:
    cpu_arch = node.properties.get("cpu_arch")
    if field in RAMDISK_FIELDS and ramdisk_images.find(node, field).is_operators:
        return Client(context, cpu_arch=cpu_arch)
    more = {"cpu_arch": cpu_arch, "pull_secret": _pull_secret(node, field)}
    if field in RAMDISK_FIELDS:
        return Client(context, project=node.owner, **more)
    # Nova, for example.
    if context.auth_disabled or context.system_scope == "all":
        return Client(context, **more)
    project = None if context.is_admin else context.project_id or ""
    return Client(context, project=project, **more)


def _pull_secret(node: Any, field: str) -> str | None:
    """Return the pull secret for an image of the instance, or of the ramdisks.

    A lessee must not be able to send the owner's secret to a registry of its own.
    """
    secret = node.driver_info.get(PULL_SECRET)
    if field in INSTANCE_FIELDS and (own := node.instance_info.get(PULL_SECRET)):
        secret = own
    elif field in INSTANCE_FIELDS and node.lessee:
        secret = None
    return secret if isinstance(secret, str) and secret else None


def _pinned(node: Any, field: str) -> dict[str, Any] | None:
    pinned = (node.driver_internal_info.get(PINS) or {}).get(field)
    if pinned is None or pinned["reference"] != node.instance_info.get(field):
        return None
    found: dict[str, Any] = pinned
    return found


def _fill(node: Any, said: dict[str, Any]) -> None:
    said = {name: value for name, value in said.items() if name not in node.instance_info}
    node.instance_info = {**node.instance_info, **said}
    digests = {name: _digest(value) for name, value in said.items()}
    node.set_driver_internal_info(FILLED, digests)


def _said(image: Image) -> dict[str, Any]:
    """Return what a source says, by the names that ``instance_info`` has for it."""
    properties = dict(image.properties)
    if len(json.dumps(properties)) > _MOST_PROPERTIES:
        LOG.warning("The properties of image %s are too large to be copied to the node", image.pin)
        properties = {}
    said = {
        "image_disk_format": image.disk_format,
        "image_container_format": image.container_format,
        "image_checksum": image.checksum,
        "image_os_hash_algo": image.os_hash_algo,
        "image_os_hash_value": image.os_hash_value,
        "image_properties": properties,
        "image_tags": list(image.tags),
        "image_type": image.properties.get("img_type"),
        "kernel": image.kernel,
        "ramdisk": image.ramdisk,
        **image.more,
    }
    return {name: value for name, value in said.items() if value not in (None, [], {})}


def _digest(value: Any) -> str:
    return hashlib.sha256(json.dumps(value, sort_keys=True).encode()).hexdigest()
