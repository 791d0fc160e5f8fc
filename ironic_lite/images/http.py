# SPDX-License-Identifier: Apache-2.0
"""Images at http and https URLs. Servers download them from there."""

from ironic_lite.common import exception, outbound, redaction
from ironic_lite.images.image import Client, Image, Origin

SCHEMES = ("http://", "https://")


def fits(reference: str) -> bool:
    """Tell whether the reference is of this kind."""
    return reference.startswith(SCHEMES)


def resolve(reference: str, what: str, client: Client) -> Image:
    """Ask the server whether it has the file.

    :raises ImageRefValidationFailed: when the URL is refused, or the server does not have the file.
    """
    try:
        found = outbound.find(reference, what)
    except outbound.OutboundError as exc:
        raise exception.ImageRefValidationFailed(
            image_href=redaction.mask_url(reference), reason=exc.told_to(client.context)
        ) from exc
    return Image(pin=reference, is_direct=True, size=found.size)


def origin(pin: str, _client: Client) -> Origin:
    """Return how to read the file."""
    return Origin(pin)
