# SPDX-License-Identifier: Apache-2.0
"""A cable with the boot service at one end and clients at the other, each end in a network namespace of its own.

    with wire.connected(directory) as cable:
        service = cable.serve()
        offer = cable.ask(dhcp.message(dhcp.DISCOVER, mac))

The service's end is eth1 with 192.0.2.1/24 and fd00:6385::1/64; there is also eth2, which nobody should hear of.
"""

import dataclasses
import os
import select
import socket
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any, TypeVar

import requests

from ironic_lite_simulator.network import packets
from tests.functional.netboot import dhcp
from tests.functional.servers import process, virtual_network
from tests.functional.servers.virtual_network import VirtualNetwork
from tests.waiting import PATIENCE, wait_for

SERVER, NETWORK = "192.0.2.1", "192.0.2.0/24"
_IPV4 = 0x0800
Result = TypeVar("Result")
BOOT_FILES = {"undionly.kpxe": 70_000, "snponly.efi": 170_000}


@dataclasses.dataclass
class Cable:
    """Both ends, and what runs there."""

    directory: Path
    servers: VirtualNetwork
    clients: VirtualNetwork
    stack: ExitStack
    frames: dict[str, socket.socket]

    def configure(self, *lines: str, **netboot: object) -> Path:
        """Write a configuration file with options of [netboot]."""
        text = "\n".join(
            (
                "[DEFAULT]",
                f"state_path={self.directory}",
                *lines,
                "[netboot]",
                f"boot_files_directory={self.directory}/boot",
                *(f"{name}={value}" for name, value in netboot.items()),
            )
        )
        file = self.directory / "ironic-lite.conf"
        file.write_text(text + "\n")
        return file

    def start(self, *arguments: str, **netboot: object) -> process.ServerProcess:
        """Start the service on eth1, and do not wait for it."""
        return self.run_command("netboot", "eth1", *arguments, **netboot)

    def serve(self, *arguments: str, **netboot: object) -> process.ServerProcess:
        """Start the service on eth1, and wait until it serves."""
        service = self.start(*arguments, **netboot)
        service.wait_until(lambda: "Network boot: eth1 (" in said(service), "the boot service")
        return service

    def run_command(
        self, *command: str, default: Sequence[str] = (), **netboot: object
    ) -> process.ServerProcess:
        """Start a command of ironic-lite at the service's end; ``default`` are lines for [DEFAULT]."""
        file = self.configure(*default, **netboot)
        argv = [sys.executable, "-m", "ironic_lite.cmd.main", "--config-file", str(file), *command]
        service = process.ServerProcess(
            "ironic-lite",
            self.servers.entering(*argv),
            log=self.directory / f"{command[0]}.log",
            drop_privileges=False,
        )
        self.stack.callback(service.kill)
        service.start()
        return service

    def send(self, message: bytes, mac: str, device: str = "client1") -> None:
        """Broadcast a DHCP message from a client without an address."""
        datagram = packets.Datagram(packets.NOWHERE, 68, packets.EVERYWHERE, 67, message)
        self.frames[device].send(packets.udp_frame(datagram, mac, packets.BROADCAST_MAC))

    def hear(
        self, transaction: int, seconds: float = PATIENCE, device: str = "client1"
    ) -> tuple[str, dhcp.Answer] | None:
        """Return the next answer to a transaction, with the MAC address that it was sent to."""
        deadline = time.monotonic() + seconds
        while (left := deadline - time.monotonic()) > 0:
            if select.select([self.frames[device]], [], [], left)[0]:
                frame = self.frames[device].recv(4096)
                datagram = packets.read_udp(frame)
                if datagram is not None and datagram.target_port == 68:
                    answer = dhcp.read(datagram.payload)
                    if answer.transaction == transaction:
                        return frame[:6].hex(":"), answer
        return None

    def ask(self, message: bytes, device: str = "client1") -> dhcp.Answer:
        """Send a message of a client, again and again, and return the answer."""
        return wait_for(lambda: self._ask_once(message, device), "an answer by DHCP")

    def _ask_once(self, message: bytes, device: str) -> dhcp.Answer | None:
        transaction, mac = int.from_bytes(message[4:8], "big"), message[28:34].hex(":")
        self.send(message, mac, device)
        heard = self.hear(transaction, 2.0, device)
        return heard[1] if heard else None

    def lease(self, mac: str, options: bytes = b"") -> dhcp.Answer:
        """Get an address as a client does, and return the acknowledgement.

        It begins again when nobody answers its choice: the address may have become another client's meanwhile.
        """

        def acknowledged() -> dhcp.Answer | None:
            offer = self.ask(dhcp.message(dhcp.DISCOVER, mac, options))
            assert offer.kind == dhcp.OFFER
            chosen = dhcp.option(50, socket.inet_aton(offer.address)) + dhcp.option(
                54, offer.options[54]
            )
            request = dhcp.message(dhcp.REQUEST, mac, chosen + options)
            answers = (self._ask_once(request, "client1") for _ in range(4))
            answer = next((each for each in answers if each is not None), None)
            if answer is not None:
                assert (answer.kind, answer.address) == (dhcp.ACK, offer.address)
            return answer

        return wait_for(acknowledged, "an address by DHCP")

    def silence_after(self, *messages: bytes, device: str = "client1") -> bool:
        """Send messages, then one that is answered for sure: whether that is the only one that was answered."""
        transactions = [int.from_bytes(message[4:8], "big") for message in messages]
        for message in messages:
            self.send(message, "52:54:00:00:0f:0f", device)
        last = dhcp.message(
            dhcp.DISCOVER, "52:54:00:00:0f:ff", dhcp.network_boot(0), broadcast=True
        )
        self.send(last, "52:54:00:00:0f:ff", "client1")
        heard = [self.hear(int.from_bytes(last[4:8], "big")) is not None]
        heard += [self.hear(one, 0.05, device) is None for one in transactions]
        return all(heard)

    def inside(self, make: Callable[[], Result]) -> Result:
        """Call a function in the clients' namespace; a socket that it makes stays there."""
        return self.clients.inside(make)

    def api(self, method: str, path: str, body: object = None) -> Any:
        """Send a request to the API from its own machine, and return its answer."""

        def ask() -> Any:
            with requests.Session() as session:
                session.trust_env = False
                answer = session.request(
                    method,
                    f"http://127.0.0.1:6385/v1/{path}",
                    json=body,
                    headers={"X-OpenStack-Ironic-API-Version": "latest"},
                    timeout=PATIENCE,
                )
            assert answer.ok, answer.text
            return answer.json() if answer.content else None

        return self.servers.inside(ask)


