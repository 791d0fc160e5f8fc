# SPDX-License-Identifier: Apache-2.0
"""Sends the notifications in the outbox.

Every conductor has a sender, and all share the lanes of the outbox. A sender takes a lane, sends its messages in order,
and deletes those that the broker has confirmed. The lane of a sender that dies is free after a while, and the next
sender continues with the messages that are left. So a message may come twice, with the same ``message_id``, and none is
lost. Only a message that the broker itself refuses (too large, for example) is dropped, so that its lane continues
(``conductor.notifications.broker_refusals``).
"""

import threading
import time

from oslo_log import log
from oslo_serialization import jsonutils

from ironic_lite.common.notification_publisher import Publisher
from ironic_lite.conductor.notifications.broker_refusals import Refusals
from ironic_lite.conf import CONF
from ironic_lite.objects.notification import Outbox, Row

LOG = log.getLogger(__name__)

IDLE = 0.5
"""Seconds between two reads of an empty outbox."""
MAX_PAUSE = 10.0
"""Longest pause in seconds between two attempts while the broker or the database is away."""

_BATCH = 50
_BATCHES = 20
"""Batches per turn of a lane, so that the other lanes get their turn."""
_KEEP_AFTER = 5.0
_UPKEEP = 60.0


class Sender:
    """The sender thread.

    :param name: a unique name.
    """

    def __init__(self, name: str):
        self._outbox = Outbox(name)
        self._publisher: Publisher | None = None
        self._stop = threading.Event()
        self._thread = threading.Thread(target=self._run, name="notifications", daemon=True)
        self._next_upkeep = 0.0
        self._failing = False
        self._refusals = Refusals()

    def start(self) -> None:
        """Start the thread.

        :raises ConfigInvalid: when the transport for notifications cannot be created.
        """
        self._publisher = Publisher()
        self._thread.start()

    def stop(self) -> None:
        """Stop. Other senders, or the next run, send the remaining messages."""
        self._stop.set()
        if self._publisher is not None:
            # A silent broker may block the thread; it then ends with the process.
            self._thread.join(timeout=2)
            if not self._thread.is_alive():
                self._publisher.close()

    def _run(self) -> None:
        pause = IDLE
        while not self._stop.wait(pause):
            try:
                pause = 0 if self._round() else IDLE
            except Exception as exc:
                if not self._failing:
                    LOG.warning("Notifications cannot be sent now and are kept: %s", exc)
                self._failing = True
                pause = min(2 * max(pause, IDLE), MAX_PAUSE)

    def _round(self) -> bool:
        """Send the messages of one lane; False when all lanes are empty."""
        if time.monotonic() >= self._next_upkeep:
            self._drop_excess()
            self._next_upkeep = time.monotonic() + _UPKEEP
        lane = self._outbox.take_lane(but_not=self._refusals.resting())
        if lane is None:
            return False
        try:
            self._empty(lane)
        finally:
            self._outbox.leave(lane)
        return True

    def _drop_excess(self) -> None:
        limit = CONF.notification_outbox_limit
        dropped = self._outbox.shorten(limit)
        if dropped:
            LOG.error(
                "%d notifications are dropped: more than %d were waiting ([DEFAULT] notification_outbox_limit). "
                "Is the broker of [oslo_messaging_notifications] away?",
                dropped,
                limit,
            )

    def _empty(self, lane: str) -> None:
        for _ in range(_BATCHES):
            rows = self._outbox.oldest(lane, _BATCH)
            if not rows or not self._send(lane, rows) or not self._outbox.keep(lane):
                return

    def _send(self, lane: str, rows: list[Row]) -> bool:
        """Send these messages; False when it took so long that the lane must be taken again."""
        began = time.monotonic()
        sent: list[int] = []
        try:
            for row in rows:
                if self._stop.is_set() or time.monotonic() - began > _KEEP_AFTER:
                    break
                self._send_one(lane, row)
                sent.append(row["id"])
        finally:
            if sent:
                self._outbox.sent(sent)
        if self._failing and not self._refusals.any():
            LOG.info("Notifications are sent again")
            self._failing = False
        return len(sent) == len(rows)

    def _send_one(self, lane: str, row: Row) -> None:
        """Send a message, or drop it.

        :raises Exception: the transport's error; the message stays the first of its lane.
        """
        assert self._publisher is not None
        noted = row["message"]
        if "message" not in noted:
            LOG.error(
                "A notification is dropped: it cannot be decrypted, so somebody has changed it in the database"
            )
            return
        try:
            self._publisher.send(
                noted["context"], noted["message"], CONF.versioned_notifications_topics
            )
        except Exception as exc:
            self._renew_publisher()
            if not self._refusals.refused(lane, row):
                raise
            _log_dropped(noted["message"], exc)
        else:
            self._refusals.taken(lane, row)

    def _renew_publisher(self) -> None:
        # Create a new one, because the library would keep using a channel that the broker has closed.
        assert self._publisher is not None
        try:
            self._publisher.close()
        except Exception as exc:
            LOG.debug("Closing the failed connection failed: %s", exc)
        self._publisher = Publisher()


def _log_dropped(message: Row, reason: Exception) -> None:
    fields = message.get("payload", {}).get("ironic_object.data", {})
    LOG.error(
        "A notification is dropped, because the broker refuses it and accepts others: %s of %s, message %s, %d bytes: "
        "%s",
        message["event_type"],
        fields.get("uuid", "an unknown record"),
        message["message_id"],
        len(jsonutils.dumps(message)),
        reason,
    )
