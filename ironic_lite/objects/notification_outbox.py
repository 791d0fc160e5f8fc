# SPDX-License-Identifier: Apache-2.0
"""Notifications in the transaction of what they tell of.

A client's request is announced in its context (``request``): the API says which write of which record it leads to, and
whoever carries that out, here or on a conductor, notes the notification with it. What conductors do by themselves they
note with ``Node.along(change(...))``. Nothing of this happens while notifications are off.
"""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa
from oslo_utils import timeutils, uuidutils

from ironic_lite.common.context import RequestContext
from ironic_lite.conf import CONF
from ironic_lite.db import outbox
from ironic_lite.db.repository import Also, Row
from ironic_lite.objects.payloads import CRUD, NODE, Payload

INFO = "info"
ERROR = "error"

_LEVELS = ("debug", INFO, "warning", ERROR, "critical")

START = "start"
END = "end"
SUCCESS = "success"

METHODS = {"create": "create", "update": "save", "delete": "destroy", "maintenance_set": "save"}
"""What a client asks for -> the method of the object that does it."""


def wanted(level: str = INFO) -> bool:
    """Whether notifications of this level are sent."""
    lowest = CONF.notification_level
    return lowest is not None and _LEVELS.index(level) >= _LEVELS.index(lowest)


def level_of(status: str) -> str:
    """How loud the start, the end, the success or the error of something is."""
    return ERROR if status == ERROR else INFO


def message(
    context: Any, publisher: str, event_type: str, status: str, payload: Row, message_id: str
) -> Row:
    """What the outbox keeps: the message as the broker gets it, and who caused it."""
    return {
        "context": _told(context),
        "message": {
            "message_id": message_id,
            "publisher_id": publisher,
            "event_type": f"{event_type}.{status}",
            "priority": level_of(status).upper(),
            "payload": payload,
            "timestamp": str(timeutils.utcnow()),
        },
    }


def _told(context: Any) -> Row:
    """Who asked, without what they proved it with."""
    if not isinstance(context, RequestContext):
        return {}
    names = ("user_id", "project_id", "domain_id", "request_id", "global_request_id")
    return {name: getattr(context, name) for name in names}


def change(
    context: Any, publisher: str, event_type: str, status: str, payload: Payload, **own: Any
) -> Also | None:
    """A notification to go along with a write of a record; None: not wanted.

    :param publisher: ``ironic-conductor.<host>`` or ``ironic-api.<host>``.
    :param event_type: ``baremetal.node.power_set``.
    :param own: what the payload has besides the record's columns.
    """
    if not wanted(level_of(status)):
        return None
    # Before the first try of the transaction: a message keeps its id.
    message_id = uuidutils.generate_uuid()
    outbox.prepare()

    def note(connection: sa.Connection, read: Callable[[], Row]) -> None:
        row = read()
        told = payload.of(row, **own)
        noted = message(context, publisher, event_type, status, told, message_id)
        outbox.add(connection, row["uuid"], message_id, noted)

    return note


def request(what: str, kind: str, publisher: str) -> dict[str, str]:
    """What a context carries for a client's request.

    :param what: a key of ``METHODS``.
    :param kind: name of the object.
    """
    return {"what": what, "object": kind, "publisher": publisher}


def event_type_of(kind: str, what: str) -> str:
    """``baremetal.<resource>.<what>``"""
    return f"baremetal.{kind.lower()}.{what}"


def payload_of(kind: str, what: str) -> Payload:
    """What such a notification holds."""
    return NODE if what == "maintenance_set" else CRUD[kind]


def of_request(context: Any, kind: str, method: str) -> Also | None:
    """The notification that the client's request has ended well, if this is the write that it led to."""
    announced = getattr(context, "announcement", None)
    if announced is None or announced["object"] != kind:
        return None
    what = announced["what"]
    if METHODS[what] != method:
        return None
    # It is one request, however often the record is written for it.
    context.announcement = None
    event_type = event_type_of(kind, what)
    return change(context, announced["publisher"], event_type, END, payload_of(kind, what))
