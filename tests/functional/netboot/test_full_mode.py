# SPDX-License-Identifier: Apache-2.0
"""The boot service gives servers addresses and tells them what to boot; each kind of firmware gets what it can load."""

import socket
import struct
from pathlib import Path

import pytest

from ironic_lite.netboot import interface
from tests.functional.netboot import dhcp
from tests.functional.netboot.wire import SERVER, Cable, said
from tests.waiting import PATIENCE, wait_for

MAC, OTHER = "52:54:00:00:00:01", "52:54:00:00:00:02"
SCRIPT = f"http://{SERVER}:6385/boot.ipxe"
FILES = f"http://{SERVER}:6384/boot/"


def test_each_architecture_boots_its_file_by_its_protocol(cable: Cable) -> None:
    for name in ("ipxe-arm64.efi", "ipxe-arm32.efi", "ipxe-ia32.efi"):
        (cable.directory / "boot" / name).write_bytes(b"MZ")
    cable.serve()
    expected = {
        0: "undionly.kpxe",
        6: "ipxe-ia32.efi",
        7: "snponly.efi",
        9: "snponly.efi",
        10: "ipxe-arm32.efi",
        11: "ipxe-arm64.efi",
    }
    for architecture, file in expected.items():
        answer = cable.lease(MAC, dhcp.network_boot(architecture))
        assert (answer.boot_file, answer.vendor) == (file, "PXEClient"), architecture
        assert answer.next_server == SERVER and answer.file_field == file
    over_http = {
        15: "ipxe-ia32.efi",
        16: "snponly.efi",
        17: "snponly.efi",
        18: "ipxe-arm32.efi",
        19: "ipxe-arm64.efi",
        20: "undionly.kpxe",
    }
    for architecture, file in over_http.items():
        answer = cable.lease(MAC, dhcp.network_boot(architecture, "HTTPClient"))
        assert (answer.boot_file, answer.vendor) == (FILES + file, "HTTPClient"), architecture
    for architecture in (0, 7, 11, 16):
        answer = cable.lease(MAC, dhcp.network_boot(architecture, ipxe=True))
        assert answer.boot_file == SCRIPT
    plain = cable.lease(MAC)
    assert (plain.boot_file, plain.vendor) == ("", "")


def test_a_server_keeps_its_address_whatever_it_calls_itself(cable: Cable) -> None:
    service = cable.serve(lease_time=7200)
    first = cable.lease(MAC, dhcp.network_boot(7))
    with_identity = cable.lease(MAC, dhcp.option(61, b"\x01" + bytes(6)))
    as_system = cable.lease(MAC, dhcp.option(61, b"\xff" + bytes(18)))
    assert first.address == with_identity.address == as_system.address
    assert cable.lease(OTHER).address != first.address
    assert struct.unpack("!I", first.options[51]) == (7200,)
    # Killed in the middle, it knows its leases again.
    service.kill()
    cable.serve(lease_time=7200)
    wanted = dhcp.option(50, socket.inet_aton(first.address))
    stolen = cable.ask(dhcp.message(dhcp.DISCOVER, "52:54:00:00:00:03", wanted))
    assert stolen.address != first.address
    assert cable.lease(MAC).address == first.address


def test_renewal_and_release(cable: Cable) -> None:
    cable.serve()
    lease = cable.lease(MAC)
    cable.clients.run("ip", "address", "add", f"{lease.address}/24", "dev", "client1")
    with cable.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as client:
        client.bind((lease.address, 68))
        client.settimeout(PATIENCE)
        client.sendto(dhcp.message(dhcp.REQUEST, MAC, client=lease.address), (SERVER, 67))
        renewed = dhcp.read(client.recv(2048))
        assert (renewed.kind, renewed.address) == (dhcp.ACK, lease.address)
        server = dhcp.option(54, socket.inet_aton(SERVER))
        client.sendto(dhcp.message(dhcp.RELEASE, MAC, server, client=lease.address), (SERVER, 67))
    wanted = dhcp.option(50, socket.inet_aton(lease.address))
    offer = cable.ask(dhcp.message(dhcp.DISCOVER, OTHER, wanted))
    assert offer.address == lease.address


def test_who_boots_is_never_refused_and_who_comes_from_elsewhere_is_at_once(cable: Cable) -> None:
    cable.serve()
    taken = cable.lease(OTHER).address
    elsewhere = dhcp.option(50, socket.inet_aton("10.9.8.7"))
    taken_by_other = dhcp.option(50, socket.inet_aton(taken))
    selecting = taken_by_other + dhcp.option(54, socket.inet_aton(SERVER))
    assert cable.silence_after(
        dhcp.message(dhcp.REQUEST, MAC, elsewhere + dhcp.network_boot(7), broadcast=True),
        dhcp.message(dhcp.REQUEST, MAC, taken_by_other + dhcp.network_boot(0), broadcast=True),
        dhcp.message(dhcp.REQUEST, MAC, selecting, broadcast=True),
    )
    refused = cable.ask(dhcp.message(dhcp.REQUEST, MAC, elsewhere))
    assert refused.kind == dhcp.NAK


