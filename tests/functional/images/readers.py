# SPDX-License-Identifier: Apache-2.0
"""Many servers that read one image, in a process of their own: `python readers.py URL COUNT RATE`.

One of them stops reading after the beginning; each of the others takes RATE bytes per second. When all have begun, the
process prints a line; it ends when its input ends, and prints how many bytes they took.
"""

import selectors
import socket
import sys
import time
from urllib.parse import urlsplit

MOST = 64 * 1024


def main(url: str, count: int, rate: int) -> None:
    """Read until the input ends."""
    parts = urlsplit(url)
    target = f"{parts.path}?{parts.query}"
    selector = selectors.DefaultSelector()
    clients = []
    for _ in range(count):
        client = socket.create_connection((parts.hostname, parts.port))
        client.sendall(f"GET {target} HTTP/1.1\r\nHost: {parts.netloc}\r\n\r\n".encode())
        assert client.recv(12) == b"HTTP/1.1 200"
        clients.append(client)
    print("all", flush=True)
    selector.register(sys.stdin, selectors.EVENT_READ)
    taken = 0
    while True:
        began = time.monotonic()
        share = rate // 10
        for client in clients[1:]:
            left = share
            while left > 0:
                took = len(client.recv(min(left, MOST)))
                if not took:
                    raise SystemExit("A stream ended early.")
                taken += took
                left -= took
        if selector.select(max(0.0, 0.1 - (time.monotonic() - began))):
            break
    print(taken, flush=True)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]), int(sys.argv[3]))
