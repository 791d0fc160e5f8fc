# SPDX-License-Identifier: Apache-2.0
"""Free loopback ports that no other test process takes in the meantime.

The usual trick, bind to port 0 and close, leaves a gap in which a parallel worker gets the same port. Here each port is
held by a lock on a small file for as long as this process lives.
"""

import fcntl
import os
import random
import socket
import tempfile
from pathlib import Path

# Below the range from which Linux takes the local ports of outgoing connections.
FIRST, LAST = 10_000, 29_999

_held: dict[int, int] = {}  # port -> descriptor of its locked file


def free_port() -> int:
    """A port on which nothing listens, neither TCP nor UDP, reserved for this process until it ends."""
    for _ in range(1000):
        port = random.randint(FIRST, LAST)
        if port not in _held and _lock(port):
            if _bindable(port):
                return port
            os.close(_held.pop(port))
    raise RuntimeError(f"no free port found between {FIRST} and {LAST}")


def _lock(port: int) -> bool:
    directory = Path(tempfile.gettempdir()) / f"ironic-lite-test-ports-{os.getuid()}"
    directory.mkdir(mode=0o700, exist_ok=True)
    descriptor = os.open(directory / str(port), os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return False
    _held[port] = descriptor
    return True


def _bindable(port: int) -> bool:
    for kind in (socket.SOCK_STREAM, socket.SOCK_DGRAM):
        with socket.socket(socket.AF_INET, kind) as sock:
            try:
                sock.bind(("127.0.0.1", port))
            except OSError:
                return False
    return True
