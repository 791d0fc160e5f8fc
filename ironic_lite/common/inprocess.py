# SPDX-License-Identifier: Apache-2.0
"""``inprocess://``: an oslo.messaging driver for clients and servers that share one process.

Nothing polls: the sender's thread hands the message to the server's thread pool and sleeps until the reply wakes
it. Every message passes through JSON, as it would over a broker, so that what works here works there. The path of
the URL names the bus: ``inprocess:///a`` and ``inprocess:///b`` hear nothing of each other.

Two things differ from a broker on purpose: a message that nobody listens for fails at once instead of at the
timeout, and so does one for a listener whose backlog is full.
"""

import itertools
import queue
import threading
from collections.abc import Callable, Iterable
from typing import Any

import oslo_messaging
from oslo_messaging._drivers import base
from oslo_messaging._drivers import common as wire
from oslo_serialization import jsonutils

BACKLOG = 4096
"""Messages that may wait for a free thread of one listener."""

Address = tuple[str, str]
"""Exchange and topic."""


class InProcessMessage(base.RpcIncomingMessage):
    """One message on its way to one listener."""

    def __init__(self, payload: str, listener: "InProcessListener", replies: Any = None):
        ctxt, message = jsonutils.loads(payload)
        super().__init__(ctxt, message)
        self._payload = payload
        self._listener = listener
        self._replies = replies

    def acknowledge(self) -> None:
        self._listener.taken()

    def requeue(self) -> None:
        self._listener.taken()
        self._listener.deliver(self._payload, self._replies)

    def reply(self, reply: Any = None, failure: Any = None) -> None:
        if self._replies is None:
            return
        if failure is not None:
            self._replies.put((None, wire.serialize_remote_exception(failure)))
        else:
            self._replies.put((jsonutils.dumps(reply), None))

    def heartbeat(self) -> None:
        """Nothing to do: a caller in the same process needs no sign that its server is alive."""


class InProcessListener(base.Listener):
    """Passes messages to a server's callback in the thread of the sender.

    The callback only submits to the server's pool. A batch is always one message, which the batch interface
    allows.

    :param addresses: where to listen.
    :param server: the name under which single messages reach this listener.
    :param pool: listeners of one notification pool share its messages.
    """

    def __init__(
        self,
        bus: "Bus",
        addresses: Iterable[Address],
        server: str | None = None,
        pool: str | None = None,
    ):
        super().__init__(batch_size=1, batch_timeout=None)
        self.addresses = tuple(addresses)
        self.server = server
        self.pool = pool
        self._bus = bus
        self._lock = threading.Lock()
        self._waiting = 0

    def start(self, on_incoming_callback: Callable[[list[InProcessMessage]], None]) -> None:
        super().start(on_incoming_callback)
        self._bus.add(self)

    def stop(self) -> None:
        self._bus.remove(self)
        with self._lock:
            super().stop()

    def cleanup(self) -> None:
        self._bus.remove(self)

    def deliver(self, payload: str, replies: Any = None) -> None:
        """Hand a message to the server.

        :raises MessageDeliveryFailure: when the listener has stopped or its backlog is full.
        """
        with self._lock:
            callback = self.on_incoming_callback
            if callback is None:
                raise oslo_messaging.MessageDeliveryFailure("The listener has stopped.")
            if self._waiting >= BACKLOG:
                raise oslo_messaging.MessageDeliveryFailure(
                    f"{BACKLOG} messages wait for {self.server or 'a listener'} already."
                )
            self._waiting += 1
            callback([InProcessMessage(payload, self, replies)])

    def taken(self) -> None:
        """A thread has taken a message on: it no longer counts as backlog."""
        with self._lock:
            self._waiting -= 1


