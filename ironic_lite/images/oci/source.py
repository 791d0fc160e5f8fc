# SPDX-License-Identifier: Apache-2.0
"""Resolves a reference to a registry to its file."""

import dataclasses
import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Any

from oslo_log import log

from ironic_lite.common import exception, json_reading
from ironic_lite.common.outbound import OutboundError
from ironic_lite.images.image import Client, Image, Origin
from ironic_lite.images.oci import reference as references
from ironic_lite.images.oci import registry, selection
from ironic_lite.images.oci.reference import Reference
from ironic_lite.images.oci.registry import Registry
from ironic_lite.images.oci.selection import Choice, Layer, Unfit

LOG = log.getLogger(__name__)

_MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
_INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
_MOST_TRIED = 8

fits = references.fits


def resolve(text: str, what: str, client: Client) -> Image:
    """Ask the registry about an image; see ``sources.resolve``.

    :raises ImageRefValidationFailed: when the reference is wrong, or no registry answers at its address.
    :raises ImageNotFound: when the registry has no such image.
    :raises ImageUnacceptable: when the registry refuses the credentials, or the image does not fit the node.
    """
    reference = references.parse(text, what)
    asked = Registry(reference, client.pull_secret)
    try:
        manifest, found, disk_format = _find(asked, reference, client.cpu_arch)
    except Unfit as exc:
        raise asked.unacceptable(str(exc)) from None
    except registry.Failed as exc:
        raise _hidden(reference, what, exc, client) from None
    algorithm, _, value = found.digest.partition(":")
    blob = dataclasses.replace(reference, tag=None, digest=found.digest, is_blob=True)
    return Image(
        pin=str(blob),
        size=found.size,
        disk_format=disk_format or found.disk_format,
        os_hash_algo=algorithm,
        os_hash_value=value,
        more={
            "oci_image_manifest_url": str(
                dataclasses.replace(reference, tag=None, digest=manifest)
            ),
            "image_container_blob_digest": found.digest,
            "image_media_type": found.media_type,
            **({"image_filename": found.name} if found.name else {}),
        },
    )


def origin(pin: str, client: Client) -> Origin:
    """Return how to read a file that was found before; raises as :func:`resolve` does."""
    blob = references.parse(pin, "the image")
    asked = Registry(blob, client.pull_secret)
    try:
        answer = asked.get("blobs", blob.at, method="HEAD")
    except registry.Failed as exc:
        raise _hidden(blob, "the image", exc, client) from None
    size = answer.headers.get("content-length", "")
    file = registry.authorities()
    return Origin(
        url=asked.url("blobs", blob.at),
        headers={} if asked.authorization is None else {"Authorization": asked.authorization},
        authorities=None if file is None else Path(file).read_text(),
        verify=registry.verifies(),
        size=int(size) if size.isascii() and size.isdecimal() else None,
    )


def _find(
    asked: Registry, reference: Reference, cpu_arch: str | None
) -> tuple[str, Layer, str | None]:
    """Return the digest of the manifest, its file, and the file's format if the index says it."""
    digest, body = _manifest(asked, reference.at, reference.digest, (*_INDEXES, *_MANIFESTS))
    if not isinstance(body.get("manifests"), list):
        return digest, selection.layer(body), None
    return _first(asked, selection.choose(body, cpu_arch))


def _first(asked: Registry, choices: Iterable[Choice]) -> tuple[str, Layer, str | None]:
    """Return the first choice that is a disk image."""
    problem = Unfit("its index has no manifest of a disk image")
    for choice in list(choices)[:_MOST_TRIED]:
        digest, body = _manifest(asked, choice.digest, choice.digest, _MANIFESTS)
        try:
            return digest, selection.layer(body), choice.disk_format
        except Unfit as exc:
            problem = exc
    raise problem


def _manifest(
    asked: Registry, at: str, digest: str | None, kinds: Iterable[str]
) -> tuple[str, dict[str, Any]]:
    """Return a manifest with its digest, which it must have if one is given.

    :raises Unfit: when it has another, or is not a manifest.
    """
    answer = asked.get("manifests", at, accept=", ".join(kinds))
    algorithm = digest.partition(":")[0] if digest else "sha256"
    found = f"{algorithm}:{hashlib.new(algorithm, answer.body).hexdigest()}"
    if digest is not None and found != digest:
        raise Unfit(f"the registry sends another manifest than {digest}")
    try:
        body = json_reading.read(answer.body)
    except json_reading.Unreadable:
        body = None
    if not isinstance(body, dict):
        raise registry.Failed("answered with something that is not a manifest")
    return found, body


def _hidden(
    reference: Reference, what: str, failure: Exception, client: Client
) -> exception.ImageRefValidationFailed:
    """Return the same error for everything that is not a registry's answer: see :class:`OutboundError`."""
    error = OutboundError.hidden(what, str(reference), str(failure))
    LOG.info("%s", error.detail)
    return exception.ImageRefValidationFailed(
        image_href=str(reference), reason=error.told_to(client.context)
    )
