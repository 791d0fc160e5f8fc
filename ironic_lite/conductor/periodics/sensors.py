# SPDX-License-Identifier: Apache-2.0
"""Sends the sensor readings of our nodes' servers as notifications.

A reading that the broker does not accept is dropped, because the next one is fresher. So the outbox is not used.
"""

import threading
import time
from typing import Any

from oslo_log import log
from oslo_utils import timeutils, uuidutils

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.common.notification_publisher import Publisher
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.periodics import bmcs, owned
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

EVENT_TYPE = "hardware.ipmi.metrics"
"""Ironic's event type. Only IPMI has sensors here."""


def wanted() -> bool:
    return bool(CONF.sensor_data.send_sensor_data and CONF.sensor_data.enable_for_nodes)


class Sensors:
    """Reads sensors and sends the readings.

    :param stop: set when the conductor stops.
    """

    def __init__(self, stop: threading.Event):
        self._stop = stop
        self._publisher: Publisher | None = None
        self._broker_is_away = False

    def run(self, context: ironic_context.RequestContext) -> None:
        options = CONF.sensor_data
        filters: dict[str, Any] = {"maintenance": False, "reserved": False}
        if not options.enable_for_undeployed_nodes:
            filters["associated"] = True
        uuids = [row["uuid"] for row in owned.nodes(context, filters)]
        if self._broker_is_away:
            # Reconnect, because the library would keep using a channel that the broker has closed.
            self.close()
        self._broker_is_away = False
        if self._publisher is None:
            self._publisher = Publisher()
        deadline = time.monotonic() + options.wait_timeout
        bmcs.each(
            context, self._stop, uuids, options.workers, "reading sensors", self._one, deadline
        )

    def _one(self, task: TaskManager) -> None:
        if self._broker_is_away:
            return
        try:
            task.driver.management.validate(task)
            found = task.driver.management.get_sensors_data(task)
        except exception.UnsupportedDriverExtension:
            return
        except exception.IronicLiteError as exc:
            LOG.warning("Node %s: its sensors cannot be read: %s", task.node.uuid, exc.message)
            return
        readings = _chosen(found)
        if readings:
            self._send(task, readings)

    def _send(self, task: TaskManager, readings: dict[str, Any]) -> None:
        assert self._publisher is not None
        try:
            topics = CONF.oslo_messaging_notifications.topics
            self._publisher.send({}, _message(task, readings), topics)
        except Exception as exc:
            # Wait only once per round for an unreachable broker.
            if not self._broker_is_away:
                LOG.warning(
                    "The sensor readings of this round cannot be sent and are dropped: %s", exc
                )
            self._broker_is_away = True

    def close(self) -> None:
        if self._publisher is not None:
            self._publisher.close()
            self._publisher = None


def _chosen(found: dict[str, Any]) -> dict[str, Any]:
    types = {name.lower() for name in CONF.sensor_data.data_types}
    if "all" in types:
        return found
    return {name: readings for name, readings in found.items() if name.lower() in types}


def _message(task: TaskManager, readings: dict[str, Any]) -> dict[str, Any]:
    node = task.node
    now = timeutils.utcnow()
    return {
        "message_id": uuidutils.generate_uuid(),
        "publisher_id": f"ironic-conductor.{identity.current().host}",
        "event_type": EVENT_TYPE,
        "priority": "INFO",
        "timestamp": str(now),
        "payload": {
            "message_id": uuidutils.generate_uuid(),
            "node_uuid": node.uuid,
            "node_name": node.name,
            "instance_uuid": node.instance_uuid,
            "timestamp": now.isoformat(),
            "event_type": f"{EVENT_TYPE}.update",
            "payload": readings,
        },
    }
