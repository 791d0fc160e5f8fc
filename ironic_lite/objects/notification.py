# SPDX-License-Identifier: Apache-2.0
"""A notification of something that changes no record: that a request has come, or that it was refused."""

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
    """On its way to the outbox; ``key`` is the UUID of the record that it is about."""

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
        """A new one, not yet noted; None when it is not wanted. See ``notification_outbox.change``.

        :param record: need not be stored yet; has its UUID.
        """
        if not notification_outbox.wanted(notification_outbox.level_of(status)):
            return None
        context, message_id = record._context, uuidutils.generate_uuid()
        told = payload.of({**record.REPOSITORY.defaults, **_fields(record), **own})
        message = notification_outbox.message(
            context, publisher, event_type, status, told, message_id
        )
        return cls(context, message_id=message_id, key=record.uuid, message=message)

    @base.remotable
    def create(self) -> None:
        """Put it into the outbox."""
        outbox.store(self.key, self.message_id, self.message)


def _fields(record: Any) -> Row:
    return {name: getattr(record, name) for name in record.fields if record.obj_attr_is_set(name)}


class Outbox:
    """What waits to be sent, for the one who sends it.

    :param holder: name of the sender, unlike all others.
    """

    def __init__(self, holder: str):
        self._holder = holder

    def take_lane(self, but_not: Collection[str] = ()) -> str | None:
        """Begin with a lane that has notifications and no sender; None: there is none.

        :param but_not: lanes that are left alone.
        """
        lanes = [lane for lane in outbox.free_lanes() if lane not in but_not]
        # Senders do not queue for the same lane, and none is always the last.
        random.shuffle(lanes)
        for lane in lanes:
            if mutexes.hold(lane, self._holder):
                return lane
        return None

    def keep(self, lane: str) -> bool:
        """Go on with it; False: somebody else has it by now."""
        return mutexes.hold(lane, self._holder)

    def leave(self, lane: str) -> None:
        """Let others have it."""
        mutexes.give_back(lane, self._holder)

    def oldest(self, lane: str, limit: int) -> list[Row]:
        """What is to be sent next, ``[{"id", "message"}]``."""
        return outbox.oldest(lane, limit)

    def sent(self, ids: list[int]) -> None:
        """A broker has confirmed these."""
        outbox.delete(ids)

    def shorten(self, limit: int) -> int:
        """Drop the oldest that are more than ``limit``; returns how many."""
        return outbox.shorten(limit)
