# SPDX-License-Identifier: Apache-2.0
"""A server's NICs and their addresses, on a switch that is a test double."""

import asyncio
import functools
from collections.abc import Callable, Coroutine
from ipaddress import IPv4Address
from typing import Any

import pytest

from ironic_lite_simulator.network import dhcp, packets
from ironic_lite_simulator.network.nic import nics_of
from ironic_lite_simulator.network.stack import NoLease, Stack
from ironic_lite_simulator.timing import Timing
from tests.unit.simulator.test_dhcp import answer
from tests.waiting import PATIENCE

(NIC,) = nics_of(0, 1)


def on_a_loop(test: Callable[[], Coroutine[Any, Any, None]]) -> Callable[[], None]:
    """Run a test on an event loop of its own; it must end."""

    @functools.wraps(test)
    def run() -> None:
        asyncio.run(asyncio.wait_for(test(), PATIENCE))

    return run


class Fabric:
    """One switch port, and a DHCP server behind it that offers one address; it acknowledges when told to."""

    carries_packets = True

    def __init__(self) -> None:
        self.vlan: int | None = 101
        self.requested = asyncio.Event()
        self.transaction = b""

    def attach(self, port: str, card: Any) -> None:
        self.card = card

    def link(self, _port: str) -> int | None:
        return self.vlan

    def send(self, _port: str, frame: bytes) -> None:
        datagram = packets.read_udp(frame)
        assert datagram is not None
        self.transaction = datagram.payload[4:8]
        if b"\x35\x01\x03" in datagram.payload:
            self.requested.set()
        else:
            self.say(dhcp.Kind.OFFER)

    def say(self, kind: dhcp.Kind) -> None:
        message = answer(kind=kind)
        message = message[:4] + self.transaction + message[8:28] + mac() + message[34:]
        datagram = packets.Datagram(IPv4Address("10.1.0.1"), 67, packets.EVERYWHERE, 68, message)
        self.card.receive(packets.udp_frame(datagram, "02:00:00:00:00:01", NIC.mac))

    def plug(self, vlan: int | None) -> None:
        self.vlan = vlan
        self.card.link_changed()


def mac() -> bytes:
    return packets.mac_bytes(NIC.mac)


def make(fabric: Fabric) -> tuple[Stack, list[str]]:
    """A stack, and what it says on the console."""
    console: list[str] = []
    timing = Timing(dhcp_timeout=20.0)
    uuid = "6b1f2c5e-0000-4000-8000-3f0c7f4f4a10"
    return Stack(
        (NIC,), uuid, fabric, timing, lambda line, _action, _details: console.append(line)
    ), console


@on_a_loop
async def test_an_address_and_its_loss() -> None:
    fabric = Fabric()
    stack, console = make(fabric)
    asking = asyncio.create_task(stack.ask_as_firmware(NIC, efi=False))
    await fabric.requested.wait()
    fabric.say(dhcp.Kind.ACK)
    lease = await asking
    assert (stack.lease(NIC), str(lease.address), stack.connected) == (lease, "10.1.0.7", True)
    assert console[-1].startswith("eth0: 10.1.0.7/24 by DHCP from 10.1.0.1")
    fabric.plug(102)
    assert (stack.lease(NIC), stack.connected) == (None, False)


@on_a_loop
async def test_an_answer_from_the_network_before_is_not_taken() -> None:
    """It was received, but the NIC is elsewhere when it is looked at."""
    fabric = Fabric()
    stack, console = make(fabric)
    asking = asyncio.create_task(stack.ask_as_firmware(NIC, efi=False))
    await fabric.requested.wait()
    fabric.say(dhcp.Kind.ACK)
    fabric.plug(102)
    with pytest.raises(NoLease, match="the link changed"):
        await asking
    assert stack.lease(NIC) is None
    assert console == ["eth0: no address by DHCP: the link changed"]


@on_a_loop
async def test_a_refusal_begins_anew() -> None:
    fabric = Fabric()
    stack, _ = make(fabric)
    asking = asyncio.create_task(stack.ask_as_firmware(NIC, efi=True))
    for kind in (dhcp.Kind.NAK, dhcp.Kind.ACK):
        await fabric.requested.wait()
        fabric.requested.clear()
        fabric.say(kind)
    assert str((await asking).address) == "10.1.0.7"


@on_a_loop
async def test_without_a_link_there_is_no_question() -> None:
    fabric = Fabric()
    stack, console = make(fabric)
    fabric.plug(None)
    with pytest.raises(NoLease, match="no link"):
        await stack.ask_as_firmware(NIC, efi=False)
    assert fabric.transaction == b""
    assert console == ["eth0: no address by DHCP: no link"]


@on_a_loop
async def test_a_system_asks_again_when_its_link_changes() -> None:
    fabric = Fabric()
    stack, _ = make(fabric)
    stack.start()
    for vlan in (101, 102):
        await fabric.requested.wait()
        fabric.requested.clear()
        fabric.say(dhcp.Kind.ACK)
        await stack.wait_until_connected()
        assert stack.lease(NIC) is not None
        fabric.plug(vlan + 1)
    stack.stop()
    assert not stack.connected
