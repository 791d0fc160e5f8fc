# SPDX-License-Identifier: Apache-2.0
"""Images of web servers, and what may be wrong with their answers."""

import contextlib
from collections.abc import AsyncIterator, Mapping

from ironic_lite.api.images.failures import NotThere
from ironic_lite.common.outbound import streams
from ironic_lite.common.outbound.errors import Broken
from ironic_lite.images.image import Origin

_PASSED_ON = ("content-range", "content-encoding", "etag", "last-modified")


class RemoteFile:
    """An answer of a web server, of which the head is read.

    :ivar status: 200, 206 or 416.
    :ivar headers: for the answer to the client.
    :ivar size: bytes of the body.
    """

    def __init__(self, response: streams.Response, origin: Origin):
        """Raises as :func:`opened` does."""
        self._response = response
        self.status = response.status
        self.headers = {
            name: response.headers[name] for name in _PASSED_ON if name in response.headers
        }
        self.size = _size(response, origin)

    def chunks(self, most: int) -> AsyncIterator[bytes]:
        """Yield the body in pieces of up to ``most`` bytes; raises ``Broken``."""
        return streams.chunks(self._response, most)


@contextlib.asynccontextmanager
async def opened(origin: Origin, wanted: Mapping[str, str]) -> AsyncIterator[RemoteFile]:
    """Context manager: request the image.

    :param wanted: ``range`` and ``if-range`` of the client.
    :raises NotThere: when the source does not have it any more.
    :raises Broken: when there is no answer, or it is not the image.
    """
    async with streams.get(
        origin.url,
        {**origin.headers, **wanted},
        is_trusted=origin.is_trusted,
        authorities=origin.authorities,
        verify=origin.verify,
    ) as response:
        yield RemoteFile(response, origin)


def _size(response: streams.Response, origin: Origin) -> int:
    if response.status in (404, 410):
        raise NotThere
    if response.status not in (200, 206, 416):
        raise Broken(f"its source answers with status {response.status}")
    said = response.headers.get("content-length", "")
    length = int(said) if said.isascii() and said.isdecimal() and len(said) < 20 else None
    if response.status == 200 and origin.size is not None:
        if length not in (None, origin.size):
            raise Broken(f"it has {length} bytes now, and {origin.size} were expected")
        return origin.size
    if length is None:
        raise Broken("its source does not say how many bytes it has")
    return length
