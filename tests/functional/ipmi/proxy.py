# SPDX-License-Identifier: Apache-2.0
"""A network between client and BMC that loses, repeats or garbles datagrams as a test says."""

import contextlib
import select
import socket
import threading
from collections.abc import Callable

from tests.waiting import PATIENCE

TO_BMC, TO_CLIENT = "to BMC", "to client"
Rule = Callable[[str, int, bytes], list[bytes]]


def faithful(direction: str, number: int, datagram: bytes) -> list[bytes]:
    """Every datagram arrives."""
    return [datagram]


class Proxy:
    """Forwards datagrams between clients and one BMC. Use it as a context manager.

    `rule(direction, number, datagram)` returns what arrives instead of the datagram; numbers count per direction.
    It may be replaced at any time.
    """

    address = "127.0.0.1"

    def __init__(self, bmc_port: int, rule: Rule = faithful) -> None:
        self.rule = rule
        self.counts = {TO_BMC: 0, TO_CLIENT: 0}
        self._bmc_port = bmc_port
        self._front = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self._front.bind((self.address, 0))
        self.port: int = self._front.getsockname()[1]
        self._backs: dict[tuple[str, int], socket.socket] = {}
        self._stop, self._stopped = socket.socketpair()
        self._thread = threading.Thread(target=self._run, daemon=True)

    def __enter__(self) -> "Proxy":
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.close()
        self._thread.join(PATIENCE)
        for sock in (self._front, self._stopped, *self._backs.values()):
            sock.close()

    def _run(self) -> None:
        while True:
            ready, _, _ = select.select([self._stopped, self._front, *self._backs.values()], [], [])
            if self._stopped in ready:
                return
            if self._front in ready:
                datagram, client = self._front.recvfrom(4096)
                for arriving in self._pass(TO_BMC, datagram):
                    with contextlib.suppress(ConnectionRefusedError):
                        self._back(client).send(arriving)
            for client, back in list(self._backs.items()):
                if back in ready:
                    try:
                        datagram = back.recv(4096)
                    except ConnectionRefusedError:
                        continue
                    for arriving in self._pass(TO_CLIENT, datagram):
                        self._front.sendto(arriving, client)

    def _pass(self, direction: str, datagram: bytes) -> list[bytes]:
        number = self.counts[direction]
        self.counts[direction] += 1
        return self.rule(direction, number, datagram)

    def _back(self, client: tuple[str, int]) -> socket.socket:
        if client not in self._backs:
            back = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
            back.connect((self.address, self._bmc_port))
            self._backs[client] = back
        return self._backs[client]
