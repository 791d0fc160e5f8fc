# SPDX-License-Identifier: Apache-2.0
"""The ASGI application that streams images."""

import asyncio
import collections
import concurrent.futures
import contextlib
import functools
import logging
import urllib.parse
import uuid
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO

from ironic_lite.api.images import answers, stored
from ironic_lite.api.images.answers import Receive, Send
from ironic_lite.api.images.boot_files import Sending
from ironic_lite.api.images.failures import NotThere
from ironic_lite.api.images.local import LocalFile
from ironic_lite.api.images.pace import Pace
from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.common.outbound.errors import Broken
from ironic_lite.conductor import rpcapi
from ironic_lite.conf import CONF
from ironic_lite.images import file as images_of_files
from ironic_lite.images.image import Origin

if TYPE_CHECKING:
    from ironic_lite.api.images.cache import Cache
    from ironic_lite.api.images.remote import RemoteFile

LOG = logging.getLogger(__name__)

PREFIX = "/images/"

_CHUNK = 128 * 1024
_PATIENCE = 30.0
"""Seconds to wait for one of the streams to end; agents wait longer for an answer."""
_REVISIT = 15.0
"""Seconds after which a conductor is asked again whether the URL of a stream is still valid."""
_OPENERS = 4
"""Threads that ask conductors where an image is. None waits for a server."""
_READERS = 4
"""Threads that read files: one chunk at a time, so a slow client holds none."""
_CHECKERS = 2
"""Threads that open stored images, and compute the checksum of those that this process has not opened before."""
_MOST_PER_NODE = 4
"""Streams of one node at the same time. A tenant has the URLs of a ramdisk instance, and must not take all places."""
_LONGEST = 512
"""Maximum bytes of a token."""


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
        self._notes = concurrent.futures.ThreadPoolExecutor(1, thread_name_prefix="image-notes")
        self._of_node: collections.Counter[str] = collections.Counter()
        self._readers = concurrent.futures.ThreadPoolExecutor(
            _READERS, thread_name_prefix="image-reader"
        )
        self._checkers = concurrent.futures.ThreadPoolExecutor(
            _CHECKERS, thread_name_prefix="image-checker"
        )

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        has_begun = False

        async def passed_on(message: dict[str, Any]) -> None:
            nonlocal has_begun
            has_begun = True
            await send(message)

        try:
            await self._answer(scope, receive, passed_on)
        except _Refused as exc:
            if not has_begun:
                await answers.send_error(send, exc.status, str(exc))

    async def _answer(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        if scope["method"] not in ("GET", "HEAD"):
            raise _Refused(405, "Images can only be read: use GET or HEAD.")
        node, field, token = _parse(scope)
        gone = asyncio.ensure_future(answers.departure(receive))
        try:
            # A request without a valid URL must not take a place from others.
            opened = await self._open(node, field, token)
            with self._share(node):
                async with self._place(gone):
                    sending = Sending(self._notes, node, field)
                    streaming = asyncio.ensure_future(
                        self._pass_on(
                            scope,
                            Origin.from_dict(opened),
                            gone,
                            send,
                            f"{node} {field}",
                            sending,
                        )
                    )
                    await self._while_valid(streaming, node, field, token)
        finally:
            gone.cancel()

    async def _while_valid(
        self, streaming: "asyncio.Future[None]", node: str, field: str, token: str
    ) -> None:
        """Wait for the end of a stream, and cut it off when its URL ends, as with the node's operation."""
        try:
            while not (await asyncio.wait({streaming}, timeout=_REVISIT))[0]:
                await self._check_still_valid(node, field, token)
        finally:
            streaming.cancel()
            await asyncio.wait({streaming})
        streaming.result()

    async def _check_still_valid(self, node: str, field: str, token: str) -> None:
        """Raises _Refused when the URL has ended; a conductor that does not answer is no reason."""
        try:
            await self._open(node, field, token)
        except _Refused as exc:
            if exc.status == 404:
                LOG.warning("Node %s: the stream of its image in %s is cut off", node, field)
                raise

    @functools.cached_property
    def _conductors(self) -> rpcapi.ConductorAPI:
        return rpcapi.ConductorAPI()

    @functools.cached_property
    def _places(self) -> asyncio.Semaphore:
        return asyncio.Semaphore(CONF.images.max_streams)

    @functools.cached_property
    def _pace(self) -> Pace:
        return Pace(CONF.images.max_rate)

    @contextlib.contextmanager
    def _share(self, node: str) -> Iterator[None]:
        """Count the streams of a node within the block."""
        if self._of_node[node] >= _MOST_PER_NODE:
            raise _Refused(
                503,
                f"The server of this node downloads {_MOST_PER_NODE} images already; retry when one has ended.",
            )
        self._of_node[node] += 1
        try:
            yield
        finally:
            self._of_node[node] -= 1
            if not self._of_node[node]:
                del self._of_node[node]

    @contextlib.asynccontextmanager
    async def _place(self, gone: "asyncio.Future[None]") -> AsyncIterator[None]:
        """Hold one of the places for streams within the block."""
        taking = asyncio.ensure_future(self._places.acquire())
        either: set[asyncio.Future[Any]] = {taking, gone}
        await asyncio.wait(either, timeout=_PATIENCE, return_when=asyncio.FIRST_COMPLETED)
        if not taking.done():
            taking.cancel()
            # The place may have been taken in the meantime.
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
        sending: Sending,
    ) -> None:
        try:
            async with self._opened(origin, scope) as source:
                headers = answers.headers(source)
                await send(
                    {"type": "http.response.start", "status": source.status, "headers": headers}
                )
                if scope["method"] == "HEAD" or not source.size:
                    await send({"type": "http.response.body"})
                    return
                sending.begins(source.size)
                problem: str | None = None
                try:
                    problem = await self._body(source, gone, send, what, sending)
                except Broken as exc:
                    problem = str(exc)
                    LOG.warning("Node %s: its image was cut off: %s", what, exc)
                finally:
                    sending.ends(problem)
        except stored.NotHere as exc:
            raise _Refused(503, str(exc)) from None
        except ImportError:
            LOG.error(
                "aiohttp is missing, so images of other servers cannot be streamed: install ironic-lite[images]"
            )
            raise _Refused(
                503, "This API process cannot stream this image: install ironic-lite[images] there."
            ) from None
        except NotThere:
            raise _Refused(404, "The image is not there any more.") from None
        except (Broken, exception.ImageRefValidationFailed) as exc:
            LOG.warning("Node %s: its image cannot be read: %s", what, exc)
            raise _Refused(503, "The image cannot be read from its source now; retry.") from None

    @contextlib.asynccontextmanager
    async def _opened(
        self, origin: Origin, scope: dict[str, Any]
    ) -> "AsyncIterator[RemoteFile | LocalFile]":
        wanted = answers.parts(scope)
        file = await self._own_copy(origin)
        if file is None and origin.stored is not None:
            origin = await stored.of_holder(origin, scope)
        if file is None:
            file = await self._file(origin)
        if file is None:
            # Imported here because it takes time and memory, and many processes stream only files of their own.
            from ironic_lite.api.images import remote

            async with remote.opened(origin, wanted) as answer:
                yield answer
            return
        with file:
            yield LocalFile(file, wanted, self._readers)

    async def _own_copy(self, origin: Origin) -> BinaryIO | None:
        """Return the opened file of an image in the store; None when this machine does not have it."""
        if origin.stored is None or origin.digest is None:
            return None
        loop = asyncio.get_running_loop()
        return await loop.run_in_executor(
            self._checkers, stored.opened, origin.stored, origin.digest
        )

    async def _file(self, origin: Origin) -> BinaryIO | None:
        """Return the opened file of an image; None when a web server has it."""
        loop = asyncio.get_running_loop()
        if origin.path is not None:
            return await loop.run_in_executor(self._readers, images_of_files.opened, origin.path)
        path = None if self._cache is None else await self._cache.find(origin)
        if path is None:
            return None
        try:
            return await loop.run_in_executor(self._readers, path.open, "rb")
        except FileNotFoundError:
            # The cache has just removed it, to make room for another.
            return None

    @functools.cached_property
    def _cache(self) -> "Cache | None":
        if not CONF.images.cache_size:
            return None
        from ironic_lite.api.images.cache import Cache

        directory = CONF.images.cache_path or f"{CONF.state_path}/image-cache"
        return Cache(Path(directory).expanduser(), CONF.images.cache_size, self._readers)

    async def _body(
        self,
        source: "RemoteFile | LocalFile",
        gone: "asyncio.Future[None]",
        send: Send,
        what: str,
        sending: Sending,
    ) -> str | None:
        """Send the body. If the source ends early, so does the connection: the server then notices, and tries again.

        :returns: why not all of it was sent; None if it was, or the server has left.
        """
        left = source.size
        async for chunk in source.chunks(_CHUNK):
            if gone.done():
                return None
            left -= len(chunk)
            if left < 0:
                LOG.warning("Node %s: the source of its image sends more than it said", what)
                return "its source sends more than it said"
            await self._pace.wait(len(chunk))
            await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
            sending.add(len(chunk))
            if not left:
                return None
        LOG.warning("Node %s: its image ended %d bytes too early", what, left)
        return "its source ended too early"


def _parse(scope: dict[str, Any]) -> tuple[str, str, str]:
    """Return node, field and token of the URL."""
    parts = scope["path"].removeprefix(PREFIX).split("/")
    query = urllib.parse.parse_qs(scope["query_string"][:_LONGEST].decode("latin-1"))
    tokens = query.get("token", [])
    with contextlib.suppress(ValueError):
        # A node has one form in these URLs, by which its streams are counted.
        if len(parts) == 2 and len(tokens) == 1 and str(uuid.UUID(parts[0])) == parts[0]:
            return parts[0], parts[1], tokens[0]
    raise _Refused(404, "There is no image at this URL.")
