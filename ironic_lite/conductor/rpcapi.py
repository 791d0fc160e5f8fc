# SPDX-License-Identifier: Apache-2.0
"""The client side of the RPCs to conductors.

``contract`` declares the calls; this module chooses the conductor: ``ConductorAPI().of(node).destroy_node(context,
node.uuid)``. ``of``, ``serving``, ``any`` and ``named`` return an object with the methods of
``contract.ConductorCalls``; each method sends its RPC.

A call waits for its answer, for a bounded time. If the conductor cannot be reached or does not answer, it raises
``ServiceUnavailable``. An error of the conductor arrives with its class and ``message`` (``str()`` of it includes the
remote traceback). A conductor sends keepalives every few seconds while it works on a call, so a dead one is detected
long before the call's timeout. A message that the broker does not accept, or for which no conductor has a queue, fails
at once. Queries that change nothing go to any conductor, and to the next one if the first does not answer.
"""

import functools
import time
from collections.abc import Callable
from typing import Any, cast

import oslo_messaging

from ironic_lite.common import at_once, exception, hash_ring, metrics, release_mappings, rpc
from ironic_lite.conductor import contract
from ironic_lite.conductor.cluster import ring, unresponsive_conductors
from ironic_lite.conductor.contract.declaration import Away, Context, Declaration
from ironic_lite.objects.base import IronicLiteObjectSerializer

TOPIC = "ironic_lite.conductor_manager"

# Seconds. While a conductor works on a call it sends two keepalives in this time. A conductor that died is detected
# after it, long before the call's timeout; a conductor on a very busy machine still gets a keepalive through.
CALL_MONITOR_TIMEOUT = 8

# A query may go to any conductor. If the first does not answer in this time (seconds), the next is asked.
QUERY_PATIENCE = 4
QUERY_ATTEMPTS = 3

# How often a message is sent again when the broker cannot be reached; then the client gets ServiceUnavailable.
SEND_RETRIES = 1

# With this option the broker returns a message for which no conductor has a queue.
_RETURN_IF_UNROUTABLE = oslo_messaging.TransportOptions(at_least_once=True)


class NoAnswer(exception.ServiceUnavailable):
    """The request was delivered, but no answer came: it may have taken effect or not."""


