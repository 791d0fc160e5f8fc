# SPDX-License-Identifier: Apache-2.0
"""What all answers with files have in common: parts, headers, errors, and clients that leave."""

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ironic_lite.api import faults

if TYPE_CHECKING:
    from ironic_lite.api.images.local import LocalFile
    from ironic_lite.api.images.remote import RemoteFile

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]

_RETRY_AFTER = 5
_PASSED_ON = ("range", "if-range")


async def departure(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def parts(scope: dict[str, Any]) -> dict[str, str]:
    """Return the headers of the request that the source has to see."""
    sent = {name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]}
    return {name: sent[name] for name in _PASSED_ON if name in sent}


def headers(source: "RemoteFile | LocalFile") -> list[tuple[bytes, bytes]]:
    """Return the headers of the answer with a file."""
    found = {
        **source.headers,
        "content-length": str(source.size),
        "content-type": "application/octet-stream",
        "accept-ranges": "bytes",
    }
    return [(name.encode(), value.encode("latin-1")) for name, value in found.items()]


async def send_error(send: Send, status: int, message: str) -> None:
    """Answer with an error document."""
    body = faults.api_error(status, message)
    said = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status == 503:
        said.append((b"retry-after", b"%d" % _RETRY_AFTER))
    if status == 405:
        said.append((b"allow", b"GET, HEAD"))
    await send({"type": "http.response.start", "status": status, "headers": said})
    await send({"type": "http.response.body", "body": body})
