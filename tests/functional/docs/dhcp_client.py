# SPDX-License-Identifier: Apache-2.0
"""In a network namespace: starts dnsmasq at one end of a cable, and asks it from the other as servers do that boot.

    dhcp_client.py DNSMASQ CONFIGURATION DIRECTORY

Prints which file it names for whom, as JSON.
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
CLIENTS = {
    # Option 93 is the architecture; 175 is iPXE's own.
    "bios": bytes((93, 2, 0, 0)),
    "uefi": bytes((93, 2, 0, 7)),
    "ipxe": bytes((93, 2, 0, 7)) + bytes((175, 3, 176, 1, 1)),
}


def main() -> None:
    dnsmasq, configuration, directory = sys.argv[1:]
    for command in (
        "link add eth1 type veth peer name client",
        "address add 192.0.2.10/24 dev eth1",
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
            "--no-ping",
            "--log-facility=-",
        ],
        stdout=sys.stderr,
    )
    try:
        print(json.dumps({name: ask(options) for name, options in CLIENTS.items()}))
    finally:
        server.kill()
        server.wait()


def ask(options: bytes) -> str:
    """The boot file of an offer; asked for until there is one."""
    with socket.socket(socket.AF_PACKET, socket.SOCK_RAW, socket.htons(0x0800)) as cable:
        cable.bind(("client", 0))
        cable.settimeout(0.2)
        deadline = time.monotonic() + DEADLINE
        while time.monotonic() < deadline:
            cable.send(discover(options))
            try:
                while True:
                    offer = boot_file(cable.recv(2048))
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
    # Discover, the wish for a boot file's name (67), and who asks.
    message += bytes((53, 1, 1, 55, 3, 1, 66, 67)) + options + b"\xff"
    datagram = struct.pack("!HHHH", 68, 67, 8 + len(message), 0) + message
    header = struct.pack(
        "!BBHHHBBH4s4s", 0x45, 0, 20 + len(datagram), 0, 0, 64, 17, 0, bytes(4), b"\xff" * 4
    )
    total = sum(struct.unpack("!10H", header))
    checksum = ~(total + (total >> 16)) & 0xFFFF
    header = header[:10] + struct.pack("!H", checksum) + header[12:]
    return BROADCAST + MAC + b"\x08\x00" + header + datagram


def boot_file(frame: bytes) -> str | None:
    """The file that an offer names in its header or in option 67."""
    if frame[23] != 17 or frame[34:38] != struct.pack("!HH", 67, 68):
        return None
    message = frame[42:]
    name = message[108:236].rstrip(b"\0")
    rest = message[240:]
    while rest and rest[0] != 255:
        if rest[0] == 67:
            name = rest[2 : 2 + rest[1]].rstrip(b"\0")
        rest = rest[2 + rest[1] :] if rest[0] else rest[1:]
    return name.decode() or None


if __name__ == "__main__":
    main()
