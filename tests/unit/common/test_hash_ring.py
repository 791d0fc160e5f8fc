# SPDX-License-Identifier: Apache-2.0
"""The hash ring distributes keys evenly, and most keys keep their host when hosts join or leave."""

import collections
import uuid

import pytest

from ironic_lite.common.hash_ring import HashRing

KEYS = [str(uuid.UUID(int=n)) for n in range(3000)]
EXPONENT = 8


def owners(hosts: set[str]) -> dict[str, str]:
    ring = HashRing(hosts, EXPONENT)
    return {key: ring.host(key) for key in KEYS}


def test_every_process_finds_the_same_owner() -> None:
    assert owners({"a", "b", "c"}) == owners({"c", "a", "b"})


def test_load_is_even() -> None:
    counts = collections.Counter(owners({"a", "b", "c", "d"}).values())
    assert len(counts) == 4
    assert min(counts.values()) > 0.75 * len(KEYS) / 4
    assert max(counts.values()) < 1.25 * len(KEYS) / 4


def test_only_the_keys_of_a_lost_host_move() -> None:
    before, after = owners({"a", "b", "c"}), owners({"a", "b"})
    assert all(after[key] == host for key, host in before.items() if host != "c")


def test_an_empty_ring_owns_nothing() -> None:
    with pytest.raises(LookupError):
        HashRing([], EXPONENT).host("x")
