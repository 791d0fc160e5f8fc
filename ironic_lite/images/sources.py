# SPDX-License-Identifier: Apache-2.0
"""The resolver: finds the module of a reference's kind."""

from typing import Any, Protocol

from ironic_lite.common import exception, redaction
from ironic_lite.images import file, glance, http, oci, store
from ironic_lite.images.image import Client, Image, Origin


class _Source(Protocol):
    def fits(self, reference: str, /) -> bool: ...

    def resolve(self, reference: str, what: str, client: Client, /) -> Image: ...

    def origin(self, pin: str, client: Client, /) -> Origin: ...


# A UUID is looked up in the store first, which passes it on to Glance.
_SOURCES: tuple[_Source, ...] = (http, store, glance, oci, file)
_FORMS = (
    "the name of a stored image, an http or https URL, the UUID of an image in the store or in Glance, store://NAME, "
    "glance://UUID, oci://HOST/NAME:TAG, or file:///PATH"
)


def is_streamed(reference: Any) -> bool:
    """Tell whether servers get the image through the API."""
    return isinstance(reference, str) and _source_of(reference) not in (None, http)


def resolve(reference: Any, what: str, client: Client) -> Image:
    """Ask the source about an image.

    :param what: name of the field of the reference, for the message.
    :raises ImageRefValidationFailed, InvalidImageRef: when the reference is wrong, or refused.
    :raises ImageNotFound: when there is no such image, or the client may not see it.
    :raises ImageUnacceptable: when the image cannot be used; the message says why.
    :raises TemporaryFailure: when its source does not answer.
    """
    return _of(reference, what).resolve(reference, what, client)


def origin(pin: str, client: Client) -> Origin:
    """Return how to read an image that was resolved before; raises as :func:`resolve` does."""
    return _of(pin, "the image").origin(pin, client)


def _of(reference: Any, what: str) -> _Source:
    if isinstance(reference, str) and (source := _source_of(reference)) is not None:
        return source
    shown = (
        redaction.mask_url(reference) if isinstance(reference, str) else type(reference).__name__
    )
    raise exception.ImageRefValidationFailed(image_href=shown, reason=f"{what} must be {_FORMS}")


def _source_of(reference: str) -> _Source | None:
    return next((source for source in _SOURCES if source.fits(reference)), None)
