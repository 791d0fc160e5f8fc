# SPDX-License-Identifier: Apache-2.0
"""Notifications that are stored in the transaction of the change that they report.

For a client's request the API puts the expected write into the context (``request``); the process that makes that
write, an API or a conductor, stores the notification with it. For their own changes conductors store notifications by
``Node.along(change(...))``. Nothing is stored while notifications are off.
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
"""``{a client's request: the object's method that carries it out}``."""


def wanted(level: str = INFO) -> bool:
    lowest = CONF.notification_level
    return lowest is not None and _LEVELS.index(level) >= _LEVELS.index(lowest)


def level_of(status: str) -> str:
    """Return the level of a notification with this status: start, end, success or error."""
    return ERROR if status == ERROR else INFO


def message(
    context: Any, publisher: str, event_type: str, status: str, payload: Row, message_id: str
) -> Row:
    """Return the outbox's row: the message for the broker, and the ids of the request and its user."""
    return {
        "context": _context_fields(context),
        "message": {
            "message_id": message_id,
            "publisher_id": publisher,
            "event_type": f"{event_type}.{status}",
            "priority": level_of(status).upper(),
            "payload": payload,
            "timestamp": str(timeutils.utcnow()),
        },
    }


def _context_fields(context: Any) -> Row:
    """Return the context of the request, without its credentials."""
    if not isinstance(context, RequestContext):
        return {}
    names = ("user_id", "project_id", "domain_id", "request_id", "global_request_id")
    return {name: getattr(context, name) for name in names}


def change(
    context: Any, publisher: str, event_type: str, status: str, payload: Payload, **own: Any
) -> Also | None:
    """Return the work that stores a notification with a write of a record; None when its level is off.

    :param publisher: ``ironic-conductor.<host>`` or ``ironic-api.<host>``.
    :param event_type: such as ``baremetal.node.power_set``.
    :param own: the payload's fields in addition to the record's columns.
    """
    if not wanted(level_of(status)):
        return None
    # Made before the transaction, so that all of its attempts use one message id.
    message_id = uuidutils.generate_uuid()
    outbox.prepare()

    def note(connection: sa.Connection, read: Callable[[], Row]) -> None:
        row = read()
        content = payload.of(row, **own)
        noted = message(context, publisher, event_type, status, content, message_id)
        outbox.add(connection, row["uuid"], message_id, noted)

    return note


def request(what: str, kind: str, publisher: str) -> dict[str, str]:
    """Return the announcement of a client's request, for its context.

    :param what: a key of ``METHODS``.
    :param kind: name of the object.
    """
    return {"what": what, "object": kind, "publisher": publisher}


def event_type_of(kind: str, what: str) -> str:
    return f"baremetal.{kind.lower()}.{what}"


def payload_of(kind: str, what: str) -> Payload:
    return NODE if what == "maintenance_set" else CRUD[kind]


def of_request(context: Any, kind: str, method: str) -> Also | None:
    """Return the notification of the request's success, if this is the write that the context announces, else None."""
    announced = getattr(context, "announcement", None)
    if announced is None or announced["object"] != kind:
        return None
    what = announced["what"]
    if METHODS[what] != method:
        return None
    # The request gets one notification, even if the record is written several times for it.
    context.announcement = None
    event_type = event_type_of(kind, what)
    return change(context, announced["publisher"], event_type, END, payload_of(kind, what))
