# SPDX-License-Identifier: Apache-2.0
"""A consistent hash ring: it maps keys to hosts, and moves few keys when hosts come and go."""

import functools
from collections.abc import Iterable

from tooz import hashring

_REMEMBERED = 65536
"""Number of cached keys. Lists need the owner of every node that they show."""


class HashRing:
    """Maps keys onto hosts.

    All processes of a cluster must use the same hosts and exponent, to get the same owners.

    :param hosts: names of the hosts.
    :param exponent: each host has 2 to this power points.
    """

    def __init__(self, hosts: Iterable[str], exponent: int):
        self.hosts = frozenset(hosts)
        self._ring = hashring.HashRing(
            sorted(self.hosts), partitions=2**exponent, hash_function="sha256"
        )

        self.host = functools.lru_cache(maxsize=_REMEMBERED)(self._host)

    def _host(self, key: str) -> str:
        """Return the host that owns a key. Callers use ``host``, which caches the results.

        :raises LookupError: when the ring is empty.
        """
        for host in self._ring.get_nodes(key.encode()):
            return host
        raise LookupError("the ring has no hosts")
