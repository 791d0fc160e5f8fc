# SPDX-License-Identifier: Apache-2.0
"""The boot files over HTTP, for firmware that boots so."""

import asyncio
import contextlib
import email.utils
import logging
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any
from urllib.parse import unquote

import uvicorn

from ironic_lite.netboot import sockets
from ironic_lite.netboot.boot_files import Report
from ironic_lite.netboot.interface import State

LOG = logging.getLogger(__name__)
# What it says of starts and ends says this service itself.
logging.getLogger("uvicorn.error").setLevel(logging.WARNING)

PREFIX = "/boot/"
_CHUNK = 256 * 1024
_MOST_CONNECTIONS = 2048
_KEEP_ALIVE = 30


class _Server(uvicorn.Server):
    """uvicorn's server in a loop of ours: the process has its own signal handlers."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


class BootFileServer:
    """Serves the files that ``find`` finds below ``/boot/``, from ``start`` to ``stop``."""

    def __init__(
        self,
        state: State,
        addresses: list[str],
        port: int,
        find: Callable[[str], Path | None],
        report: Report,
    ) -> None:
        self._state, self._addresses, self._port = state, addresses, port
        self._find, self._report = find, report
        self._server: _Server | None = None
        self._serving: asyncio.Task[None] | None = None

    def start(self) -> None:
        """Open the port.

        :raises CannotListen: it is taken.
        """
        opened = []
        try:
            for address in self._addresses:
                opened.append(sockets.tcp(self._state.name, self._port, address))
        except sockets.CannotListen:
            for one in opened:
                one.close()
            raise
        config = uvicorn.Config(
            self._application,
            http="httptools",
            ws="none",
            loop="none",
            lifespan="off",
            interface="asgi3",
            log_config=None,
            access_log=False,
            proxy_headers=False,
            server_header=False,
            limit_concurrency=_MOST_CONNECTIONS,
            timeout_keep_alive=_KEEP_ALIVE,
            timeout_graceful_shutdown=1,
        )
        self._server = _Server(config)
        self._serving = asyncio.create_task(self._server.serve(sockets=opened))

    async def stop(self) -> None:
        """Close the port, and give what is being sent a second."""
        if self._server is not None and self._serving is not None:
            self._server.should_exit = True
            with contextlib.suppress(TimeoutError):
                await asyncio.wait_for(self._serving, 5)

    async def _application(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["type"] != "http":
            return
        path, method, client = scope["path"], scope["method"], (scope.get("client") or ("", 0))[0]
        name = unquote(path.removeprefix(PREFIX))
        file = self._find(name) if path.startswith(PREFIX) else None
        if method not in ("GET", "HEAD"):
            await _refuse(send, 405, [(b"allow", b"GET, HEAD")])
            return
        if file is None:
            await _refuse(send, 404)
            if path.startswith(PREFIX):
                self._report(client, name, "there is no such file")
            return
        try:
            content = await asyncio.to_thread(file.read_bytes)
            changed = email.utils.formatdate(file.stat().st_mtime, usegmt=True)
        except OSError as exc:
            await _refuse(send, 403)
            self._report(client, name, f"it cannot be read: {exc.strerror}")
            return
        headers = [
            (b"content-type", b"application/octet-stream" if not name.endswith(".efi") else b"application/efi"),
            (b"content-length", str(len(content)).encode()),
            (b"last-modified", changed.encode()),
        ]  # fmt: skip
        await send({"type": "http.response.start", "status": 200, "headers": headers})
        if method == "HEAD":
            await send({"type": "http.response.body", "body": b""})
            return
        for start in range(0, len(content) or 1, _CHUNK):
            more = start + _CHUNK < len(content)
            part = content[start : start + _CHUNK]
            await send({"type": "http.response.body", "body": part, "more_body": more})
        self._report(client, name, None)


async def _refuse(send: Any, status: int, headers: list[tuple[bytes, bytes]] | None = None) -> None:
    headers = [(b"content-length", b"0"), *(headers or [])]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": b""})