class Bus:
    """Who listens where."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._listeners: dict[Address, list[InProcessListener]] = {}
        self._turn = itertools.count()

    def add(self, listener: InProcessListener) -> None:
        with self._lock:
            for address in listener.addresses:
                self._listeners.setdefault(address, []).append(listener)

    def remove(self, listener: InProcessListener) -> None:
        with self._lock:
            for address in listener.addresses:
                there = self._listeners.get(address, [])
                if listener in there:
                    there.remove(listener)

    def listeners(self, address: Address) -> list[InProcessListener]:
        """Everybody at ``address``, the one whose turn it is first."""
        with self._lock:
            there = self._listeners.get(address, [])
            if len(there) < 2:
                return list(there)
            first = next(self._turn) % len(there)
            return there[first:] + there[:first]


_buses: dict[str, Bus] = {}
_buses_lock = threading.Lock()


class InProcessDriver(base.BaseDriver):
    """The driver behind ``inprocess://``."""

    def __init__(
        self,
        conf: Any,
        url: oslo_messaging.TransportURL,
        default_exchange: str | None = None,
        allowed_remote_exmods: list[str] | None = None,
    ):
        super().__init__(conf, url, default_exchange, allowed_remote_exmods)
        with _buses_lock:
            self._bus = _buses.setdefault(url.virtual_host or "", Bus())

    def require_features(self, requeue: bool = False) -> None:
        """All optional features are there."""

    def _address(self, exchange: str | None, topic: str) -> Address:
        return (exchange or self._default_exchange or "", topic)

    def send(
        self,
        target: oslo_messaging.Target,
        ctxt: dict[str, Any],
        message: dict[str, Any],
        wait_for_reply: bool | None = None,
        timeout: float | None = None,
        call_monitor_timeout: float | None = None,
        retry: int | None = None,
        transport_options: Any = None,
    ) -> Any:
        """Deliver, and wait for the reply if one is wanted.

        :param timeout: seconds to wait for the reply.
        :raises MessageDeliveryFailure: nobody listens at ``target``, or none of them can take more.
        :raises MessagingTimeout: no reply came in time.
        """
        payload = jsonutils.dumps([ctxt, message])
        listeners = self._bus.listeners(self._address(target.exchange, target.topic))
        if target.fanout:
            for listener in listeners:
                listener.deliver(payload)
            return None
        if target.server:
            listeners = [one for one in listeners if one.server == target.server]
        replies: Any = queue.SimpleQueue() if wait_for_reply else None
        _deliver_to_one(listeners, payload, replies, target)
        if not wait_for_reply:
            return None
        return self._await_reply(replies, timeout, target, message.get("method"))

    def _await_reply(
        self, replies: Any, timeout: float | None, target: oslo_messaging.Target, method: Any
    ) -> Any:
        try:
            reply, failure = replies.get(timeout=timeout)
        except queue.Empty:
            raise oslo_messaging.MessagingTimeout(
                f"No reply to {method} from {_name(target)} within {timeout} s."
            ) from None
        if failure is not None:
            raise wire.deserialize_remote_exception(failure, self._allowed_remote_exmods)
        return jsonutils.loads(reply)

    def send_notification(
        self,
        target: oslo_messaging.Target,
        ctxt: dict[str, Any],
        message: dict[str, Any],
        version: float,
        retry: int | None = None,
    ) -> None:
        """One copy for each pool of listeners; without listeners it is lost, as it may be on a broker."""
        payload = jsonutils.dumps([ctxt, message])
        served = set()
        for listener in self._bus.listeners(self._address(target.exchange, target.topic)):
            if listener.pool not in served:
                served.add(listener.pool)
                listener.deliver(payload)

    def listen(
        self, target: oslo_messaging.Target, batch_size: int, batch_timeout: float | None
    ) -> InProcessListener:
        address = self._address(target.exchange, target.topic)
        return InProcessListener(self._bus, [address], server=target.server)

    def listen_for_notifications(
        self,
        targets_and_priorities: Iterable[tuple[oslo_messaging.Target, str]],
        pool: str | None,
        batch_size: int,
        batch_timeout: float | None,
    ) -> InProcessListener:
        addresses = [
            self._address(target.exchange, f"{target.topic}.{priority}")
            for target, priority in targets_and_priorities
        ]
        return InProcessListener(self._bus, addresses, pool=pool)

    def cleanup(self) -> None:
        """Nothing to close: the bus goes when the last listener does."""


def _name(target: oslo_messaging.Target) -> str:
    return f"{target.topic}.{target.server}" if target.server else str(target.topic)


def _deliver_to_one(
    listeners: list[InProcessListener], payload: str, replies: Any, target: oslo_messaging.Target
) -> None:
    """Give the message to the first listener that takes it."""
    refusal: Exception | None = None
    for listener in listeners:
        try:
            listener.deliver(payload, replies)
        except oslo_messaging.MessageDeliveryFailure as exc:
            refusal = exc
        else:
            return
    raise oslo_messaging.MessageDeliveryFailure(
        str(refusal) if refusal else f"Nobody listens on {_name(target)} in this process."
    )
