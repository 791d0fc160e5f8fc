# SPDX-License-Identifier: Apache-2.0
"""The ASGI application that streams images."""

import asyncio
import concurrent.futures
import contextlib
import functools
import logging
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import TYPE_CHECKING, Any

from ironic_lite.api import faults
from ironic_lite.api.images.pace import Pace
from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor import rpcapi
from ironic_lite.conf import CONF
from ironic_lite.images.image import Origin

if TYPE_CHECKING:
    from ironic_lite.common.outbound import streams

LOG = logging.getLogger(__name__)

PREFIX = "/images/"

_CHUNK = 128 * 1024
_PATIENCE = 30.0
"""Seconds to wait for one of the streams to end; agents wait longer for an answer."""
_OPENERS = 4
"""Threads that ask conductors where an image is. None waits for a server."""
_LONGEST = 512
"""Maximum bytes of a token."""
_RETRY_AFTER = 5

_PASSED_ON = ("range", "if-range")
_TOLD = ("content-range", "content-encoding", "etag", "last-modified")

Send = Callable[[dict[str, Any]], Awaitable[None]]
Receive = Callable[[], Awaitable[dict[str, Any]]]


class _Refused(Exception):
    """Answer with an error."""

    def __init__(self, status: int, message: str):
        super().__init__(message)
        self.status = status


