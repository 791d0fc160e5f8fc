# SPDX-License-Identifier: Apache-2.0
"""Checks that the files exist which a server will download: images, checksums, ramdisks."""

from typing import Any

from ironic_lite.common import exception, outbound, redaction


def check(url: str, what: str, context: Any) -> None:
    """Check that a file exists on its server.

    :param what: field of the URL, for the message.
    :param context: context of the request; it decides how much the message may say.
    :raises ImageRefValidationFailed: when the URL is refused, or the server does not have the file.
    """
    try:
        outbound.find(url, what)
    except outbound.OutboundError as exc:
        raise _failed(url, exc.told_to(context)) from exc


def check_text(url: Any, what: str) -> None:
    """Check the form of a URL, without a connection.

    :raises ImageRefValidationFailed: when it is not a valid URL.
    """
    try:
        outbound.parse(url, what)
    except outbound.OutboundError as exc:
        raise _failed(url, str(exc)) from exc


def _failed(url: Any, reason: str) -> exception.ImageRefValidationFailed:
    shown = redaction.mask_url(url) if isinstance(url, str) else type(url).__name__
    return exception.ImageRefValidationFailed(image_href=shown, reason=reason)
