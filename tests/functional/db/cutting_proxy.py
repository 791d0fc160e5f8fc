# SPDX-License-Identifier: Apache-2.0
"""A TCP proxy that cuts a connection at the worst moment: the server has committed, the client never hears of it."""

import contextlib
import socket
import threading
from collections.abc import Iterator

from tests.waiting import PATIENCE


class CuttingProxy:
    """Listens on ``port``; ``cut_next_commit()`` arms it for one COMMIT."""

    def __init__(self, server_port: int) -> None:
        self._server_port = server_port
        self._listener = socket.create_server(("127.0.0.1", 0))
        self.port: int = self._listener.getsockname()[1]
        self._armed = threading.Event()
        self.cuts = 0
        self._sockets: list[socket.socket] = [self._listener]
        threading.Thread(target=self._accept, daemon=True).start()

    def cut_next_commit(self) -> None:
        self._armed.set()

    def close(self) -> None:
        for one in self._sockets:
            one.close()

    def _accept(self) -> None:
        with contextlib.suppress(OSError):
            while True:
                client, _ = self._listener.accept()
                server = socket.create_connection(
                    ("127.0.0.1", self._server_port), timeout=PATIENCE
                )
                self._sockets += [client, server]
                cut = threading.Event()
                for pump in (self._upstream, self._downstream):
                    threading.Thread(target=pump, args=(client, server, cut), daemon=True).start()

    def _upstream(self, client: socket.socket, server: socket.socket, cut: threading.Event) -> None:
        with contextlib.suppress(OSError, EOFError):
            while data := client.recv(65536):
                if b"COMMIT" in data and self._armed.is_set():
                    self._armed.clear()
                    self.cuts += 1
                    cut.set()
                server.sendall(data)
        server.close()

    def _downstream(
        self, client: socket.socket, server: socket.socket, cut: threading.Event
    ) -> None:
        with contextlib.suppress(OSError, EOFError):
            while data := server.recv(65536):
                if cut.is_set():
                    break
                client.sendall(data)
        # A plain close would wait for the other thread's recv.
        with contextlib.suppress(OSError):
            client.shutdown(socket.SHUT_RDWR)
        client.close()


@contextlib.contextmanager
def running(server_port: int) -> Iterator[CuttingProxy]:
    """A proxy in front of the server on this port of 127.0.0.1."""
    proxy = CuttingProxy(server_port)
    try:
        yield proxy
    finally:
        proxy.close()
