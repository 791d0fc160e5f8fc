# SPDX-License-Identifier: Apache-2.0
"""What the boot service reads of the API, in pages, whatever people have written into extra and network_data."""

from collections.abc import Mapping
from ipaddress import IPv4Address
from typing import Any

from ironic_lite.netboot import nodes

A, B, C, D = (f"52:54:00:00:00:0{number}" for number in range(1, 5))


def test_pages_and_addresses() -> None:
    records: dict[str, list[dict[str, Any]]] = {
        "ports": [
            {"uuid": "1", "address": A.upper(), "extra": {"ipv4_address": "192.0.2.5"}},
            {"uuid": "2", "address": B, "extra": {"ipv4_address": "2001:db8::1"}},
            {"uuid": "3", "address": C, "extra": {"ipv4_address": "192.0.2.9"}},
            {"uuid": "4", "address": D, "extra": None},
        ],
        "nodes": [
            {"uuid": "n", "network_data": {}},
            {"uuid": "o", "network_data": None},
            {"uuid": "p", "network_data": {"links": "x", "networks": [7, {"link": "a"}]}},
            {
                "uuid": "q",
                "network_data": {
                    "links": [
                        {"id": "a", "ethernet_mac_address": B.upper()},
                        {"id": "b", "ethernet_mac_address": A},
                        {"id": "d", "ethernet_mac_address": D},
                    ],
                    "networks": [
                        {"link": "a", "ip_address": "192.0.2.7/24"},
                        {"link": "b", "ip_address": "192.0.2.8"},
                        {"link": "d", "ip_address": "192.0.2.9"},
                        {"link": "none", "ip_address": "192.0.2.10"},
                    ],
                },
            },
        ],
    }

    def reader(path: str, query: Mapping[str, Any]) -> Any:
        every = records[path]
        place = next(
            (i + 1 for i, one in enumerate(every) if one["uuid"] == query.get("marker")), 0
        )
        page = every[place : place + 2]
        following = {"next": "more"} if place + 2 < len(every) else {}
        return {path: page, **following}

    known = nodes.read(reader)
    assert known.macs == {A, B, C, D}
    # What a port says comes first; what two want nobody gets.
    assert known.reserved == {A: IPv4Address("192.0.2.5"), B: IPv4Address("192.0.2.7")}


def test_an_answer_of_something_else() -> None:
    assert nodes.read(lambda _path, _query: ["no", "document"]).macs == frozenset()
    assert nodes.read(lambda _path, _query: {"ports": None, "next": "x"}).macs == frozenset()
