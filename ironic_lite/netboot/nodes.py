# SPDX-License-Identifier: Apache-2.0
"""What the API says of servers: which MAC addresses are ports of nodes, and which addresses are reserved for them.

A port's ``extra`` may have ``ipv4_address``; a node's ``network_data`` may name IPv4 addresses of its links. What was
read counts while the API does not answer.
"""

import asyncio
import dataclasses
import logging
import time
from collections.abc import Callable, Iterable, Mapping
from ipaddress import IPv4Address, IPv4Interface
from typing import Any

from ironic_lite.common import exception

LOG = logging.getLogger(__name__)

Reader = Callable[[str, Mapping[str, Any]], Any]
"""``(path below /v1, query) -> document``; raises IronicLiteError."""

EXTRA = "ipv4_address"
"""Key of a port's ``extra``."""

_PAGE = 1000
_LEAST_INTERVAL = 1.0


@dataclasses.dataclass(frozen=True)
class Known:
    """Ports of nodes. ``reserved`` has addresses by MAC addresses."""

    macs: frozenset[str] = frozenset()
    reserved: Mapping[str, IPv4Address] = dataclasses.field(default_factory=dict)


class Nodes:
    """Keeps what the API says up to date.

    :param reader: reads the API; it may take its time, and runs in a thread.
    :param interval: seconds between two readings.
    """

    def __init__(self, reader: Reader, interval: float) -> None:
        self.known = Known()
        self.is_read = False
        self._reader, self._interval = reader, interval
        self._reading: asyncio.Task[None] | None = None
        self._read_at = float("-inf")
        self._fails = False

    async def run(self) -> None:
        """Read again and again."""
        while True:
            await self.refresh()
            await asyncio.sleep(self._interval)

    async def refresh(self) -> None:
        """Read now, unless that was done within the last second. Callers at the same time share one reading."""
        if self._reading is None:
            if time.monotonic() < self._read_at + _LEAST_INTERVAL:
                return
            self._reading = asyncio.create_task(self._read())
        await asyncio.shield(self._reading)

    async def _read(self) -> None:
        try:
            self.known = await asyncio.to_thread(read, self._reader)
            self.is_read = True
            if self._fails:
                LOG.info("The API answers again")
            self._fails = False
        except exception.IronicLiteError as exc:
            if not self._fails:
                LOG.error("The nodes cannot be read, so former answers count: %s", exc.message)
            self._fails = True
        finally:
            self._read_at = time.monotonic()
            self._reading = None


def read(reader: Reader) -> Known:
    """Return what the API knows now.

    :raises IronicLiteError: the API cannot be read.
    """
    ports = list(_pages(reader, "ports", "uuid,address,extra"))
    nodes = list(_pages(reader, "nodes", "uuid,network_data"))
    asked: dict[str, IPv4Address] = {}
    for node in nodes:
        for mac, address in _of_network_data(node.get("network_data")):
            asked.setdefault(mac, address)
    for port in ports:
        extra = port.get("extra")
        reserved = _address(extra.get(EXTRA)) if isinstance(extra, dict) else None
        if reserved is not None:
            asked[str(port.get("address")).lower()] = reserved
    macs = frozenset(str(port.get("address")).lower() for port in ports)
    return Known(macs, _unique(asked))


def _pages(reader: Reader, collection: str, fields: str) -> Iterable[dict[str, Any]]:
    marker: str | None = None
    while True:
        query: dict[str, Any] = {"fields": fields, "limit": _PAGE}
        document = reader(collection, {**query, **({"marker": marker} if marker else {})})
        found = document.get(collection) if isinstance(document, dict) else None
        records = [one for one in found if isinstance(one, dict)] if isinstance(found, list) else []
        yield from records
        if not records or not document.get("next"):
            return
        marker = records[-1].get("uuid")


def _of_network_data(data: Any) -> Iterable[tuple[str, IPv4Address]]:
    """Yield the MAC addresses of links in a network_data document with the addresses of their networks."""
    if not isinstance(data, dict):
        return
    links = {
        str(link.get("id")): str(link["ethernet_mac_address"]).lower()
        for link in _dicts(data.get("links"))
        if isinstance(link.get("ethernet_mac_address"), str)
    }
    for network in _dicts(data.get("networks")):
        mac, address = links.get(str(network.get("link"))), _address(network.get("ip_address"))
        if mac is not None and address is not None:
            yield mac, address


def _dicts(value: Any) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _address(text: Any) -> IPv4Address | None:
    if not isinstance(text, str):
        return None
    try:
        # network_data may have a prefix length behind the address.
        return IPv4Interface(text).ip
    except ValueError:
        return None


def _unique(asked: Mapping[str, IPv4Address]) -> dict[str, IPv4Address]:
    """Leave out what is reserved for more than one MAC address: nobody gets that."""
    owners: dict[IPv4Address, list[str]] = {}
    for mac, address in asked.items():
        owners.setdefault(address, []).append(mac)
    for address, macs in owners.items():
        if len(macs) > 1:
            LOG.warning("%s is reserved for %s: none of them gets it", address, ", ".join(macs))
    return {mac: address for mac, address in asked.items() if len(owners[address]) == 1}
