# SPDX-License-Identifier: Apache-2.0
"""Images in the store: from the disk of this machine, or from another API process that has them."""

import dataclasses
import logging
from pathlib import Path
from typing import Any, BinaryIO

from ironic_lite.api.image_store import copies
from ironic_lite.common.outbound.errors import Broken
from ironic_lite.conf import CONF
from ironic_lite.images.image import Origin

LOG = logging.getLogger(__name__)

HOP = "x-ironic-lite-image-hop"
"""Header of a request from another API process, which wants this machine's own copy."""


_FIRST_BYTE = {"range": "bytes=0-0"}


class NotHere(Exception):
    """No machine that should have the image sends it now; the text says what was tried."""


def opened(uuid: str, digest: str) -> BinaryIO | None:
    """Open the file of an image on this machine; None when there is none, or it is damaged."""
    try:
        return copies.opened(uuid, digest)
    except copies.Damaged:
        return None


async def of_holder(origin: Origin, scope: dict[str, Any]) -> Origin:
    """Return how to read an image from another machine, at the URL of the request, which it checks again.

    :raises NotHere: no other machine answers.
    :raises ImportError: aiohttp is missing.
    """
    from ironic_lite.common.outbound import streams

    headers = dict(scope["headers"])
    if HOP.encode() in headers:
        raise NotHere("This machine does not have the image any more; retry.")
    place = f"{scope['path']}?{scope['query_string'].decode('latin-1')}"
    authorities = _authorities()
    for holder in origin.holders:
        found = dataclasses.replace(
            origin,
            url=f"{holder}{place}",
            headers={HOP: "1"},
            is_trusted=True,
            authorities=authorities,
        )
        try:
            async with streams.get(
                found.url, {**found.headers, **_FIRST_BYTE}, True, authorities
            ) as answer:
                if answer.status == 206:
                    return found
                LOG.warning(
                    "%s does not send image %s: status %d", holder, origin.stored, answer.status
                )
        except Broken as exc:
            LOG.warning("%s does not send image %s: %s", holder, origin.stored, exc)
    raise NotHere(
        f"The machines that have the image do not send it now ({', '.join(origin.holders)}); retry."
    )


def _authorities() -> str | None:
    file = CONF.image_store.peer_cafile
    return None if file is None else Path(file).read_text()
