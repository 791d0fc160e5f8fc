# SPDX-License-Identifier: Apache-2.0
"""Limits, deadlines and the number of connections."""

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
"""Seconds for the whole head of a request, from its first byte; for the first request, from the connection."""
KEEP_ALIVE = 75.0
"""Seconds that a connection may be idle between two requests; longer than proxies keep their connections."""
LINGER = 5.0
"""Seconds to read and drop the data of a refused client, so that it can read the answer."""
BODY_PATIENCE = 15.0
"""Seconds that a body may take in addition to its size divided by ``BODY_RATE``."""
BODY_RATE = 64 * 1024
"""Minimum bytes per second at which a client must send a body and read a reply."""
SHUTDOWN_TIMEOUT = 5.0
"""Seconds for running requests to end when the service stops."""
REPLY_PATIENCE = 15.0
"""Seconds that a client may take to read a reply, in addition to its size divided by ``BODY_RATE``."""

STREAM_PATIENCE = 120.0
"""The same for a stream: a server that writes an image onto a slow disk may pause for a while."""

MAX_HEAD = 64 * 1024
"""Maximum bytes of a request line and its headers."""
MAX_HEADERS = 200
"""Maximum headers of a request, because each takes more memory than its bytes."""
SMALL_BODY = 64 * 1024
"""Maximum bytes of a body that is read before the application sees the head."""

_MOST_KEPT_FREE = 4096
_LEAST_KEPT_FREE = 64
_FEW = 512


def most_connections() -> int:
    """Return how many connections the process may hold: ``[api] max_connections``, or fewer if files are limited.

    Raises the soft limit of file descriptors as far as needed and allowed.
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
    # Keep some descriptors for databases, brokers and BMCs.
    kept_free = min(_MOST_KEPT_FREE, max(_LEAST_KEPT_FREE, soft // 4))
    most = max(1, min(wanted, soft - kept_free))
    if most < min(wanted, _FEW):
        LOG.warning(
            "The API accepts only %d connections at the same time, because the process may open only %d files. Raise "
            "that limit (LimitNOFILE= in its systemd unit, or ulimit -n).",
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

    :param key: the client: its address; for IPv6 its /64 network, which usually belongs to one client.
    :param leave: function that ends the connection at once.
    """

    __slots__ = ("key", "leave", "present")

    def __init__(self, key: str, leave: Callable[[], None]):
        self.key = key
        self.leave = leave
        self.present = True


class Guests:
    """The open connections, in total and by client.

    When there is no room, the client with the most waiting connections loses the oldest of these. A connection waits
    while its request is incomplete, or between two requests. A connection with a complete request is never closed.

    :param most: maximum connections in total.
    :param most_each: maximum connections of one client.
    :param trusted: addresses of proxies, which have no limit of their own.
    """

    def __init__(self, most: int, most_each: int, trusted: Networks):
        self._most, self._most_each, self._trusted = most, most_each, trusted
        self._here: Counter[str] = Counter()
        self._waiting: dict[str, OrderedDict[Guest, None]] = {}
        self.count = 0

    def admit(self, address: str, leave: Callable[[], None]) -> Guest | None:
        """Add a new connection, which waits for its request; None when there is no room."""
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
        """Close a waiting connection to make room; False when all connections are busy."""
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
        """Note that the connection waits for a request."""
        if guest.present:
            self._waiting.setdefault(guest.key, OrderedDict())[guest] = None

    def works(self, guest: Guest) -> None:
        """Note that the connection's request is complete."""
        waiting = self._waiting.get(guest.key)
        if waiting is not None:
            waiting.pop(guest, None)
            if not waiting:
                del self._waiting[guest.key]

    def left(self, guest: Guest) -> None:
        """Note that the connection is closed or about to be."""
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
