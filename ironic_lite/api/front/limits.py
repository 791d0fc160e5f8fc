# SPDX-License-Identifier: Apache-2.0
"""Limits and deadlines of connections, and how many there may be."""

import ipaddress
import logging
import resource
from collections import Counter, OrderedDict
from collections.abc import Callable, Iterable

from ironic_lite.conf import CONF

LOG = logging.getLogger(__name__)

HANDSHAKE_TIMEOUT = 10.0
"""Seconds for the whole TLS handshake."""
HEAD_TIMEOUT = 10.0
"""Seconds for the whole head of a request, from its first byte; the first one's from the connection on."""
KEEP_ALIVE = 75.0
"""Seconds that a connection may rest between two requests: longer than proxies keep theirs."""
LINGER = 5.0
"""Seconds that what a refused client still sends is read and dropped, so that it can read the answer."""
BODY_PATIENCE = 15.0
"""Seconds that a body may be late; it has to come at ``BODY_RATE`` beyond that."""
BODY_RATE = 64 * 1024
"""Bytes per second that a body has to come at, and a reply to be taken at."""
SHUTDOWN_TIMEOUT = 5.0
"""Seconds that running requests have to end when the service stops."""
REPLY_PATIENCE = 15.0
"""Seconds that a client may be late in taking a reply."""

MAX_HEAD = 64 * 1024
"""Bytes of a request line and its headers."""
MAX_HEADERS = 200
"""Headers of a request: what each is kept in takes more memory than a short one has bytes."""
SMALL_BODY = 64 * 1024
"""Bytes of a body that is read before anybody is asked."""

_MOST_KEPT_FREE = 4096
_LEAST_KEPT_FREE = 64
_FEW = 512


def most_connections() -> int:
    """How many connections the process may hold: ``[api] max_connections``, and fewer than there are descriptors.

    Raises the soft limit of descriptors as far as it is needed and allowed.
    """
    wanted = CONF.api.max_connections
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    if soft == resource.RLIM_INFINITY:
        return int(wanted)
    enough = wanted + _MOST_KEPT_FREE
    if soft < enough:
        raised = enough if hard == resource.RLIM_INFINITY else min(enough, hard)
        if raised > soft:
            resource.setrlimit(resource.RLIMIT_NOFILE, (raised, hard))
            soft = raised
    # The rest of the process needs some: databases, brokers, BMCs.
    kept_free = min(_MOST_KEPT_FREE, max(_LEAST_KEPT_FREE, soft // 4))
    most = max(1, min(wanted, soft - kept_free))
    if most < min(wanted, _FEW):
        LOG.warning(
            "The API takes only %d connections at a time, for the process may open only %d files. Raise that limit "
            "(LimitNOFILE= of its systemd unit, or ulimit -n).",
            most,
            soft,
        )
    return int(most)


class Networks:
    """Addresses and networks of ``[api] trusted_proxies``."""

    def __init__(self, texts: Iterable[str]):
        self._networks = [ipaddress.ip_network(text, strict=False) for text in texts]

    def __contains__(self, address: object) -> bool:
        if not self._networks:
            return False
        try:
            found = ipaddress.ip_address(str(address).partition("%")[0])
        except ValueError:
            return False
        plain = getattr(found, "ipv4_mapped", None) or found
        return any(plain in network for network in self._networks)


class Guest:
    """One connection.

    :param key: of its client: an address; of IPv6 the network of 64 bits that a client usually has to itself.
    :param leave: ends the connection at once.
    """

    __slots__ = ("key", "leave", "present")

    def __init__(self, key: str, leave: Callable[[], None]):
        self.key = key
        self.leave = leave
        self.present = True


class Guests:
    """Who is here, in all and by client.

    When there is no room, the client that keeps most connections waiting loses the oldest of these: one that has not
    sent a whole request, or rests between two. A connection whose request is whole is never ended for another.

    :param most: connections in all.
    :param most_each: connections of one client.
    :param trusted: proxies, which speak for many.
    """

    def __init__(self, most: int, most_each: int, trusted: Networks):
        self._most, self._most_each, self._trusted = most, most_each, trusted
        self._here: Counter[str] = Counter()
        self._waiting: dict[str, OrderedDict[Guest, None]] = {}
        self.count = 0

    def admit(self, address: str, leave: Callable[[], None]) -> Guest | None:
        """The new connection, which waits for its request; None: there is no room."""
        key = _client(address)
        if self._here[key] >= self._most_each and address not in self._trusted:
            if not self._end_oldest(key):
                return None
        elif self.count >= self._most and not self.make_room():
            return None
        guest = Guest(key, leave)
        self.count += 1
        self._here[key] += 1
        self.rests(guest)
        return guest

    def make_room(self) -> bool:
        """End the connection that is missed least. False: all are busy."""
        if not self._waiting:
            return False
        return self._end_oldest(max(self._waiting, key=lambda key: len(self._waiting[key])))

    def _end_oldest(self, key: str) -> bool:
        waiting = self._waiting.get(key)
        if not waiting:
            return False
        oldest = next(iter(waiting))
        self.left(oldest)
        oldest.leave()
        return True

    def rests(self, guest: Guest) -> None:
        """It waits for a request."""
        if guest.present:
            self._waiting.setdefault(guest.key, OrderedDict())[guest] = None

    def works(self, guest: Guest) -> None:
        """Its request has come."""
        waiting = self._waiting.get(guest.key)
        if waiting is not None:
            waiting.pop(guest, None)
            if not waiting:
                del self._waiting[guest.key]

    def left(self, guest: Guest) -> None:
        """It is closed, or as good as."""
        if not guest.present:
            return
        self.works(guest)
        guest.present = False
        self.count -= 1
        self._here[guest.key] -= 1
        if not self._here[guest.key]:
            del self._here[guest.key]


def _client(address: str) -> str:
    if ":" not in address:
        return address
    try:
        found = ipaddress.IPv6Address(address.partition("%")[0])
    except ValueError:
        return address
    if found.ipv4_mapped:
        return str(found.ipv4_mapped)
    return str(ipaddress.IPv6Network((int(found) >> 64 << 64, 64)))
