# SPDX-License-Identifier: Apache-2.0
"""Images of whole disks, and the web server they come from."""

import hashlib
import http.server
import random
import struct
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from tests.waiting import PATIENCE

MIB = 1 << 20
SECTOR = 512


def disk_image(size: int = 4 * MIB, seed: int = 1) -> bytes:
    """A raw disk with a partition table of one partition, and noise in it."""
    content = bytearray(random.Random(seed).randbytes(size))
    table = bytearray(SECTOR)
    first, sectors = 2048, size // SECTOR - 2048
    table[446:462] = struct.pack("<B3sB3sII", 0x80, b"\0\2\0", 0x83, b"\0\2\0", first, sectors)
    table[510:512] = b"\x55\xaa"
    content[:SECTOR] = table
    return bytes(content)


class ImageServer:
    """Serves the contents of ``files`` by name, and records the requests."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.files: dict[str, bytes] = {}
        self.requests: list[tuple[str, str]] = []

    def add(self, name: str, content: bytes) -> dict[str, Any]:
        """Offer an image; return the ``instance_info`` that deploys it."""
        self.files[f"/{name}"] = content
        return {
            "image_source": f"{self.url}/{name}",
            "image_os_hash_algo": "sha256",
            "image_os_hash_value": hashlib.sha256(content).hexdigest(),
            "image_disk_format": "raw",
        }


@contextmanager
def image_server() -> Iterator[ImageServer]:
    """A web server on a free port of the loopback interface."""

    class Handler(http.server.BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            served.requests.append((self.command, self.path))
            content = served.files.get(self.path)
            if content is None:
                self.send_error(404)
                return
            self.send_response(200)
            self.send_header("Content-Length", str(len(content)))
            self.end_headers()
            if self.command == "GET":
                self.wfile.write(content)

        do_HEAD = do_GET  # noqa: N815 - http.server's name

        def log_message(self, *_args: object) -> None:
            return None

    httpd = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    served = ImageServer(f"http://127.0.0.1:{httpd.server_address[1]}")
    thread = threading.Thread(target=httpd.serve_forever, daemon=True)
    thread.start()
    try:
        yield served
    finally:
        httpd.shutdown()
        thread.join(PATIENCE)
        httpd.server_close()
