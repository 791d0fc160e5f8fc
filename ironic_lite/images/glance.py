# SPDX-License-Identifier: Apache-2.0
"""Images in Glance: their UUID, or ``glance://UUID``.

Who may use an image: the service asks with its own credentials, because tokens of clients do not travel to conductors.
An image counts as absent unless it is public, the project owns it or is one of its members, or it belongs to the
service's own project.
"""

import contextlib
import time
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any

from oslo_log import log
from oslo_utils import uuidutils

from ironic_lite.common import exception, json_reading, openstack_services, redaction
from ironic_lite.conf import CONF
from ironic_lite.images.image import Client, Image, Origin

if TYPE_CHECKING:
    from keystoneauth1.adapter import Adapter

LOG = log.getLogger(__name__)

GROUP = "glance"
SCHEME = "glance://"

_VERSION = "2"
_FILTER = {"version": _VERSION}
_ACTIVE = "active"
_CONTAINERS = frozenset({"bare", "ami", "ari", "aki"})
_EVERYBODYS = frozenset({"public", "community"})
_OWN_FIELDS = frozenset(
    {
        *(
            "id",
            "name",
            "status",
            "visibility",
            "protected",
            "owner",
            "tags",
            "size",
            "virtual_size",
        ),
        *("disk_format", "container_format", "checksum", "os_hash_algo", "os_hash_value"),
        *("min_disk", "min_ram", "created_at", "updated_at", "self", "file", "schema"),
        *("locations", "direct_url", "os_hidden", "stores"),
    }
)
_PAUSE = 1.0
"""Seconds between two attempts."""


def fits(reference: str) -> bool:
    """Tell whether the reference is of this kind."""
    return reference.startswith(SCHEME) or uuidutils.is_uuid_like(reference)


def resolve(reference: str, _what: str, client: Client) -> Image:
    """Ask Glance about an image; see ``sources.resolve``.

    :raises InvalidImageRef: when the reference has no UUID.
    :raises ImageNotFound: when there is no such image, or the client may not see it.
    :raises ImageUnacceptable: when the image is not active, or has a container format that is not supported.
    :raises GlanceConnectionFailed: when Glance or Keystone does not answer, or refuses the service's credentials.
    """
    uuid = _uuid(reference)
    asked = _client()
    found = _get(asked, f"/images/{uuid}", uuid)
    if client.project is not None and not _may_see(asked, found, client.project):
        LOG.info("Image %s is not visible to project %s", uuid, client.project)
        raise exception.ImageNotFound(image_id=uuid)
    if found.get("status") != _ACTIVE:
        raise exception.ImageUnacceptable(
            image_id=uuid,
            reason=f"its status is '{found.get('status')}', and only active images can be used",
        )
    container = found.get("container_format")
    if container not in _CONTAINERS:
        raise exception.ImageUnacceptable(
            image_id=uuid,
            reason=f"its container format '{container}' is not supported; upload it with container format bare",
        )
    return _image(uuid, found)


def origin(pin: str, _client_of: Client) -> Origin:
    """Return how to read an image, with the service's own token.

    :raises ImageNotFound: when the image is gone.
    :raises GlanceConnectionFailed: as :func:`resolve`.
    """
    uuid = _uuid(pin)
    asked = _client()
    found = _get(asked, f"/images/{uuid}", uuid)
    if found.get("status") != _ACTIVE:
        raise exception.ImageNotFound(image_id=uuid)
    session = openstack_services.session(GROUP)
    with _library_errors():
        base = asked.get_endpoint(version=_VERSION)
        headers = {str(k): str(v) for k, v in (session.get_auth_headers() or {}).items()}
    return Origin(
        url=f"{str(base).rstrip('/')}/images/{uuid}/file",
        headers=headers,
        is_trusted=True,
        authorities=Path(session.verify).read_text() if isinstance(session.verify, str) else None,
        verify=session.verify is not False,
        size=_whole(found.get("size")),
    )


