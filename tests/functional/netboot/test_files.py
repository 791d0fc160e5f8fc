# SPDX-License-Identifier: Apache-2.0
"""Boot files by TFTP and HTTP, and the router advertisement that iPXE waits for."""

import socket
import struct
import urllib.error
import urllib.request

import pytest

from tests.functional.netboot.wire import SERVER, Cable
from tests.waiting import PATIENCE, wait_for

FILES = f"http://{SERVER}:6384/boot"


@pytest.fixture
def client(cable: Cable) -> Cable:
    """The cable, with an address at the clients' end and the service at the other."""
    cable.serve()
    cable.clients.run("ip", "address", "add", "192.0.2.9/24", "dev", "client1")
    return cable


def fetch(cable: Cable, name: str, **options: str) -> bytes:
    """Fetch a file by TFTP."""
    words = [name, "octet", *(word for pair in options.items() for word in pair)]
    content, block, window = b"", 512, 1
    with cable.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as own:
        own.settimeout(PATIENCE)
        own.sendto(b"\0\x01" + "\0".join(words).encode() + b"\0", (SERVER, 69))
        expected = 1
        while True:
            data, server = own.recvfrom(70000)
            code, number = struct.unpack("!HH", data[:4])
            if code == 5:
                raise ValueError(number)
            if code == 6:
                said = data[2:].split(b"\0")
                agreed = dict(zip(said[::2], said[1::2], strict=False))
                block = int(agreed.get(b"blksize", 512))
                window = int(agreed.get(b"windowsize", 1))
                own.sendto(b"\0\x04\0\0", server)
                continue
            if number != expected & 0xFFFF:
                continue
            content, expected = content + data[4:], expected + 1
            is_last = len(data) - 4 < block
            if is_last or (expected - 1) % window == 0:
                own.sendto(b"\0\x04" + data[2:4], server)
                if is_last:
                    return content


def test_tftp(client: Cable) -> None:
    boot = client.directory / "boot"
    whole = (boot / "undionly.kpxe").read_bytes()
    (boot / "even").write_bytes(bytes(1024))
    (boot / "empty").write_bytes(b"")
    assert fetch(client, "undionly.kpxe") == whole
    assert fetch(client, "/undionly.kpxe", blksize="1468", tsize="0") == whole
    assert fetch(client, "undionly.kpxe", blksize="1024", windowsize="8") == whole
    assert fetch(client, "even") == bytes(1024)
    assert fetch(client, "empty") == b""


def test_tftp_sends_again_what_was_not_acknowledged(client: Cable) -> None:
    with client.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as own:
        own.settimeout(PATIENCE)
        own.sendto(b"\0\x01undionly.kpxe\0octet\0", (SERVER, 69))
        first, server = own.recvfrom(2048)
        again, same = own.recvfrom(2048)
        assert (first, server) == (again, same)
        own.sendto(b"\0\x04\0\x01", server)
        following = again
        while following == first:
            following = own.recv(2048)
        assert following[:4] == b"\0\x03\0\x02"


@pytest.mark.parametrize(
    ("name", "code"),
    [("missing", 1), ("../ironic-lite.conf", 1), ("/etc/passwd", 1), ("..\\ironic-lite.conf", 1)],
)
def test_files_that_nobody_gets(client: Cable, name: str, code: int) -> None:
    with pytest.raises(ValueError, match=str(code)):
        fetch(client, name)
    with pytest.raises(urllib.error.HTTPError, match="404"):
        over_http(client, f"{FILES}/{urllib.request.quote(name)}")


def over_http(cable: Cable, url: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with cable.inside(lambda: opener.open(url, timeout=PATIENCE)) as answer:
        return bytes(answer.read())


def test_http(client: Cable) -> None:
    whole = (client.directory / "boot" / "snponly.efi").read_bytes()
    assert over_http(client, f"{FILES}/snponly.efi") == whole


def test_a_router_advertisement_says_that_there_is_no_router(client: Cable) -> None:
    def listen() -> socket.socket:
        opened = socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6)
        opened.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        opened.setsockopt(socket.SOL_SOCKET, socket.SO_BINDTODEVICE, b"client1")
        opened.settimeout(0.5)
        return opened

    index = client.inside(lambda: socket.if_nametoindex("client1"))
    with client.inside(listen) as own:

        def lifetime() -> tuple[int] | None:
            try:
                own.sendto(b"\x85" + bytes(7), ("ff02::2", 0, 0, index))
                while True:
                    message = own.recv(2048)
                    if message[0] == 134:
                        return struct.unpack("!H", message[6:8])
            except OSError:
                return None

        assert wait_for(lifetime, "a router advertisement") == (0,)
