# SPDX-License-Identifier: Apache-2.0
"""Sends what waits in the outbox.

Every conductor has a sender. They share the lanes of the outbox: one takes a lane, sends what is in it in order, and
deletes what the broker has confirmed. A sender that dies loses its lane by time, and the next one goes on with what is
not deleted; so a message may come twice, with one ``message_id``, and none is lost. Only one that the broker refuses
for what it is (too large, say) is given up, so that those behind it in its lane go on (``conductor.refusals``).
"""

import threading
import time

from oslo_log import log
from oslo_serialization import jsonutils

from ironic_lite.common.publishing import Publisher
from ironic_lite.conductor.refusals import Refusals
from ironic_lite.conf import CONF
from ironic_lite.objects.notification import Outbox, Row

LOG = log.getLogger(__name__)

IDLE = 0.5
"""Seconds between two looks into an empty outbox."""
MAX_PAUSE = 10.0
"""Seconds between two tries while the broker or the database is away, at most."""

_BATCH = 50
_BATCHES = 20
"""At one visit to a lane: the other lanes have their turn too."""
_KEEP_AFTER = 5.0
_UPKEEP = 60.0


class Sender:
    """A thread that sends.

    :param name: unlike all other senders'.
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
        """Begin.

        :raises ConfigInvalid: when no transport for notifications can be made.
        """
        self._publisher = Publisher()
        self._thread.start()

    def stop(self) -> None:
        """End; what is not sent yet, others send, or we in our next life."""
        self._stop.set()
        if self._publisher is not None:
            # A broker that is silent may hold the thread; it ends with the process then.
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
                    LOG.warning("Notifications wait, they cannot be sent now: %s", exc)
                self._failing = True
                pause = min(2 * max(pause, IDLE), MAX_PAUSE)

    def _round(self) -> bool:
        """Send what is in one lane, if there is one with something in it."""
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
                "%d notifications are lost: more than %d waited to be sent ([DEFAULT] notification_outbox_limit). "
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
        """Send these; False when it took so long that the lane has to be taken anew."""
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
        """Send it, or give it up.

        :raises Exception: what the transport raised; the message stays the first of its lane.
        """
        assert self._publisher is not None
        noted = row["message"]
        if "message" not in noted:
            LOG.error(
                "A notification is lost: it cannot be decrypted, somebody changed it in the database"
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
            _tell_of_loss(noted["message"], exc)
        else:
            self._refusals.taken(lane, row)

    def _renew_publisher(self) -> None:
        # One that has failed may go on failing: the library keeps to a channel that the broker has closed.
        assert self._publisher is not None
        try:
            self._publisher.close()
        except Exception as exc:
            LOG.debug("The connection that has failed is not closed in good order: %s", exc)
        self._publisher = Publisher()


def _tell_of_loss(message: Row, reason: Exception) -> None:
    told = message.get("payload", {}).get("ironic_object.data", {})
    LOG.error(
        "A notification is lost, the broker refuses it and takes others: %s of %s, message %s, %d bytes: %s",
        message["event_type"],
        told.get("uuid", "an unknown record"),
        message["message_id"],
        len(jsonutils.dumps(message)),
        reason,
    )
