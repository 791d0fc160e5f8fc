# SPDX-License-Identifier: Apache-2.0
"""Sends notifications over a broker, with confirmation that the broker has accepted them."""

from typing import Any

import oslo_messaging
from oslo_log import log
from oslo_messaging.notify import notifier
from stevedore import driver as stevedore_driver

from ironic_lite.common import exception, notification_drivers, rpc
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

_WIRE_VERSIONS = {"messagingv2": 2.0, "messaging": 1.0}
"""Drivers that send over the transport -> version of their message format."""


class Publisher:
    """Sends to the transport of [oslo_messaging_notifications]; by default to the broker of the RPCs.

    After a failure, close the publisher and create a new one: the library keeps using a channel that the broker has
    closed (no permission, message too large), and everything sent over it fails.

    :raises ConfigInvalid: when the transport cannot be used.
    """

    def __init__(self) -> None:
        rpc.register_options()
        try:
            self._transport = oslo_messaging.get_notification_transport(CONF)
        except (oslo_messaging.DriverLoadFailure, oslo_messaging.InvalidTransportURL) as exc:
            raise exception.ConfigInvalid(
                error_msg="[oslo_messaging_notifications] transport_url (or [DEFAULT] transport_url, if the former "
                f"is unset) cannot be used for notifications: {exc}"
            ) from exc
        names = CONF.oslo_messaging_notifications.driver or ["messagingv2"]
        self._versions = [_WIRE_VERSIONS[name] for name in names if name in _WIRE_VERSIONS]
        self._others = [name for name in names if name not in _WIRE_VERSIONS and name != "noop"]
        self._drivers: dict[tuple[str, ...], list[tuple[str, Any]]] = {}

    def send(self, context: dict[str, Any], message: dict[str, Any], topics: list[str]) -> None:
        """Send a message to each topic, and wait for the broker's confirmation.

        :param message: with ``message_id``, ``publisher_id``, ``event_type``, ``priority``, ``payload``, ``timestamp``.
        :raises Exception: the transport's error when the broker does not accept it.
        """
        priority = message["priority"].lower()
        for version in self._versions:
            for topic in topics:
                target = oslo_messaging.Target(topic=f"{topic}.{priority}")
                # The library's own drivers only log failures of this call.
                self._transport._send_notification(target, context, message, version, retry=0)
        for name, driver in self._loaded(tuple(topics)):
            try:
                driver.notify(context, message, priority, 0)
            except Exception:
                # A failing driver must not keep this message from other drivers.
                LOG.exception(
                    "The notification driver '%s' failed on %s", name, message["event_type"]
                )

    def _loaded(self, topics: tuple[str, ...]) -> list[tuple[str, notifier.Driver]]:
        """Return the drivers that need no broker (``log`` and others), with their names.

        :raises ConfigInvalid: when a driver cannot be created.
        """
        if topics not in self._drivers:
            self._drivers[topics] = [(name, self._make(name, topics)) for name in self._others]
        return self._drivers[topics]

    def _make(self, name: str, topics: tuple[str, ...]) -> notifier.Driver:
        try:
            return stevedore_driver.DriverManager(
                notification_drivers.NAMESPACE,
                name,
                invoke_on_load=True,
                invoke_args=(CONF,),
                invoke_kwds={"topics": list(topics), "transport": self._transport},
            ).driver
        except Exception as exc:
            raise exception.ConfigInvalid(
                error_msg=f"[oslo_messaging_notifications] driver '{name}' cannot be used: {exc!r}"
            ) from exc

    def close(self) -> None:
        self._transport.cleanup()
