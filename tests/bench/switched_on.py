# SPDX-License-Identifier: Apache-2.0
"""``python -m tests.bench.switched_on``: how the boot service bears many servers that are switched on, and nonsense.

1. N clients (200) ask for an address within one second. Each chooses the offer a second later, as firmware does.
2. The boot service is killed with SIGKILL while N more clients ask.
3. Packets that nobody should send: changed DHCP and TFTP requests, on ports 67, 69 and 4011.

It needs root. It prints a table, and fails if a client has no address, two have the same, one was refused, the first
group took longer than 5 s times the slowness, or the service answered nonsense or ended.
"""

import argparse
import contextlib
import os
import random
import select
import signal
import socket
import time
from collections import Counter

from ironic_lite_simulator.network import packets
from tests.functional.netboot import dhcp, wire
from tests.functional.netboot.wire import SERVER, Cable
from tests.functional.servers import unprivileged
from tests.waiting import PATIENCE, factor

_THINKING = 1.0
_FIRST_RETRY = 1.0
_PATIENCE = 60.0
_BOUND = 5.0


class Client:
    """A client that has to get an address."""

    def __init__(self, mac: str, starts: float) -> None:
        self.mac = mac
        self.due = starts
        self.wait = _FIRST_RETRY
        self.transaction = 0
        self.offer: dhcp.Answer | None = None
        self.took: float | None = None
        self.address = ""

    def speak(self, cable: Cable, now: float) -> None:
        """Discover, or request what was offered."""
        self.wait, self.due = 2 * self.wait, now + self.wait
        if self.offer is None:
            self.transaction = random.getrandbits(32)
            message = dhcp.message(
                dhcp.DISCOVER, self.mac, dhcp.network_boot(7), transaction=self.transaction
            )
        else:
            chosen = dhcp.option(50, socket.inet_aton(self.offer.address))
            chosen += dhcp.option(54, self.offer.options[54])
            self.offer = None
            message = dhcp.message(
                dhcp.REQUEST,
                self.mac,
                chosen + dhcp.network_boot(7),
                transaction=self.transaction,
            )
        cable.send(message, self.mac)


class Room:
    """Clients that are switched on within one second."""

    def __init__(self, cable: Cable, number: int, count: int) -> None:
        self.cable, self.refused = cable, 0
        self.begun = time.monotonic()
        self.clients = {
            mac: Client(mac, self.begun + place / count)
            for place, mac in enumerate(
                f"52:54:00:{number:02x}:{i >> 8:02x}:{i & 0xFF:02x}" for i in range(count)
            )
        }

    def run(self, until: float = _PATIENCE) -> None:
        """Let them ask until all have an address, or time is up."""
        deadline = self.begun + until
        cable = self.cable.frames["client1"]
        while time.monotonic() < deadline and self.waiting:
            now = time.monotonic()
            for client in self.waiting:
                if client.due <= now:
                    client.speak(self.cable, now)
            while select.select([cable], [], [], 0.005)[0]:
                self._hear(cable.recv(4096))

    @property
    def waiting(self) -> list[Client]:
        return [client for client in self.clients.values() if client.took is None]

    def _hear(self, frame: bytes) -> None:
        datagram = packets.read_udp(frame)
        if datagram is None or datagram.target_port != 68:
            return
        answer = dhcp.read(datagram.payload)
        client = self.clients.get(answer.mac)
        if client is None or answer.transaction != client.transaction:
            return
        now = time.monotonic()
        if answer.kind == dhcp.NAK:
            self.refused += 1
            client.due = now
        elif answer.kind == dhcp.OFFER:
            client.offer, client.due = answer, now + _THINKING
        elif answer.kind == dhcp.ACK:
            client.took, client.address = now - self.begun, answer.address

    def report(self, name: str) -> tuple[bool, float]:
        """Print a line; return whether all have an address of their own, and the seconds until the last one had."""
        addresses = Counter(client.address for client in self.clients.values() if client.address)
        twice = sum(1 for count in addresses.values() if count > 1)
        last = max((client.took or _PATIENCE) for client in self.clients.values())
        print(
            f"| {name} | {len(addresses)} of {len(self.clients)} | {twice} | {self.refused} | {last:.2f} |"
        )
        return not self.waiting and not twice and not self.refused, last


def nonsense(cable: Cable, count: int, seed: int) -> tuple[int, float]:
    """Send changed packets; return how many were answered that should not be, and the seconds that it took."""
    chance = random.Random(seed)
    good = [dhcp.message(kind, "52:54:00:ff:00:01", dhcp.network_boot(7)) for kind in range(1, 9)]
    request = b"\0\x01snponly.efi\0octet\0blksize\x001468\0tsize\x000\0"
    answered, begun = 0, time.monotonic()
    with cable.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as sender:
        cable.clients.run("ip", "address", "add", "192.0.2.9/21", "dev", "client1")
        for number in range(count):
            data = bytearray(chance.choice([*good, request]))
            for _ in range(chance.choice((1, 1, 2, 8, 64))):
                data[chance.randrange(len(data))] = chance.randrange(256)
            # What is not a request cannot be right by chance.
            data[0] = chance.choice((0, 2, 3, 255))
            sent = bytes(data[: chance.randrange(1, len(data))])
            if sent[:2] == b"\0\x01":
                sent = b"\0\x03" + sent[2:]
            sender.sendto(sent, (SERVER, (67, 69, 4011)[number % 3]))
            if number % 64 == 0:
                with contextlib.suppress(BlockingIOError):
                    sender.recv(2048, socket.MSG_DONTWAIT)
                    answered += 1
        seconds = time.monotonic() - begun
        # All that went where it is served: a right request on the same way is answered.
        sender.settimeout(PATIENCE)
        sender.sendto(request, (SERVER, 69))
        assert sender.recv(2048)[:2] in (b"\0\x03", b"\0\x06")
    return answered, seconds


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--clients", type=int, default=200)
    parser.add_argument("--packets", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    given = parser.parse_args()
    good = True
    with (
        unprivileged.server_directory("switched-on") as directory,
        wire.connected(directory) as cable,
    ):
        # Room for all clients.
        cable.servers.run("ip", "address", "flush", "dev", "eth1", "scope", "global")
        cable.servers.run("ip", "address", "add", f"{SERVER}/21", "dev", "eth1")
        service = cable.serve()
        print(
            "| | have an address | given twice | refused | the last one after, s |\n|---|---|---|---|---|"
        )
        room = Room(cable, 1, given.clients)
        room.run()
        right, last = room.report("switched on within 1 s")
        good &= right and last <= _BOUND * factor()
        room = Room(cable, 2, given.clients)
        room.run(until=1.2)
        service.signal(signal.SIGKILL)
        service.wait(10)
        service = cable.serve("--again")
        room.run()
        right, _ = room.report("the service is killed meanwhile")
        good &= right
        answered, seconds = nonsense(cable, given.packets, given.seed)
        print(f"{given.packets} packets of nonsense in {seconds:.0f} s: {answered} were answered")
        good &= not answered and service.alive
        # It still serves.
        cable.lease("52:54:00:fe:00:01", dhcp.network_boot(7))
    return 0 if good else 1


if __name__ == "__main__":
    os.environ.setdefault("PYTHONWARNINGS", "ignore")
    raise SystemExit(main())