def said(service: process.ServerProcess) -> str:
    return service.log.read_text(errors="replace")


@contextmanager
def connected(directory: Path) -> Iterator[Cable]:
    """Two namespaces and the cables between them, until the end of the block."""
    with (
        virtual_network.running() as servers,
        virtual_network.running() as clients,
        ExitStack() as stack,
    ):
        _lay(servers, clients)
        boot = directory / "boot"
        boot.mkdir()
        for name, size in BOOT_FILES.items():
            (boot / name).write_bytes(os.urandom(size))
        frames: dict[str, socket.socket] = {}
        for device in ("client1", "client2"):
            frames[device] = clients.inside(lambda name=device: _frames(name))
            stack.callback(frames[device].close)
        yield Cable(directory, servers, clients, stack, frames)


def _lay(servers: VirtualNetwork, clients: VirtualNetwork) -> None:
    """Connect eth1 and eth2 with switches, and those with the devices of clients: client1 and other1, client2."""
    for number, address in ((1, SERVER), (2, "198.51.100.1")):
        for command in (
            f"link add eth{number} type veth peer name up{number} netns {clients.pid}",
            f"address add {address}/24 dev eth{number}",
            f"link set eth{number} up",
        ):
            servers.run("ip", *command.split())
        clients.run("ip", "link", "add", f"switch{number}", "type", "bridge")
        ends = [f"client{number}", *(["other1"] if number == 1 else [])]
        for end in ends:
            clients.run("ip", "link", "add", end, "type", "veth", "peer", "name", f"{end}-port")
        for port in (f"up{number}", *(f"{end}-port" for end in ends)):
            clients.run("ip", "link", "set", port, "master", f"switch{number}", "up")
        for device in (f"switch{number}", *ends):
            clients.run("ip", "link", "set", device, "up")
    servers.run("ip", "address", "add", "fd00:6385::1/64", "dev", "eth1", "nodad")


def _frames(device: str) -> socket.socket:
    opened = socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(_IPV4))
    opened.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 8 << 20)
    opened.bind((device, _IPV4))
    return opened
