# SPDX-License-Identifier: Apache-2.0
"""A consistent hash ring: which host owns a key, so that few keys move when hosts come and go."""

import functools
from collections.abc import Iterable

from tooz import hashring

_REMEMBERED = 65536
"""Keys; lists ask for the owner of every node that they show."""


class HashRing:
    """Maps keys onto hosts.

    Every process of a cluster has to build it with the same hosts and exponent to come to the same owners.

    :param hosts: names of the hosts.
    :param exponent: 2 to this power points per host.
    """

    def __init__(self, hosts: Iterable[str], exponent: int):
        self.hosts = frozenset(hosts)
        self._ring = hashring.HashRing(
            sorted(self.hosts), partitions=2**exponent, hash_function="sha256"
        )

        self.host = functools.lru_cache(maxsize=_REMEMBERED)(self._host)

    def _host(self, key: str) -> str:
        """The host that owns a key; called as ``host``, which remembers the answers.

        :raises LookupError: when the ring is empty.
        """
        for host in self._ring.get_nodes(key.encode()):
            return host
        raise LookupError("the ring has no hosts")