def test_an_address_that_is_in_use_is_not_given_again(cable: Cable) -> None:
    cable.serve(address_range="192.0.2.50-192.0.2.51")
    lease = cable.lease(MAC)
    declined = dhcp.option(50, socket.inet_aton(lease.address))
    # Somebody else cannot decline it.
    cable.send(dhcp.message(dhcp.DECLINE, OTHER, declined), OTHER)
    assert cable.lease(MAC).address == lease.address
    cable.send(dhcp.message(dhcp.DECLINE, MAC, declined), MAC)
    assert cable.lease(MAC).address != lease.address


def test_the_answer_goes_to_the_client_alone_unless_it_wants_a_broadcast(cable: Cable) -> None:
    cable.serve()
    for broadcast in (False, True):
        message = dhcp.message(dhcp.DISCOVER, MAC, broadcast=broadcast)
        cable.send(message, MAC)
        heard = cable.hear(int.from_bytes(message[4:8], "big"))
        assert heard is not None
        assert heard[0] == ("ff:ff:ff:ff:ff:ff" if broadcast else MAC)


def test_a_relayed_client_gets_an_address_of_its_network(cable: Cable) -> None:
    cable.serve(relayed_networks="203.0.113.0/24 203.0.113.50-203.0.113.60 router=203.0.113.1")
    cable.clients.run(*["ip", "address", "add", "192.0.2.9/24", "dev", "client1"])
    cable.clients.run(*["ip", "address", "add", "203.0.113.1/24", "dev", "lo"])
    cable.servers.run(*["ip", "route", "add", "203.0.113.0/24", "via", "192.0.2.9"])
    circuit = b"\x01\x04port"
    with cable.inside(lambda: socket.socket(socket.AF_INET, socket.SOCK_DGRAM)) as relay:
        relay.bind(("203.0.113.1", 67))
        relay.settimeout(PATIENCE)
        asked = dhcp.network_boot(16, "HTTPClient") + dhcp.option(82, circuit)
        relay.sendto(dhcp.message(dhcp.DISCOVER, MAC, asked, relay="203.0.113.1"), (SERVER, 67))
        data, source = relay.recvfrom(2048)
        answer = dhcp.read(data)
        # A network that is not configured gets no answer.
        relay.sendto(dhcp.message(dhcp.DISCOVER, MAC, asked, relay="203.0.114.1"), (SERVER, 67))
        relay.sendto(dhcp.message(dhcp.DISCOVER, MAC, asked, relay="203.0.113.1"), (SERVER, 67))
        second = dhcp.read(relay.recv(2048))
    assert source == (SERVER, 67)
    assert (answer.kind, answer.address) == (
        dhcp.OFFER,
        "203.0.113.50",
    ) and answer.relay == "203.0.113.1"
    assert socket.inet_ntoa(answer.options[3]) == "203.0.113.1"
    assert answer.options[82] == circuit and answer.boot_file == FILES + "snponly.efi"
    assert second.relay == "203.0.113.1"


def test_never_on_another_interface(cable: Cable) -> None:
    cable.serve()
    asked = [dhcp.message(dhcp.DISCOVER, MAC, dhcp.network_boot(n), broadcast=True) for n in (0, 7)]
    assert cable.silence_after(*asked, device="client2")
    for port in (67, 69, 4011, 6384):
        listening = cable.servers.run("ss", "-Hlntu", "sport", f"= :{port}").splitlines()
        assert listening and all("%eth1" in line for line in listening), listening


def test_only_two_capabilities_and_another_user(cable: Cable) -> None:
    service = cable.serve()
    status = dict(
        line.split(":\t", 1)
        for line in Path(f"/proc/{service.pid}/status").read_text().splitlines()
        if ":\t" in line
    )
    assert "0" not in status["Uid"].split() and "0" not in status["Gid"].split()
    assert not status["Groups"].split() and status["NoNewPrivs"] == "1"
    # CAP_NET_BIND_SERVICE is 10, CAP_NET_RAW is 13.
    held = {int(status[name], 16) for name in ("CapPrm", "CapEff", "CapBnd")}
    assert held == {1 << 10 | 1 << 13}
    assert {int(status[name], 16) for name in ("CapInh", "CapAmb")} == {0}
    # With these it does all that it has to.
    cable.servers.run(*["ip", "link", "set", "eth1", "down"])
    wait_for(lambda: "Waiting: eth1 is down" in said(service), "the notice")
    cable.servers.run(*["ip", "link", "set", "eth1", "up"])
    assert cable.lease(MAC, dhcp.network_boot(0)).boot_file == "undionly.kpxe"


def test_names_of_interfaces(cable: Cable) -> None:
    service = cable.run_command("netboot", "eth7")
    assert service.wait(60) == 2
    assert "there is no interface eth7; the interfaces of this machine are: eth1, eth2" in said(
        service
    )
    with pytest.raises(interface.NoInterface, match="there is no interface"):
        interface.look("a-name-that-is-too-long-for-linux")
    with pytest.raises(interface.NoInterface, match="loopback"):
        interface.look("lo")
