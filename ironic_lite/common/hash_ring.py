# SPDX-License-Identifier: Apache-2.0
"""A consistent hash ring: which host owns a key, so that few keys move when hosts come and go."""

from collections.abc import Iterable

from tooz import hashring


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

    def host(self, key: str) -> str:
        """The host that owns a key.

        :raises LookupError: when the ring is empty.
        """
        for host in self._ring.get_nodes(key.encode()):
            return host
        raise LookupError("the ring has no hosts")
