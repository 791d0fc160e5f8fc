# SPDX-License-Identifier: Apache-2.0
"""The memory limit for unread replies of the whole process."""

import logging
from collections import Counter, OrderedDict

from ironic_lite.api.front.limits import Guest
from ironic_lite.common import logs

LOG = logging.getLogger(__name__)


class Untaken:
    """Counts the bytes of replies that clients have not read yet.

    When there are too many, the client with the most unread bytes loses the connection with the oldest ones. Use it in
    the loop's thread only.

    :param most: limit in bytes. A larger reply is kept only while it is alone.
    """

    def __init__(self, most: int):
        self._most = most
        self._kept: OrderedDict[Guest, int] = OrderedDict()
        self._of_client: Counter[str] = Counter()
        self.total = 0

    def keep(self, guest: Guest, size: int) -> None:
        """Set how many bytes of a connection's replies are unread."""
        if guest.present and size:
            self._change(guest, size)
            while self.total > self._most and len(self._kept) > 1:
                self._cut()
        else:
            self.taken(guest)

    def taken(self, guest: Guest) -> None:
        """Note that a connection has no unread bytes any more, or is gone."""
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
            "A connection from %s is closed: %s has not read %d bytes of replies, and all clients together %d "
            "([api] max_replies_in_flight)",
            client,
            client,
            size,
            self.total,
            extra={logs.ALIKE: "untaken replies"},
        )
        self.taken(guest)
        guest.leave()
