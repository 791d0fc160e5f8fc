# SPDX-License-Identifier: Apache-2.0
"""The images in the store: their records, and the upload of their bytes."""

import re
from typing import Any

import webob

from ironic_lite.api import access, replies, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.api.controllers.v1.records import Records, Values
from ironic_lite.api.controllers.v1.route_access import Listing, New, operation
from ironic_lite.api.forms import Bytes, Form
from ironic_lite.api.image_store import uploads
from ironic_lite.api.resources.image import IMAGE, WORDS
from ironic_lite.api.routing import Access
from ironic_lite.common import exception, redaction
from ironic_lite.images.store import content, files
from ironic_lite.objects.image import ACTIVE, REMOVING, Image

_SEE = "baremetal:image:get"
_SHA256 = re.compile(r"[0-9a-f]{64}", re.ASCII)


class _Images(Records):
    """An image belongs to a project, or to nobody; public ones are for all."""

    owner_filter = "usable_by"

    def to_list(self) -> Access:
        return Listing("image")

    def to_create(self) -> Access:
        return New(IMAGE, "baremetal:image:create")

    def to(self, verb: str) -> Access:
        return OnImageToUpdate() if verb == "update" else super().to(verb)

    def find(self, call: Call, ident: str, *rules: str) -> Image:
        """Return the image with this UUID or name, if all ``rules`` are granted; everybody may see public ones.

        :raises ImageNotFound: also if the client may not see it.
        :raises Invalid: neither a UUID nor a name.
        :raises Conflict: several images have the name.
        :raises HTTPForbidden: the client may see the image, but a rule is not granted.
        """
        self.check_ident(ident)
        image = _one(call, ident)
        for rule in rules:
            if rule != _SEE:
                access.authorize(call.context, rule, _target(image.owner))
        return image

    def prepare(self, call: Call, values: Values) -> None:
        record_access.check_name("image", values["name"])
        values["owner"] = _owner(call, values)
        if values.get("source"):
            values["source"] = redaction.mask_url(values["source"])
        _check_values(call, values, values.get("disk_format"))

    def check(self, call: Call, record: Image, before: Values, changes: Values) -> None:
        for name in ("public", "owner", "default_for"):
            if changes.get(name) or (name in changes and name != "default_for"):
                rule = f"baremetal:image:update:{name}"
                access.authorize(call.context, rule, _target(record.owner))
        if "name" in changes:
            record_access.check_name("image", changes["name"])
        _check_values(call, {"ramdisk": record.ramdisk, **changes}, record.disk_format)

    def update(self, call: Call, record: Image, body: list[Values]) -> webob.Response:
        """``PATCH /v1/images/{image}``; a new default of an architecture replaces the one before."""
        response = super().update(call, record, body)
        if any(each["path"].startswith("/default_for") for each in body):
            _replace_defaults(call, record)
        return response

    def destroy(self, call: Call, record: Image) -> None:
        """Remove an image that no running operation uses, first from the records.

        :raises Conflict: nodes use it; the message names them.
        """
        before = record.status
        record.status = REMOVING
        record.save(expected={"status": before})
        try:
            users = call.conductors.any().image_users(call.context, record.uuid, record.name)
            if users:
                raise exception.Conflict(
                    f"Image {record.name} is used by operations that run on {_listed(users)}. Wait until they have "
                    "ended, or abort them."
                )
        except BaseException:
            record.status = before
            record.save()
            raise
        record.destroy()
        files.remove(record.uuid)


def _replace_defaults(call: Call, record: Image) -> None:
    """Take what the image is the default for from the other kernels of its architecture."""
    same = {"disk_format": content.KERNEL, "cpu_arch": record.cpu_arch}
    for other in Image.list(call.context, filters=same):
        left = [kind for kind in other.default_for if kind not in record.default_for]
        if other.uuid != record.uuid and left != other.default_for:
            other.default_for = left
            other.save()


def _listed(nodes: list[str]) -> str:
    shown = ", ".join(nodes[:10])
    return f"node{'s' if len(nodes) > 1 else ''} {shown}" + (", ..." if len(nodes) > 10 else "")


class OnImageToUpdate:
    """The image in the path exists, and the rules of the fields that the body changes are granted for it."""

    rules = tuple(IMAGE.all_update_rules)

    def admit(self, call: Call, given: Values) -> None:
        ident = given.pop("image")
        body = call.document(lambda: RECORDS.find(call, ident))
        given["record"] = RECORDS.find(call, ident, *IMAGE.update_rules(body))


RECORDS = _Images(IMAGE, Image, rules="image", variable="image", ident="image")