def _uuid(reference: str) -> str:
    uuid = reference.removeprefix(SCHEME)
    if not uuidutils.is_uuid_like(uuid):
        raise exception.InvalidImageRef(image_href=redaction.mask_text(reference))
    return uuid.lower()


def _client() -> "Adapter":
    try:
        with _library_errors():
            return openstack_services.adapter(GROUP)
    except exception.ConfigInvalid as exc:
        raise exception.InvalidParameterValue(
            err=f"Images in Glance cannot be used: {exc.message}"
        ) from None


def _get(asked: "Adapter", path: str, uuid: str) -> dict[str, Any]:
    """Return the answer of Glance to a question that changes nothing."""
    for attempt in range(CONF.glance.num_retries + 1):
        try:
            with _library_errors():
                answer = asked.get(path, endpoint_filter=_FILTER, raise_exc=False)
            return _body(answer, uuid)
        except exception.GlanceConnectionFailed:
            if attempt == CONF.glance.num_retries:
                raise
            time.sleep(_PAUSE)
    raise AssertionError("unreachable")


def _body(answer: Any, uuid: str) -> dict[str, Any]:
    status = answer.status_code
    if status == 404:
        raise exception.ImageNotFound(image_id=uuid)
    if status != 200:
        raise _failed(f"it answers with status {status}")
    try:
        body = json_reading.read(answer.content)
    except json_reading.Unreadable:
        raise _failed("its answer is not JSON") from None
    if not isinstance(body, dict):
        raise _failed("its answer does not follow the protocol")
    return body


@contextlib.contextmanager
def _library_errors() -> Iterator[None]:
    """Turn errors of the libraries into GlanceConnectionFailed, with nothing secret in them."""
    from keystoneauth1 import exceptions

    try:
        yield
    except exceptions.Unauthorized:
        raise _failed("Keystone refuses the credentials in [glance]") from None
    except (exceptions.ClientException, OSError) as exc:
        LOG.warning("Glance or Keystone does not answer: %s", redaction.mask_text(str(exc)))
        raise _failed("no usable answer; see the conductor's log for the cause") from None


def _failed(reason: str) -> exception.GlanceConnectionFailed:
    endpoint = CONF.glance.endpoint_override or "in Keystone's catalogue"
    return exception.GlanceConnectionFailed(endpoint=endpoint, reason=reason)


def _may_see(asked: "Adapter", found: dict[str, Any], project: str) -> bool:
    """Tell whether a project may see an image, as Glance decides it."""
    with _library_errors():
        own = openstack_services.session(GROUP).get_project_id()
    visibility, owner = found.get("visibility"), found.get("owner")
    if visibility in _EVERYBODYS or (owner is not None and owner in (project, own)):
        return True
    if visibility != "shared":
        return False
    uuid = str(found.get("id"))
    listed = _get(asked, f"/images/{uuid}/members", uuid).get("members")
    members = listed if isinstance(listed, list) else []
    return project in {each.get("member_id") for each in members if isinstance(each, dict)}


def _image(uuid: str, found: dict[str, Any]) -> Image:
    properties = {name: value for name, value in found.items() if name not in _OWN_FIELDS}
    return Image(
        pin=SCHEME + uuid,
        size=_whole(found.get("size")),
        disk_format=_text(found.get("disk_format")),
        container_format=_text(found.get("container_format")),
        os_hash_algo=_text(found.get("os_hash_algo")),
        os_hash_value=_text(found.get("os_hash_value")),
        checksum=_text(found.get("checksum")),
        kernel=_text(found.get("kernel_id")),
        ramdisk=_text(found.get("ramdisk_id")),
        properties=properties,
        tags=tuple(str(tag) for tag in found.get("tags") or ()),
    )


def _text(value: Any) -> str | None:
    return value if isinstance(value, str) and value else None


def _whole(value: Any) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and value >= 0 else None