class ImageStreams:
    """Serves GET and HEAD, with ``Range``. One per process."""

    takes_websockets = False

    def __init__(self) -> None:
        self._openers = concurrent.futures.ThreadPoolExecutor(
            _OPENERS, thread_name_prefix="image-opener"
        )

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        try:
            await self._answer(scope, receive, send)
        except _Refused as exc:
            await _send_error(send, exc.status, str(exc))

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            raise _Refused(405, "Images can only be read: use GET or HEAD.")
        node, field, token = _parse(scope)
        gone = asyncio.ensure_future(_gone(receive))
        try:
            async with self._place(gone):
                opened = await self._open(node, field, token)
                await self._pass_on(scope, Origin.from_dict(opened), gone, send, f"{node} {field}")
        finally:
            gone.cancel()

    @functools.cached_property
    def _conductors(self) -> rpcapi.ConductorAPI:
        return rpcapi.ConductorAPI()

    @functools.cached_property
    def _places(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(CONF.images.max_streams)

    @functools.cached_property
    def _pace(self) -> Pace:
        return Pace(CONF.images.max_rate)

    @contextlib.asynccontextmanager
    async def _place(self, gone: "asyncio.Future[None]") -> AsyncIterator[None]:
        """Hold one of the places for streams within the block."""
        taking = asyncio.ensure_future(self._places.acquire())
        either: set[asyncio.Future[Any]] = {taking, gone}
        await asyncio.wait(either, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not taking.done():
            taking.cancel()
            # It may have got a place just now.
            with contextlib.suppress(asyncio.CancelledError):
                await taking
                self._places.release()
            raise _Refused(
                503,
                f"All {CONF.images.max_streams} streams of images are in use ([images] max_streams); retry in a "
                "moment.",
            )
        try:
            yield
        finally:
            self._places.release()

    async def _open(self, node: str, field: str, token: str) -> dict[str, Any]:
        def ask() -> dict[str, Any]:
            context = ironic_context.RequestContext(is_public_api=True, overwrite=False)
            return self._conductors.any().open_image(context, node, field, token)

        try:
            return await asyncio.get_running_loop().run_in_executor(self._openers, ask)
        except exception.IronicLiteError as exc:
            LOG.info("Node %s: its image in %s cannot be opened: %s", node, field, exc.message)
            # Agents give up on a status below 500, and the cause may be temporary unless the image is gone.
            status = 404 if isinstance(exc, exception.NotFound) else 503
            raise _Refused(status, exc.message) from None

    async def _pass_on(
        self,
        scope: dict[str, Any],
        origin: Origin,
        gone: "asyncio.Future[None]",
        send: Send,
        what: str,
    ) -> None:
        # Imported here because it takes time and memory, and many processes stream no image.
        from ironic_lite.common.outbound import streams

        wanted = {
            name.decode("latin-1"): value.decode("latin-1")
            for name, value in scope["headers"]
            if name.decode("latin-1") in _PASSED_ON
        }
        try:
            async with streams.get(
                origin.url,
                {**origin.headers, **wanted},
                is_trusted=origin.is_trusted,
                authorities=origin.authorities,
                verify=origin.verify,
            ) as response:
                size = _size(response, origin)
                await send(
                    {
                        "type": "http.response.start",
                        "status": response.status,
                        "headers": _headers(response, size),
                    }
                )
                if scope["method"] == "HEAD" or not size:
                    await send({"type": "http.response.body"})
                    return
                await self._body(response, size, gone, send, what)
        except streams.Broken as exc:
            LOG.warning("Node %s: its image cannot be read: %s", what, exc)
            raise _Refused(503, "The image cannot be read from its source now; retry.") from None

    async def _body(
        self,
        response: "streams.Response",
        size: int,
        gone: "asyncio.Future[None]",
        send: Send,
        what: str,
    ) -> None:
        """Send the body. If the source ends early, so does the connection: the server then notices, and tries again."""
        from ironic_lite.common.outbound import streams

        left = size
        try:
            async for chunk in streams.chunks(response, _CHUNK):
                if gone.done():
                    return
                left -= len(chunk)
                if left < 0:
                    LOG.warning("Node %s: the source of its image sends more than it said", what)
                    return
                await self._pace.wait(len(chunk))
                await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
                if not left:
                    return
            cause = "its source ended early"
        except streams.Broken as exc:
            cause = str(exc)
        LOG.warning("Node %s: its image was cut off %d bytes before its end: %s", what, left, cause)


async def _gone(receive: Receive) -> None:
    """Wait until the client has left."""
    while (await receive())["type"] != "http.disconnect":
        pass


def _parse(scope: dict[str, Any]) -> tuple[str, str, str]:
    """Return node, field and token of the URL."""
    parts = scope["path"].removeprefix(PREFIX).split("/")
    query = urllib.parse.parse_qs(scope["query_string"][:_LONGEST].decode("latin-1"))
    tokens = query.get("token", [])
    if len(parts) != 2 or len(tokens) != 1:
        raise _Refused(404, "There is no image at this URL.")
    return parts[0], parts[1], tokens[0]


def _size(response: "streams.Response", origin: Origin) -> int:
    """Return the bytes of the body.

    :raises Broken: when the answer is not the image.
    :raises _Refused: when the image is gone.
    """
    from ironic_lite.common.outbound import streams

    if response.status in (404, 410):
        raise _Refused(404, "The image is not there any more.")
    if response.status not in (200, 206, 416):
        raise streams.Broken(f"its source answers with status {response.status}")
    said = response.headers.get("content-length", "")
    told = int(said) if said.isascii() and said.isdecimal() and len(said) < 20 else None
    if response.status == 200 and origin.size is not None:
        if told not in (None, origin.size):
            raise streams.Broken(f"it has {told} bytes now, and {origin.size} were expected")
        return origin.size
    if told is None:
        raise streams.Broken("its source does not say how many bytes it has")
    return told


def _headers(response: "streams.Response", size: int) -> list[tuple[bytes, bytes]]:
    found = {name: response.headers[name] for name in _TOLD if name in response.headers}
    found |= {"content-length": str(size), "content-type": "application/octet-stream"}
    found["accept-ranges"] = response.headers.get("accept-ranges", "bytes")
    return [(name.encode(), value.encode("latin-1")) for name, value in found.items()]


async def _send_error(send: Send, status: int, message: str) -> None:
    body = faults.api_error(status, message)
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    if status == 503:
        headers.append((b"retry-after", b"%d" % _RETRY_AFTER))
    if status == 405:
        headers.append((b"allow", b"GET, HEAD"))
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
