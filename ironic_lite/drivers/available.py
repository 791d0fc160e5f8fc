# SPDX-License-Identifier: Apache-2.0
"""Whether the files are there that a server is going to fetch: images, checksums, ramdisks."""

from typing import Any

from ironic_lite.common import exception, outbound, redaction


def check(url: str, what: str, context: Any) -> None:
    """Ask a file's server for it.

    :param what: name of the field that the URL comes from.
    :param context: of the request that the answer is for.
    :raises ImageRefValidationFailed: when it may not be asked, or does not have the file.
    """
    try:
        outbound.find(url, what)
    except outbound.OutboundError as exc:
        raise _failed(url, exc.told_to(context)) from exc


def check_text(url: Any, what: str) -> None:
    """Look at how a URL is written, without asking anybody.

    :raises ImageRefValidationFailed: when it is none.
    """
    try:
        outbound.parse(url, what)
    except outbound.OutboundError as exc:
        raise _failed(url, str(exc)) from exc


def _failed(url: Any, reason: str) -> exception.ImageRefValidationFailed:
    shown = redaction.mask_url(url) if isinstance(url, str) else type(url).__name__
    return exception.ImageRefValidationFailed(image_href=shown, reason=reason)
