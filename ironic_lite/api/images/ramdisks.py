# SPDX-License-Identifier: Apache-2.0
"""The ramdisks that ``ironic-lite ramdisk build`` has made on this machine, for every server that boots.

They have no secrets, and servers that no node is known for need them too. So there is no token in their URLs:
``/ramdisks/ARCHITECTURE/kernel`` and ``initramfs``.
"""

import asyncio
import concurrent.futures
from pathlib import Path
from typing import Any, BinaryIO

from ironic_lite.api.images import answers, local
from ironic_lite.api.images.answers import Receive, Send

PREFIX = "/ramdisks/"

_NAMES = ("kernel", "initramfs")
_CHUNK = 256 * 1024
_READERS = 4
"""Threads that read files: one chunk at a time, so a slow client holds none."""
_MOST = 1024
"""Files that are sent at the same time: a room of servers that is switched on."""


class RamdiskFiles:
    """An ASGI application that serves GET and HEAD, with ``Range``.

    :param directory: it has a directory for each architecture.
    """

    takes_websockets = False

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._sent = 0
        self._readers = concurrent.futures.ThreadPoolExecutor(
            _READERS, thread_name_prefix="ramdisk-reader"
        )

    async def __call__(self, scope: dict[str, Any], receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["method"] not in ("GET", "HEAD"):
            await answers.send_error(send, 405, "Ramdisks can only be read: use GET or HEAD.")
            return
        if self._sent >= _MOST:
            await answers.send_error(send, 503, f"{_MOST} servers load ramdisks now; retry.")
            return
        self._sent += 1
        try:
            opened = await asyncio.get_running_loop().run_in_executor(
                self._readers, self._open, scope["path"]
            )
            if opened is None:
                await answers.send_error(send, 404, "There is no ramdisk at this URL.")
                return
            with opened:
                await self._send(opened, scope, receive, send)
        finally:
            self._sent -= 1

    def _open(self, path: str) -> BinaryIO | None:
        architecture, _, name = path.removeprefix(PREFIX).partition("/")
        if name not in _NAMES or not architecture.replace("_", "").isalnum():
            return None
        try:
            return (self._directory / architecture / name).open("rb")
        except OSError:
            return None

    async def _send(
        self, opened: BinaryIO, scope: dict[str, Any], receive: Receive, send: Send
    ) -> None:
        file = local.LocalFile(opened, answers.parts(scope), self._readers)
        await send(
            {
                "type": "http.response.start",
                "status": file.status,
                "headers": answers.headers(file),
            }
        )
        left = 0 if scope["method"] == "HEAD" else file.size
        gone = asyncio.ensure_future(answers.departure(receive))
        try:
            if not left:
                await send({"type": "http.response.body"})
                return
            async for chunk in file.chunks(_CHUNK):
                if gone.done():
                    return
                left -= len(chunk)
                await send({"type": "http.response.body", "body": chunk, "more_body": left > 0})
        finally:
            gone.cancel()
