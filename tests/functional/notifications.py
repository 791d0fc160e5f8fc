# SPDX-License-Identifier: Apache-2.0
"""A listener for notifications on RabbitMQ."""

import json
from typing import Any

import kombu

from tests.waiting import PATIENCE

QUEUE = "ironic_versioned_notifications"

DURABLE = {"oslo_messaging_rabbit": {"amqp_durable_queues": True}}
"""Options of a service whose notifications outlive a restart of the broker."""

Message = dict[str, Any]


class Listener:
    """Reads the messages in the queues of a topic.

    :param url: of the virtual host, for oslo.messaging.
    """

    def __init__(self, url: str, topic: str = QUEUE, levels: tuple[str, ...] = ("info", "error")):
        self._url = url.replace("rabbit://", "amqp://", 1)
        self._queues = [f"{topic}.{level}" for level in levels]
        self.raw: list[str] = []
        self.messages: list[Message] = []
        self._take()

    def _take(self) -> None:
        with kombu.Connection(self._url, connect_timeout=PATIENCE) as connection:
            for name in self._queues:
                queue = kombu.Queue(name, durable=True, auto_delete=False, exchange=None)
                bound = queue(connection.default_channel)
                bound.queue_declare()
                while (delivery := bound.get(no_ack=True)) is not None:
                    body = delivery.body
                    text = body.decode() if isinstance(body, bytes) else str(body)
                    self.raw.append(text)
                    self.messages.append(json.loads(json.loads(text)["oslo.message"]))

    def received(self) -> list[Message]:
        """Return all messages so far, each once, in the order of their first arrival."""
        self._take()
        return list(
            {message["message_id"]: message for message in reversed(self.messages)}.values()
        )[::-1]

    def about(self, uuid: str) -> list[Message]:
        """Return the messages about one record."""
        return [m for m in self.received() if data(m).get("uuid") == uuid]

    def events(self, uuid: str) -> list[str]:
        """The types of these, without ``baremetal.``"""
        return [m["event_type"].removeprefix("baremetal.") for m in self.about(uuid)]


def data(message: Message) -> Message:
    """The fields of a payload."""
    return dict(message["payload"]["ironic_object.data"])