_PROGRESS = replies.an_object(
    {
        "status": replies.TEXT,
        "offset": types.COUNT.schema,
        "size": replies.or_null(types.COUNT.schema),
        "host": replies.or_null(replies.TEXT),
        "url": replies.or_null(replies.TEXT),
    }
)
_BYTES = Bytes(
    {
        "Content-Range": "Which bytes of the image these are: bytes FIRST-LAST/TOTAL. Without it they are all of them."
    }
)
_LOCATIONS = replies.wrapped(
    "locations",
    replies.list_of(
        replies.an_object(
            {
                "host": replies.TEXT,
                "url": replies.TEXT,
                "alive": replies.FLAG,
                "seen_at": replies.TEXT,
            }
        )
    ),
)


@operation(RECORDS.to("get"), Form(reply=_LOCATIONS))
def locations(call: Call, record: Image) -> webob.Response:
    """``GET /v1/images/{image}/locations``: the machines that hold the bytes."""
    return call.reply({"locations": record.locations()})


@operation(RECORDS.to("upload"), Form(reply=_PROGRESS))
def progress(call: Call, record: Image) -> webob.Response:
    """``GET /v1/images/{image}/upload``: where to go on with it."""
    if uploads.is_elsewhere(record):
        return _redirected(call, record)
    return call.reply(uploads.progress(record))


@operation(RECORDS.to("upload"), Form(body=_BYTES, status="2XX", reply=IMAGE))
def receive(call: Call, record: Image) -> webob.Response:
    """``PUT /v1/images/{image}/upload``: the bytes; 200 if the image is complete, 202 if more of it is to come."""
    if uploads.is_elsewhere(record):
        return _redirected(call, record)
    uploads.receive(call.request.environ, record)
    record.refresh()
    return call.reply(call.shown(record), 200 if record.status == ACTIVE else 202)


def _redirected(call: Call, record: Image) -> webob.Response:
    """Send a client to the machine that has the first part of its image."""
    url = f"{record.upload_url}/v1/images/{record.uuid}/upload"
    return call.empty(307, url)


def _one(call: Call, ident: str) -> Image:
    if types.is_uuid(ident):
        found = [Image.get(call.context, ident)]
    else:
        found = list(Image.list(call.context, filters={"name": ident}))
    found = [each for each in found if _is_visible(call, each)]
    if len(found) > 1:
        own = [each for each in found if each.owner == (call.context.project_id or "")]
        found = own or found
    if not found:
        raise exception.ImageNotFound(image_id=ident)
    if len(found) > 1:
        raise exception.Conflict(
            f"{len(found)} images have the name {ident}; use the UUID of one: "
            + ", ".join(each.uuid for each in found)
        )
    return found[0]


def _is_visible(call: Call, image: Image) -> bool:
    if image.public and access.allows(call.context, "baremetal:image:list"):
        return True
    return access.allows(call.context, _SEE, _target(image.owner))


def _target(owner: str | None) -> access.Target:
    return access.of_owner("image", owner or None)


def _owner(call: Call, values: dict[str, Any]) -> str:
    """Return the owner of a new image: the one in the body for system scope, else the client's project.

    :raises Invalid: the owner is another project.
    """
    owner: str = values.get("owner") or ""
    context = call.context
    if context.system_scope == "all" or access.is_unrestricted(context):
        return owner
    if owner not in ("", context.project_id):
        raise exception.Invalid("The owner of an image must be your own project.")
    return str(context.project_id or "")


def _check_values(call: Call, values: Values, disk_format: str | None) -> None:
    """Check values that depend on other records, or on each other."""
    for name, words in WORDS.items():
        given = values.get(name) or []
        if any(word not in words for word in given) or len(set(map(str, given))) < len(given):
            raise exception.InvalidParameterValue(
                f"{name} must be a list with some of: {', '.join(words)}."
            )
    sha256 = values.get("sha256")
    if sha256 is not None and not _SHA256.fullmatch(sha256):
        raise exception.InvalidParameterValue(
            "sha256 must be 64 hexadecimal digits in small letters."
        )
    for name in ("kernel", "ramdisk"):
        if values.get(name):
            other = _one(call, values[name])
            if other.disk_format != name:
                raise exception.InvalidParameterValue(
                    f"Image {other.name}, named as {name}, has the format {other.disk_format}."
                )
    if values.get("default_for") and not (disk_format == content.KERNEL and values.get("ramdisk")):
        raise exception.InvalidParameterValue(
            "Only a kernel whose field ramdisk names its ramdisk can be a default (default_for)."
        )
