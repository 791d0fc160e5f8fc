# SPDX-License-Identifier: Apache-2.0
"""Many servers that read images, in a process of their own: `python readers.py COUNT RATE URL...`.

One of them stops reading after the beginning; each of the others takes RATE bytes per second. When all have begun, the
process prints a line; it ends when its input ends, and prints how many bytes they took.
"""

import selectors
import socket
import sys
import time
from urllib.parse import urlsplit

MOST = 64 * 1024


def main(count: int, rate: int, urls: list[str]) -> None:
    """Read until the input ends."""
    selector = selectors.DefaultSelector()
    clients = []
    for number in range(count):
        parts = urlsplit(urls[number % len(urls)])
        target = f"{parts.path}?{parts.query}"
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
    main(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3:])