class ConductorAPI:
    """The conductors of this cluster. Safe to share between threads."""

    def __init__(self) -> None:
        release = release_mappings.pinned()
        self._client = rpc.get_client(
            oslo_messaging.Target(topic=TOPIC, version="1.0"),
            version_cap=release.rpc if release else contract.VERSION,
            serializer=IronicLiteObjectSerializer(),
        )
        self._ring = ring.HashRingManager()
        self._silent = unresponsive_conductors.UnresponsiveConductors()

    # -- whom to ask -------------------------------------------------------------------------------------------

    def get_conductor_for(self, node: ring.Placed) -> str:
        """Return the host name of the conductor that owns the node.

        :raises NoValidHost: when no conductor that is alive serves the node.
        """
        return self._ring.host_for(node.driver, node.conductor_group, node.uuid)

    def conductors_of(self) -> Callable[[ring.Placed], str | None]:
        """Return a function from a node to its conductor's host name, or None, for a list of many nodes."""
        rings: dict[tuple[Any, Any], hash_ring.HashRing | None] = {}

        def owner(node: ring.Placed) -> str | None:
            kind = (node.driver, node.conductor_group)
            if kind not in rings:
                rings[kind] = self._ring.ring(*kind)
            found = rings[kind]
            return None if found is None else found.host(node.uuid)

        return owner

    def of(self, node: ring.Placed) -> contract.ConductorCalls:
        """Return the calls of the conductor that owns the node; raises as :meth:`get_conductor_for` does."""
        return self.named(self.get_conductor_for(node))

    def serving(self, driver_name: str) -> contract.ConductorCalls:
        """Return the calls of a conductor that serves the hardware type.

        :raises DriverNotFound: when no conductor serves it.
        """
        hosts = self._ring.hosts(driver_name)
        if not hosts:
            self._ring.reset()
            hosts = self._ring.hosts(driver_name)
        if not hosts:
            raise exception.DriverNotFound(driver_name=driver_name)
        return self.named(min(hosts))

    def any(self) -> contract.ConductorCalls:
        """Return the calls of any conductor; the broker picks it."""
        return cast(contract.ConductorCalls, _Calls(self, None, None))

    def named(self, host: str, timeout: float | None = None) -> contract.ConductorCalls:
        """Return the calls of the conductor with this host name.

        :param timeout: seconds to wait for an answer, instead of the declared timeout.
        """
        return cast(contract.ConductorCalls, _Calls(self, host, timeout))

    # -- asking ------------------------------------------------------------------------------------------------

    def _send(
        self,
        declared: Declaration,
        host: str | None,
        timeout: float | None,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        arguments = declared.bind(*args, **kwargs)
        context = arguments.pop("context")
        if declared.formerly is not None and not self._client.can_send_version(declared.since):
            name, arguments = declared.formerly(arguments)
            declared = contract.CALLS[name]
        if declared.away is Away.NOBODY_WAITS:
            self._cast(context, host, declared, arguments)
            return None
        allowed = timeout or declared.timeout()
        if declared.away is Away.COME_AGAIN:
            return self._call(context, host, declared, allowed, arguments, CALL_MONITOR_TIMEOUT)
        for attempt in range(1, QUERY_ATTEMPTS + 1):
            try:
                return self._call(context, host, declared, allowed, arguments, QUERY_PATIENCE)
            except NoAnswer:
                if attempt == QUERY_ATTEMPTS:
                    raise
        raise AssertionError("unreachable")

    def _call(
        self,
        context: Context,
        host: str | None,
        declared: Declaration,
        allowed: float,
        arguments: dict[str, Any],
        sign_of_work: int,
    ) -> Any:
        at_once.leave()
        if host:
            self._check_heard_of(host, sign_of_work)
        client = self._client.prepare(
            server=host,
            version=declared.since,
            timeout=allowed,
            call_monitor_timeout=sign_of_work,
            transport_options=_RETURN_IF_UNROUTABLE,
            retry=SEND_RETRIES,
        )
        begun = time.monotonic()
        try:
            with metrics.timed(metrics.CALLS, declared.name, exception.IronicLiteError):
                answer = client.call(context, declared.name, **arguments)
        except oslo_messaging.MessagingTimeout:
            self._ring.reset()
            if host and time.monotonic() - begun < allowed:
                self._silent.missed(host)
            raise NoAnswer(
                err=f"{_called(host)} did not answer '{declared.name}' in time; the request may or may not "
                "have been carried out. Look at the node, then retry."
            ) from None
        except Exception as exc:
            if not rpc.never_sent(exc):
                raise
            self._ring.reset()
            raise exception.ServiceUnavailable(
                err=f"{_called(host)} could not be reached; retry in a moment."
            ) from None
        if host:
            self._silent.heard(host)
        return answer

    def _cast(
        self, context: Context, host: str | None, declared: Declaration, arguments: dict[str, Any]
    ) -> None:
        client = self._client.prepare(server=host, version=declared.since, retry=SEND_RETRIES)
        client.cast(context, declared.name, **arguments)

    def _check_heard_of(self, host: str, patience: float) -> None:
        try:
            self._silent.check(host, patience)
        except unresponsive_conductors.ConductorUnresponsive:
            # The node may have a new owner by the next request.
            self._ring.reset()
            raise


class _Calls:
    """The methods of ``contract.ConductorCalls``, bound to one conductor; each sends its RPC."""

    def __init__(self, api: ConductorAPI, host: str | None, timeout: float | None):
        self._api = api
        self._host = host
        self._timeout = timeout

    def __getattr__(self, name: str) -> Callable[..., Any]:
        declared = contract.CALLS.get(name)
        if declared is None:
            raise AttributeError(f"Conductors offer no call '{name}'.")
        return functools.partial(self._api._send, declared, self._host, self._timeout)


def _called(host: str | None) -> str:
    return f"Conductor '{host}'" if host else "The conductors"
