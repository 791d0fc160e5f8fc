# SPDX-License-Identifier: Apache-2.0
"""Notifications about the start and the failure of clients' requests.

The write of the change stores the notification of success in the same transaction, by the request's context.
"""

import contextlib
from collections.abc import Iterator
from typing import Any

from oslo_log import log
from oslo_utils import uuidutils

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.objects import notification_outbox
from ironic_lite.objects.notification import Notification

LOG = log.getLogger(__name__)


@contextlib.contextmanager
def request(record: Any, what: str, **derived: Any) -> Iterator[None]:
    """Context manager: announce the start and the failure of a change of the record.

    It does nothing if notifications are disabled, or the resource has none.

    :param what: ``create``, ``update``, ``delete``, ``maintenance_set``.
    :param derived: fields that a new record lacks before it is stored.
    """
    kind = record.obj_name()
    if kind not in notification_outbox.CRUD or not notification_outbox.wanted(
        notification_outbox.ERROR
    ):
        yield
        return
    if not record.obj_attr_is_set("uuid"):
        record.uuid = uuidutils.generate_uuid()
    context, publisher = record._context, f"ironic-api.{CONF.host}"
    _tell(record, what, notification_outbox.START, publisher, derived)
    context.announcement = notification_outbox.request(what, kind, publisher)
    try:
        yield
    except Exception:
        _tell(record, what, notification_outbox.ERROR, publisher, derived)
        raise
    finally:
        context.announcement = None


def _tell(record: Any, what: str, status: str, publisher: str, derived: dict[str, Any]) -> None:
    kind = record.obj_name()
    event_type, payload = (
        notification_outbox.event_type_of(kind, what),
        notification_outbox.payload_of(kind, what),
    )
    notification = Notification.about(record, publisher, event_type, status, payload, **derived)
    if notification is None:
        return
    try:
        notification.create()
    except exception.IronicLiteError as exc:
        # Do not fail the request for this; if the database is away, it fails anyway.
        LOG.warning(
            "The notification %s.%s could not be stored: %s", event_type, status, exc.message
        )
