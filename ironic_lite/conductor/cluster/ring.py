# SPDX-License-Identifier: Apache-2.0
"""Which conductor owns which node.

There is one ring per conductor group and hardware type, of the live conductors that serve it. Each process keeps the
rings for ``hash_ring_reset_interval`` seconds. If it finds no ring for a node, it reads them again at once, so that a
new conductor is found when it is needed. A process without database access reads them over RPC.
"""

import threading
import time
from typing import Any, Protocol

from oslo_log import log

from ironic_lite.common import at_once, exception, hash_ring
from ironic_lite.common import context as ironic_context
from ironic_lite.conf import CONF
from ironic_lite.objects.conductor import Conductor

LOG = log.getLogger(__name__)

Members = dict[str, Any]


class Placed(Protocol):
    """The fields that decide which conductor owns a node. Nodes and rows of lists have them."""

    @property
    def uuid(self) -> Any: ...

    @property
    def driver(self) -> Any: ...

    @property
    def conductor_group(self) -> Any: ...


class HashRingManager:
    """The rings of this process. Thread-safe."""

    # After a miss, do not read the members again for this many seconds.
    MISS_INTERVAL = 1.0

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._members: Members = {}
        self._rings: dict[str, hash_ring.HashRing] = {}
        self._read_at = float("-inf")

    def reset(self) -> None:
        """Read the members again at the next use."""
        self._read_at = float("-inf")

    def host_for(self, driver: str, group: str, key: str) -> str:
        """Return the host name of the conductor that owns a node.

        :param driver: the node's hardware type.
        :param group: its conductor group.
        :param key: its UUID.
        :raises NoValidHost: when no live conductor of the group serves the hardware type.
        """
        return self._ring(_name(driver, group)).host(key)

    def ring(self, driver: str, group: str) -> hash_ring.HashRing | None:
        """Return the ring for many look-ups; None when there is none."""
        try:
            return self._ring(_name(driver, group))
        except exception.NoValidHost:
            return None

    def hosts(self, driver: str, group: str | None = None) -> set[str]:
        """Return the host names of the live conductors that serve a hardware type, in one group or in all."""
        self._refresh(CONF.hash_ring_reset_interval)
        return {
            host
            for name, members in self._members.items()
            if name.rpartition(":")[2] == driver
            and (group is None or name.rpartition(":")[0] == group.lower())
            for host in members
        }

    def known(self) -> dict[str, list[str]]:
        """Return the conductors by group and hardware type, as they were last read. It asks nobody."""
        return {name: sorted(hosts) for name, hosts in self._members.items()}

    def _ring(self, name: str) -> hash_ring.HashRing:
        self._refresh(CONF.hash_ring_reset_interval)
        ring = self._rings.get(name)
        if ring is None:
            self._refresh(self.MISS_INTERVAL)
            ring = self._rings.get(name)
        if ring is None:
            group, _, driver = name.rpartition(":")
            raise exception.NoValidHost(
                reason=f"no live conductor of {_called(group)} serves the hardware type '{driver}'."
            )
        return ring

    def _refresh(self, max_age: float) -> None:
        """Read the members, unless they were read less than ``max_age`` seconds ago."""
        if time.monotonic() - self._read_at < max_age:
            return
        with at_once.held(self._lock):
            if time.monotonic() - self._read_at < max_age:
                return
            members = Conductor.ring_members(ironic_context.admin_context())
            self._rings = {
                name: self._rings[name]
                if name in self._rings and self._rings[name].hosts == set(hosts)
                else hash_ring.HashRing(hosts, CONF.hash_partition_exponent)
                for name, hosts in members.items()
                if hosts
            }
            self._members = members
            self._read_at = time.monotonic()


def _name(driver: str, group: str) -> str:
    """Return the name of a ring; group names are case-insensitive."""
    return f"{group.lower()}:{driver}"


def _called(group: str) -> str:
    return f"conductor group '{group}'" if group else "the default conductor group"
