# SPDX-License-Identifier: Apache-2.0
"""A network of BMCs on addresses of the loopback interface: IPMI of the virtual rack, and Redfish service roots."""

import asyncio
import json
import ssl
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from ironic_lite_simulator.bmc import packets
from tests.functional.api import certificates
from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE

CAPABILITIES = bytes.fromhex("0196050300000000")
SUITES = bytes.fromhex("01c003014181c011034481")


class IpmiBMC(asyncio.DatagramProtocol):
    """A BMC that answers what needs no login.

    :param answers_ping: whether it answers presence pings.
    :param deaf: how many datagrams it loses first.
    """

    def __init__(self, answers_ping: bool = True, deaf: int = 0) -> None:
        self._answers_ping = answers_ping
        self._deaf = deaf
        self._transport: Any = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = transport

    def datagram_received(self, data: bytes, addr: Any) -> None:
        if self._deaf:
            self._deaf -= 1
            return
        kind, body = packets.split_rmcp(data)
        if kind == packets.CLASS_ASF:
            if self._answers_ping:
                pong = packets.presence_pong(body)
                self._transport.sendto(packets.rmcp(packets.CLASS_ASF, pong), addr)
            return
        request = packets.parse_request(packets.parse_frame(body).payload)
        told = CAPABILITIES if request.command == 0x38 else SUITES
        message = packets.response(request, 0, told)
        self._transport.sendto(packets.sessionless_ipmi15(message), addr)


class Network:
    """BMCs on one UDP port and one TCP port of different loopback addresses."""

    def __init__(self, directory: Path) -> None:
        self.port, self.redfish_port = free_port(), free_port()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        self._context.load_cert_chain(*certificates.write(directory, "bmc"))

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(PATIENCE)
        self._loop.close()

    def add_ipmi(self, address: str, **options: Any) -> None:
        self._run(
            self._loop.create_datagram_endpoint(
                lambda: IpmiBMC(**options), local_addr=(address, self.port)
            )
        )

    def add_redfish(self, address: str, root: Any, status: int = 200) -> None:
        """A service root; any text in place of a document is sent as it is."""
        body = root if isinstance(root, str) else json.dumps(root)

        async def answer(_request: web.Request) -> web.Response:
            return web.Response(status=status, text=body, content_type="application/json")

        async def serve() -> None:
            app = web.Application()
            app.add_routes([web.get("/redfish/v1/", answer)])
            runner = web.AppRunner(app, access_log=None)
            await runner.setup()
            site = web.TCPSite(runner, address, self.redfish_port, ssl_context=self._context)
            await site.start()

        self._run(serve())

    def add_silent(self, address: str) -> None:
        """Something that takes connections and says nothing."""
        self._run(asyncio.start_server(lambda *_: asyncio.sleep(60), address, self.redfish_port))

    def _run(self, work: Any) -> None:
        asyncio.run_coroutine_threadsafe(work, self._loop).result(PATIENCE)


@pytest.fixture
def network(tmp_path: Path) -> Iterator[Network]:
    made = Network(tmp_path)
    made.start()
    yield made
    made.stop()
