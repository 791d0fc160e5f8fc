# SPDX-License-Identifier: Apache-2.0
"""How other processes reach conductors.

What may be asked is declared in ``contract``; here is who is asked: ``ConductorAPI().of(node).destroy_node(context,
node.uuid)``. ``of``, ``serving``, ``any`` and ``named`` return something with the methods of
``contract.ConductorCalls``; calling one sends the message that it declares.

A call waits for its answer, for a bounded time. A conductor that does not answer, or that nobody can reach, raises
``ServiceUnavailable``; what the conductor raises arrives with its class and ``message`` (``str()`` of it has the remote
traceback too). A conductor at work says so every few seconds, so a dead one is noticed long before that time is over.
A message that the broker does not take, or that no conductor has a queue for, fails at once. Queries that change
nothing go to any conductor, and to the next one when the first is silent.
"""

import functools
import time
from collections.abc import Callable
from typing import Any, cast

import oslo_messaging

from ironic_lite.common import at_once, exception, hash_ring, release_mappings, rpc
from ironic_lite.conductor import contract
from ironic_lite.conductor.cluster import ring, unresponsive_conductors
from ironic_lite.conductor.contract.declaration import Away, Context, Declaration
from ironic_lite.objects.base import IronicLiteObjectSerializer

TOPIC = "ironic_lite.conductor_manager"

# A conductor at work on a call says so twice in this time (in seconds). One that has died is found out by then, long
# before the time that its work might take has passed; one on a machine that is far too busy is given the time.
SIGN_OF_WORK = 8

# A question that changes nothing goes to any conductor. It is soon put to the next one, should the first have died.
QUERY_PATIENCE = 4
QUERY_ATTEMPTS = 3

# A broker that went away is tried again this often; then the client is told to come back.
SEND_RETRIES = 1

# The broker gives a message back that no conductor has a queue for.
_TELL_IF_NOBODY_LISTENS = oslo_messaging.TransportOptions(at_least_once=True)


class NoAnswer(exception.ServiceUnavailable):
    """The request was delivered, and nobody knows what became of it."""


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
        self._silent = unresponsive_conductors.SilentConductors()

    # -- whom to ask -------------------------------------------------------------------------------------------

    def get_conductor_for(self, node: ring.Placed) -> str:
        """Name of the conductor that owns the node.

        :raises NoValidHost: when no live conductor does.
        """
        return self._ring.host_for(node.driver, node.conductor_group, node.uuid)

    def conductors_of(self) -> Callable[[ring.Placed], str | None]:
        """A function that tells which conductor owns a node, or None, for the many nodes of one list."""
        rings: dict[tuple[Any, Any], hash_ring.HashRing | None] = {}

        def owner(node: ring.Placed) -> str | None:
            kind = (node.driver, node.conductor_group)
            if kind not in rings:
                rings[kind] = self._ring.ring(*kind)
            found = rings[kind]
            return None if found is None else found.host(node.uuid)

        return owner

    def of(self, node: ring.Placed) -> contract.ConductorCalls:
        """The conductor that owns the node; raises as :meth:`get_conductor_for`."""
        return self.named(self.get_conductor_for(node))

    def serving(self, driver_name: str) -> contract.ConductorCalls:
        """A conductor that serves the hardware type.

        :raises DriverNotFound: when none does.
        """
        hosts = self._ring.hosts(driver_name)
        if not hosts:
            self._ring.reset()
            hosts = self._ring.hosts(driver_name)
        if not hosts:
            raise exception.DriverNotFound(driver_name=driver_name)
        return self.named(min(hosts))

    def any(self) -> contract.ConductorCalls:
        """Any conductor: the broker picks one."""
        return cast(contract.ConductorCalls, _Calls(self, None, None))

    def named(self, host: str, timeout: float | None = None) -> contract.ConductorCalls:
        """The conductor of this name.

        :param timeout: seconds that an answer may take, instead of the declared ones.
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
        """Make a call as it is declared."""
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
            return self._call(context, host, declared, allowed, arguments, SIGN_OF_WORK)
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
            transport_options=_TELL_IF_NOBODY_LISTENS,
            retry=SEND_RETRIES,
        )
        begun = time.monotonic()
        try:
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
        except unresponsive_conductors.ConductorSilent:
            # The next request may find that the node has a new owner.
            self._ring.reset()
            raise


class _Calls:
    """What :class:`ConductorAPI` hands out: the methods of ``contract.ConductorCalls``, each of them a message."""

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
