# SPDX-License-Identifier: Apache-2.0
"""Memory for replies that their clients have not taken yet, for the whole process."""

import logging
from collections import Counter, OrderedDict

from ironic_lite.api.front.limits import Guest
from ironic_lite.common import logs

LOG = logging.getLogger(__name__)


class Untaken:
    """Bytes of replies that wait for their clients to read them.

    When there are too many, the client that keeps most of them waiting loses the connection that has kept some for
    longest. For the loop's thread only.

    :param most: bytes. A single reply beyond it is kept while there is no other.
    """

    def __init__(self, most: int):
        self._most = most
        self._kept: OrderedDict[Guest, int] = OrderedDict()
        self._of_client: Counter[str] = Counter()
        self.total = 0

    def keep(self, guest: Guest, size: int) -> None:
        """So much of a connection's replies waits now."""
        if guest.present and size:
            self._change(guest, size)
            while self.total > self._most and len(self._kept) > 1:
                self._cut()
        else:
            self.taken(guest)

    def taken(self, guest: Guest) -> None:
        """Nothing of a connection waits any more, or it is gone."""
        if guest in self._kept:
            self._change(guest, 0)
            del self._kept[guest]

    def _change(self, guest: Guest, size: int) -> None:
        more = size - self._kept.get(guest, 0)
        self._kept[guest] = size
        self.total += more
        self._of_client[guest.key] += more
        if not self._of_client[guest.key]:
            del self._of_client[guest.key]

    def _cut(self) -> None:
        client, size = self._of_client.most_common(1)[0]
        guest = next(each for each in self._kept if each.key == client)
        LOG.warning(
            "A connection from %s is closed: %s has not taken %d bytes of replies, and all clients together %d "
            "([api] max_replies_in_flight)",
            client,
            client,
            size,
            self.total,
            extra={logs.ALIKE: "untaken replies"},
        )
        self.taken(guest)
        guest.leave()
