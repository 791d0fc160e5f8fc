# SPDX-License-Identifier: Apache-2.0
"""In a network namespace: starts dnsmasq at one end of a cable, and asks it from the other as servers do that boot.

    dhcp_client.py DNSMASQ CONFIGURATION DIRECTORY

Prints which file it names for whom, and which class of vendors it says that it belongs to; and for how long it is an
IPv6 router. As JSON.
"""

import json
import socket
import struct
import subprocess
import sys
import time

MAC = bytes.fromhex("525400000007")
BROADCAST = b"\xff" * 6
DEADLINE = 20.0


def client(architecture: int, ipxe: bool = False, vendor: bytes = b"PXEClient") -> bytes:
    """The options that tell who asks: 93 is the architecture, 60 the vendor's class, 175 is iPXE's own."""
    options = bytes((93, 2, 0, architecture, 60, len(vendor))) + vendor
    return options + (bytes((175, 3, 176, 1, 1)) if ipxe else b"")


CLIENTS = {
    "bios": client(0),
    "uefi": client(7),
    "uefi, called EBC": client(9),
    "arm64": client(11),
    "uefi over http": client(16, vendor=b"HTTPClient"),
    "arm64 over http": client(19, vendor=b"HTTPClient"),
    "ipxe": client(7, ipxe=True),
    "ipxe on bios": client(0, ipxe=True),
    "ipxe on arm64": client(11, ipxe=True),
    "ipxe over http": client(16, ipxe=True, vendor=b"HTTPClient"),
}


def main() -> None:
    dnsmasq, configuration, directory = sys.argv[1:]
    for command in (
        "link add eth1 type veth peer name client",
        "address add 192.0.2.10/24 dev eth1",
        "address add fd00:6385::10/64 dev eth1 nodad",
        "link set eth1 up",
        "link set client up",
    ):
        subprocess.run(["ip", *command.split()], check=True)
    server = subprocess.Popen(
        [
            dnsmasq,
            f"--conf-file={configuration}",
            f"--dhcp-leasefile={directory}/leases",
            "--pid-file=",
            "--user=root",
            "--keep-in-foreground",
            "--log-facility=-",
        ],
        stdout=sys.stderr,
    )
    try:
        told: dict[str, object] = {name: ask(options) for name, options in CLIENTS.items()}
        told["lifetime of the IPv6 router"] = lifetime_of_router()
        print(json.dumps(told))
    finally:
        server.kill()
        server.wait()


def lifetime_of_router() -> int:
    """Seconds for which the other end says that it is a router; asked for until it says something."""
    index = socket.if_nametoindex("client")
    with socket.socket(socket.AF_INET6, socket.SOCK_RAW, socket.IPPROTO_ICMPV6) as cable:
        cable.setsockopt(socket.IPPROTO_IPV6, socket.IPV6_MULTICAST_HOPS, 255)
        cable.settimeout(0.2)
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            try:
                cable.sendto(bytes((133, 0, 0, 0, 0, 0, 0, 0)), ("ff02::2", 0, 0, index))
                while True:
                    message = cable.recv(2048)
                    if message[0] == 134:
                        lifetime: int = struct.unpack("!H", message[6:8])[0]
                        return lifetime
            except TimeoutError:
                continue
            except OSError:
                # The interface has no address of its own yet.
                time.sleep(0.1)
    raise SystemExit("no router spoke")


def ask(options: bytes) -> tuple[str, str | None]:
    """The boot file and the vendor's class of an offer; asked for until there is one."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as cable:
        cable.bind(("client", 0))
        cable.settimeout(0.2)
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            cable.send(discover(options))
            try:
                while True:
                    offer = boot_offer(cable.recv(2048))
                    if offer:
                        return offer
            except TimeoutError:
                continue
    raise SystemExit("no offer came")


def discover(options: bytes) -> bytes:
    """DHCPDISCOVER from 0.0.0.0 to all, to be answered to all."""
    message = struct.pack(
        "!BBBBIHH16x6s10x192x4s", 1, 1, 6, 0, 7, 0, 0x8000, MAC, b"\x63\x82\x53\x63"
    )
    # Discover, the wish for a boot file's name (67) and the vendor's class (60), and who asks.
    message += bytes((53, 1, 1, 55, 4, 1, 60, 66, 67)) + options + b"\xff"
    datagram = struct.pack("!HHHH", 68, 67, 8 + len(message), 0) + message
    header = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4
    )
    total = sum(struct.unpack("!10H", header))
    checksum = ~(total + (total >> 16)) & 0xFFFF
    header = header[:10] + struct.pack("!H", checksum) + header[12:]
    return BROADCAST + MAC + b"\x08\x00" + header + datagram


def boot_offer(frame: bytes) -> tuple[str, str | None] | None:
    """The file that an offer names in its header or in option 67, and its class of vendors, unless that is PXE's."""
    if frame[23] != 17 or frame[34:38] != struct.pack("!HH", 67, 68):
        return None
    message = frame[42:]
    name = message[108:236].rstrip(b"\0")
    rest, vendor = message[240:], b""
    while rest and rest[0] != 255:
        if rest[0] == 67:
            name = rest[2 : 2 + rest[1]].rstrip(b"\0")
        if rest[0] == 60:
            vendor = rest[2 : 2 + rest[1]]
        rest = rest[2 + rest[1] :] if rest[0] else rest[1:]
    told = None if vendor in (b"", b"PXEClient") else vendor.decode()
    return (name.decode(), told) if name else None


if __name__ == "__main__":
    main()
