# SPDX-License-Identifier: Apache-2.0
"""Resolves the name or the UUID of a stored image.

A project sees its own images and the public ones. A name means the project's own image before a public one of that
name.
"""

import re
from typing import Any

from oslo_utils import uuidutils

from ironic_lite.common import exception, redaction
from ironic_lite.images import glance
from ironic_lite.images.image import Client, Image, Origin
from ironic_lite.objects import image as records

SCHEME = "store://"

_NAME = re.compile(r"[A-Za-z0-9._~-]{1,255}", re.ASCII)


def fits(reference: str) -> bool:
    """Tell whether the reference is of this kind."""
    return reference.startswith(SCHEME) or _NAME.fullmatch(reference) is not None


def resolve(reference: str, what: str, client: Client) -> Image:
    """Look the image up; see ``sources.resolve``. What is a UUID, and none of the store's, is passed on to Glance.

    :raises InvalidImageRef: when the reference can be neither a name nor a UUID.
    :raises ImageNotFound: when there is no such image that the client may see.
    :raises ImageUnacceptable: when not all of it has arrived, or several images have the name.
    :raises ImageHolderGone: when no machine that has it is alive.
    """
    ident = reference.removeprefix(SCHEME)
    if _NAME.fullmatch(ident) is None:
        raise exception.InvalidImageRef(image_href=redaction.mask_text(reference))
    if uuidutils.is_uuid_like(ident):
        found = _by_uuid(ident, client)
        if found is None and reference == ident:
            return glance.resolve(reference, what, client)
    else:
        found = _by_name(ident, client)
    if found is None:
        raise exception.ImageNotFound(image_id=ident)
    if found.status != records.ACTIVE:
        why = f" ({found.last_error})" if found.last_error else ""
        raise exception.ImageUnacceptable(
            image_id=ident, reason=f"its status is '{found.status}'{why}; add it again, or wait"
        )
    _holders(found)
    return _described(found)


def origin(pin: str, client: Client) -> Origin:
    """Return who has the bytes.

    :raises ImageNotFound: when the image is gone.
    :raises ImageHolderGone: as :func:`resolve`.
    """
    found = records.Image.get(client.context, pin.removeprefix(SCHEME))
    if found.status not in (records.ACTIVE, records.REMOVING):
        raise exception.ImageNotFound(image_id=found.uuid)
    return Origin(
        "",
        size=found.size,
        digest=f"sha256:{found.sha256}",
        stored=found.uuid,
        holders=_holders(found),
    )


def _by_uuid(uuid: str, client: Client) -> Any:
    """Return the image; None when the store has none.

    :raises ImageNotFound: when the client may not see it.
    """
    listed = records.Image.list(client.context, filters={"uuid": uuid.lower()})
    if not listed:
        return None
    if not _is_visible(listed[0], client.project):
        raise exception.ImageNotFound(image_id=uuid)
    return listed[0]


def _by_name(name: str, client: Client) -> Any:
    listed = records.Image.list(client.context, filters={"name": name})
    visible = [each for each in listed if _is_visible(each, client.project)]
    own = [each for each in visible if each.owner == (client.project or "")]
    found = own or visible
    if len(found) > 1:
        raise exception.ImageUnacceptable(
            image_id=name,
            reason=f"{len(found)} images of several projects have this name; use the UUID of one: "
            + ", ".join(each.uuid for each in found),
        )
    return found[0] if found else None


def _is_visible(image: Any, project: str | None) -> bool:
    return project is None or image.public or (project != "" and image.owner == project)


def _holders(image: Any) -> list[str]:
    """Return the URLs of the API processes that have the bytes."""
    places = image.locations()
    alive = [place["url"] for place in places if place["alive"]]
    if not alive:
        last_seen = [
            f"{place['host']}, which has it, was last seen at {place['seen_at']}"
            for place in places
        ]
        raise exception.ImageHolderGone(
            image=image.name, hosts="; ".join(last_seen) or "no machine has its bytes any more"
        )
    return alive


def _described(image: Any) -> Image:
    return Image(
        pin=SCHEME + image.uuid,
        size=image.size,
        disk_format=image.disk_format,
        container_format="bare",
        os_hash_algo="sha256",
        os_hash_value=image.sha256,
        kernel=SCHEME + image.kernel if image.kernel else None,
        ramdisk=SCHEME + image.ramdisk if image.ramdisk else None,
        properties=image.properties,
        more={"image_type": image.image_type or image.properties.get("img_type")},
    )
