# SPDX-License-Identifier: Apache-2.0
"""Who gets which address; and the file with the leases, whatever happens to it."""

import ipaddress
import os
import time
from collections.abc import Mapping
from ipaddress import IPv4Address
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from ironic_lite.netboot.leases import Lease, LeaseFile
from ironic_lite.netboot.networks import default_range, parse_range, parse_relayed
from ironic_lite.netboot.pool import Pool

NETWORK = ipaddress.ip_network("192.0.2.0/24")


def address(last: int) -> IPv4Address:
    return IPv4Address(f"192.0.2.{last}")


def pool_of(
    directory: Path, addresses: str, reserved: Mapping[str, IPv4Address] | None = None
) -> Pool:
    file = LeaseFile(directory / "leases" / "eth1.leases")
    reservations = {} if reserved is None else reserved
    return Pool(
        parse_range(addresses),
        lambda one: one in NETWORK,
        frozenset({address(1)}),
        lambda: reservations,
        file,
        file.read(),
    )


def test_two_that_ask_at_the_same_time_get_different_addresses(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, "192.0.2.10-192.0.2.12")
    offered = [pool.offer(client) for client in "abc"]
    assert sorted(offered) == [address(10), address(11), address(12)]
    assert pool.offer("d") is None
    assert [pool.offer(client) for client in "abc"] == offered
    pool.forget_offer("b")
    assert pool.offer("d") == offered[1]


def test_the_address_whose_lease_ended_first_is_given_again(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, "192.0.2.10-192.0.2.11")
    pool.give("a", address(10), -10)
    pool.give("b", address(11), -20)
    assert pool.offer("a") == address(10)
    assert pool.offer("c") == address(11)
    pool.give("c", address(11), 60)
    assert not pool.may_have("b", address(11))


def test_a_reserved_address_is_given_to_nobody_else(tmp_path: Path) -> None:
    reserved: dict[str, IPv4Address] = {}
    pool = pool_of(tmp_path, "192.0.2.10-192.0.2.11", reserved)
    pool.give("a", address(10), 60)
    reserved["b"] = address(10)
    # Whoever has it keeps it until its lease ends.
    assert pool.offer("b") == address(11)
    assert pool.release("a", address(10))
    assert pool.offer("b") == address(10)
    assert pool.offer("a", address(10)) != address(10)
    reserved["c"] = address(200)
    assert pool.offer("c") == address(200) and pool.may_have("c", address(200))
    reserved["c"] = address(1)
    assert pool.offer("c") != address(1)


def test_leases_survive_and_broken_lines_do_not_matter(tmp_path: Path) -> None:
    pool = pool_of(tmp_path, "192.0.2.10-192.0.2.20")
    pool.give("a", address(10), 60)
    pool.give("b", address(11), 60)
    pool.give("b", address(12), 60)
    path = tmp_path / "leases" / "eth1.leases"
    with path.open("ab") as file:
        file.write(b'{"address": "192.0.2.13", "client": "c", "exp')
    leases = LeaseFile(path).read()
    now = {one.address: one.client for one in leases.values() if not one.is_over}
    assert now == {address(10): "a", address(12): "b"}
    assert path.read_bytes().count(b"\n") == len(path.read_bytes().splitlines())


@given(st.binary(max_size=300))
def test_any_file_can_be_read(tmp_path_factory, content: bytes) -> None:  # type: ignore[no-untyped-def]
    path = tmp_path_factory.mktemp("leases") / "eth1.leases"
    path.write_bytes(content)
    file = LeaseFile(path)
    file.read()
    file.close()


def test_the_file_stays_short(tmp_path: Path) -> None:
    path = tmp_path / "eth1.leases"
    file = LeaseFile(path)
    lease = Lease(address(10), "a", time.time() + 60)
    for _ in range(3000):
        file.add(lease, iter([lease]))
    assert path.stat().st_size < 1500 * 100
    assert list(file.read().values()) == [lease]


def test_a_full_disk_is_told_and_does_not_stop_the_service(
    tmp_path: Path, monkeypatch, caplog
) -> None:  # type: ignore[no-untyped-def]
    pool = pool_of(tmp_path, "192.0.2.10-192.0.2.20")

    def full(*_args: object) -> int:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "write", full)
    pool.give("a", address(10), 60)
    pool.give("b", address(11), 60)
    assert pool.client_of(address(10)) == "a"
    assert caplog.text.count("Leases are not kept") == 1


def test_ranges() -> None:
    assert default_range(NETWORK).first == address(16)
    assert default_range(NETWORK).last == address(254)
    small = default_range(ipaddress.ip_network("192.0.2.0/29"))
    assert (small.first, small.last) == (address(2), address(6))
    assert len(default_range(ipaddress.ip_network("10.0.0.0/8"))) == 65536
    relayed = parse_relayed("198.51.100.0/24 198.51.100.5-198.51.100.9 router=198.51.100.1", ())
    assert str(relayed.router) == "198.51.100.1" and len(relayed.addresses) == 5
