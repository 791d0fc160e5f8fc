# SPDX-License-Identifier: Apache-2.0
"""Beside another DHCP server the boot service gives no addresses: it refuses to start, or names boot files only."""

import socket

import pytest

from tests.functional.netboot import dhcp
from tests.functional.netboot.wire import SERVER, Cable, said
from tests.functional.servers import process
from tests.waiting import PATIENCE

MAC = "52:54:00:00:00:01"
OTHER_SERVER = "192.0.2.9"
SCRIPT = f"http://{SERVER}:6385/boot.ipxe"


def other_server(cable: Cable) -> process.ServerProcess:
    """A dnsmasq at the clients' end that gives addresses, and knows nothing of boot files."""
    cable.clients.run("ip", "address", "add", f"{OTHER_SERVER}/24", "dev", "other1")
    argv = [
        *(process.find_program("dnsmasq"), "--conf-file=/dev/null", "--keep-in-foreground"),
        *("--log-facility=-", "--user=root", "--group=root", "--port=0", "--no-ping"),
        *("--interface=other1", "--bind-interfaces", "--except-interface=lo", "--log-dhcp"),
        f"--pid-file={cable.directory}/other.pid",
        f"--dhcp-leasefile={cable.directory}/other.leases",
        "--dhcp-range=192.0.2.100,192.0.2.199,1h",
    ]
    server = process.ServerProcess(
        "another DHCP server",
        cable.clients.entering(*argv),
        log=cable.directory / "other.log",
        drop_privileges=False,
    )
    cable.stack.callback(server.kill)
    server.start()
    server.wait_until(lambda: "DHCP, IP range" in said(server), "the other server")
    return server


def answers(cable: Cable, message: bytes) -> dict[str, dhcp.Answer]:
    """Who answers a message of a client, and what; waits until both have answered."""
    transaction = int.from_bytes(message[4:8], "big")
    found: dict[str, dhcp.Answer] = {}
    cable.send(message, MAC)
    while len(found) < 2:
        heard = cable.hear(transaction)
        assert heard is not None, found
        found[heard[1].server] = heard[1]
    return found


def test_full_mode_is_refused_and_says_what_to_do(cable: Cable) -> None:
    other_server(cable)
    service = cable.start()
    assert service.wait(60) == 2
    text = said(service)
    assert f"Another DHCP server answers on eth1: {OTHER_SERVER}" in text
    assert "--mode proxy" in text


@pytest.mark.parametrize("mode", ["proxy", "auto"])
def test_proxy_mode_names_boot_files_and_gives_no_addresses(cable: Cable, mode: str) -> None:
    other_server(cable)
    cable.serve("--mode", mode)
    for options, file, vendor in (
        (dhcp.network_boot(0), "undionly.kpxe", "PXEClient"),
        (dhcp.network_boot(7), "snponly.efi", "PXEClient"),
        (
            dhcp.network_boot(16, "HTTPClient"),
            f"http://{SERVER}:6384/boot/snponly.efi",
            "HTTPClient",
        ),
        (dhcp.network_boot(7, ipxe=True), SCRIPT, "PXEClient"),
    ):
        both = answers(cable, dhcp.message(dhcp.DISCOVER, MAC, options, broadcast=True))
        ours = both[SERVER]
        assert (ours.kind, ours.address) == (dhcp.OFFER, dhcp.NOWHERE)
        assert (ours.boot_file, ours.vendor) == (file, vendor)
        assert both[OTHER_SERVER].address.startswith("192.0.2.1")
    # No word to who does not boot, nor to who talks to the other server.
    to_other = dhcp.option(54, socket.inet_aton(OTHER_SERVER)) + dhcp.network_boot(7)
    plain = dhcp.message(dhcp.DISCOVER, MAC)
    cable.send(plain, MAC)
    heard = cable.hear(int.from_bytes(plain[4:8], "big"))
    assert heard is not None and heard[1].server == OTHER_SERVER
    message = dhcp.message(dhcp.REQUEST, MAC, dhcp.option(50, b"\xc0\0\2\x64") + to_other)
    cable.send(message, MAC)
    heard = cable.hear(int.from_bytes(message[4:8], "big"))
    assert heard is None or heard[1].server == OTHER_SERVER


def test_the_port_for_boot_servers_answers_too(cable: Cable) -> None:
    other_server(cable)
    cable.serve("--mode", "proxy")
    with cable.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as client:
        client.bind((OTHER_SERVER, 0))
        client.settimeout(PATIENCE)
        asked = dhcp.message(dhcp.REQUEST, MAC, dhcp.network_boot(7), client=OTHER_SERVER)
        client.sendto(asked, (SERVER, 4011))
        answer = dhcp.read(client.recv(2048))
    assert (answer.kind, answer.boot_file) == (dhcp.ACK, "snponly.efi")


def test_a_taken_port_is_reported_with_its_holder(cable: Cable) -> None:
    argv = [
        *(process.find_program("dnsmasq"), "--conf-file=/dev/null", "--keep-in-foreground"),
        *("--log-facility=-", "--user=root", "--port=0", "--enable-tftp", "--tftp-root=/tmp"),
        f"--pid-file={cable.directory}/taken.pid",
    ]
    holder = process.ServerProcess(
        "a TFTP server",
        cable.servers.entering(*argv),
        log=cable.directory / "taken.log",
        drop_privileges=False,
    )
    cable.stack.callback(holder.kill)
    holder.start()
    holder.wait_until(lambda: "TFTP root is" in said(holder), "the TFTP server")
    service = cable.start()
    assert service.wait(60) == 2
    assert "UDP port 69 of eth1 is taken by" in said(service)
