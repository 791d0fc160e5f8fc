# SPDX-License-Identifier: Apache-2.0
"""Notifications of events that change no record, such as the start or the refusal of a request; and the outbox."""

import random
from collections.abc import Collection
from typing import Any, Self

from oslo_utils import uuidutils

from ironic_lite.db import mutexes, outbox
from ironic_lite.objects import base, fields, notification_outbox
from ironic_lite.objects.payloads import Payload

Row = dict[str, Any]


@base.register
class Notification(base.IronicLiteObject):
    """A notification for the outbox; ``key`` is the UUID of its record."""

    fields = {
        "message_id": fields.UUIDField(),
        "key": fields.StringField(),
        "message": fields.FlexibleDictField(),
    }

    @classmethod
    def about(
        cls,
        record: Any,
        publisher: str,
        event_type: str,
        status: str,
        payload: Payload,
        **own: Any,
    ) -> Self | None:
        """Make a notification; None when its level is off. See ``notification_outbox.change``.

        :param record: the record, with its UUID; it need not be stored yet.
        """
        if not notification_outbox.wanted(notification_outbox.level_of(status)):
            return None
        context, message_id = record._context, uuidutils.generate_uuid()
        content = payload.of({**record.REPOSITORY.defaults, **_fields(record), **own})
        message = notification_outbox.message(
            context, publisher, event_type, status, content, message_id
        )
        return cls(context, message_id=message_id, key=record.uuid, message=message)

    @base.remotable
    def create(self) -> None:
        outbox.store(self.key, self.message_id, self.message)


def _fields(record: Any) -> Row:
    return {name: getattr(record, name) for name in record.fields if record.obj_attr_is_set(name)}


class Outbox:
    """The notifications that wait to be sent, for one sender.

    :param holder: the sender's name, unique in the cluster.
    """

    def __init__(self, holder: str):
        self._holder = holder

    def take_lane(self, but_not: Collection[str] = ()) -> str | None:
        """Lease a lane that has notifications and no sender; None when there is no such lane.

        :param but_not: lanes to skip.
        """
        lanes = [lane for lane in outbox.free_lanes() if lane not in but_not]
        # In random order, senders do not compete for the same lane, and no lane is always the last.
        random.shuffle(lanes)
        for lane in lanes:
            if mutexes.hold(lane, self._holder):
                return lane
        return None

    def keep(self, lane: str) -> bool:
        """Renew the lease of a lane; return False when another sender has it."""
        return mutexes.hold(lane, self._holder)

    def leave(self, lane: str) -> None:
        mutexes.give_back(lane, self._holder)

    def oldest(self, lane: str, limit: int) -> list[Row]:
        """Return the next notifications of a lane, ``[{"id", "message"}]``."""
        return outbox.oldest(lane, limit)

    def sent(self, ids: list[int]) -> None:
        """Delete notifications that a broker has confirmed."""
        outbox.delete(ids)

    def shorten(self, limit: int) -> int:
        """Delete the oldest notifications so that ``limit`` remain; return the number deleted."""
        return outbox.shorten(limit)
