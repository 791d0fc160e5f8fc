# SPDX-License-Identifier: Apache-2.0
"""The HTTP ports of a rack's agents. Each server has its own ports, as a real server has its own address."""

import socket
import ssl

from aiohttp import web

from ironic_lite_simulator.agent import http


class AgentDoors:
    """One HTTP server with many ports. A port opens when an agent first needs it, and stays with its server."""

    def __init__(self, address: str, find_agent: http.FindAgent, context: ssl.SSLContext) -> None:
        self._address = address
        self._context = context
        self._ports: dict[tuple[int, bool], int] = {}
        self._servers: dict[int, int] = {}
        app = web.Application(client_max_size=128 * 1024**2)
        app.add_routes(http.routes(lambda port: find_agent(self._servers[port])))
        self._runner = web.AppRunner(app, access_log=None, shutdown_timeout=1.0)

    async def start(self) -> None:
        """Get ready to open ports."""
        await self._runner.setup()

    async def close(self) -> None:
        """Close all ports."""
        await self._runner.cleanup()

    async def url(self, server: int, tls: bool) -> str:
        """Return the root URL of the agent's API on the server with this index."""
        port = self._ports.get((server, tls))
        if port is None:
            listener = listening(self._address, 0)
            port = self._ports[server, tls] = listener.getsockname()[1]
            self._servers[port] = server
            context = self._context if tls else None
            await web.SockSite(self._runner, listener, ssl_context=context).start()
        return f"http{'s' if tls else ''}://{self._address}:{port}"


def listening(address: str, port: int) -> socket.socket:
    """Return a listening socket; port 0 means any free port.

    :raises OSError: the port is taken.
    """
    listener = socket.socket()
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((address, port))
    except OSError:
        listener.close()
        raise
    listener.listen(1024)
    listener.setblocking(False)
    return listener
