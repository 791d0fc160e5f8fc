# SPDX-License-Identifier: Apache-2.0
"""The RPC transport of this process, and the clients and servers on it.

Topics, versions and methods belong to the conductor; this module only transports messages. The caller passes the object
serializer, because objects are on a higher floor.
"""

from concurrent import futures
from typing import Any

import oslo_messaging
from oslo_log import log
from oslo_messaging.rpc import server as rpc_server

from ironic_lite.common import concurrency, exception
from ironic_lite.common import context as request_context
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

IN_PROCESS = "inprocess"
EXCHANGE = "ironic_lite"

_transport: oslo_messaging.Transport | None = None


class Server(rpc_server.RPCServer):
    """The library's server, with threads that sleep while idle.

    The library's pool starts a thread for each of the first 64 messages, and wakes all of them every second.
    """

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not concurrency.green():
            self._executor_cls = futures.ThreadPoolExecutor


class RequestContextSerializer(oslo_messaging.Serializer):
    """Serializes the request context as a dictionary, and entities with ``base``."""

    def __init__(self, base: oslo_messaging.Serializer | None = None):
        self._base = base or oslo_messaging.NoOpSerializer()

    def serialize_entity(self, ctxt: Any, entity: Any) -> Any:
        return self._base.serialize_entity(ctxt, entity)

    def deserialize_entity(self, ctxt: Any, entity: Any) -> Any:
        return self._base.deserialize_entity(ctxt, entity)

    def serialize_context(self, ctxt: request_context.RequestContext) -> dict[str, Any]:
        return ctxt.to_dict()

    def deserialize_context(self, ctxt: dict[str, Any]) -> request_context.RequestContext:
        return request_context.RequestContext.from_dict(ctxt)


def register_options() -> None:
    """Register ``[DEFAULT] transport_url``, with our default instead of the library's."""
    oslo_messaging.set_transport_defaults(control_exchange=EXCHANGE)
    # Parsing any URL registers the library's transport options.
    oslo_messaging.TransportURL.parse(CONF, f"{IN_PROCESS}://")
    CONF.set_default("transport_url", f"{IN_PROCESS}://")


def transport_name() -> str:
    """Return the driver in ``[DEFAULT] transport_url``: ``inprocess``, ``rabbit`` ...

    :raises ConfigInvalid: when the URL cannot be read.
    """
    register_options()
    try:
        return oslo_messaging.TransportURL.parse(CONF).transport
    except oslo_messaging.InvalidTransportURL as exc:
        raise exception.ConfigInvalid(
            error_msg=f"[DEFAULT] transport_url is not valid: {str(exc).rstrip('.')}; write "
            "rabbit://USER:PASSWORD@HOST:PORT/."
        ) from exc


def names_host() -> bool:
    """Tell whether each host in ``[DEFAULT] transport_url`` has a name."""
    hosts = oslo_messaging.TransportURL.parse(CONF).hosts
    return bool(hosts) and all(host.hostname for host in hosts)


def init() -> None:
    """Open the transport of this process. Idempotent.

    :raises ConfigInvalid: when there is no driver for ``[DEFAULT] transport_url``.
    """
    global _transport
    if _transport is not None:
        return
    name = transport_name()
    try:
        _transport = oslo_messaging.get_rpc_transport(
            CONF, allowed_remote_exmods=[exception.__name__]
        )
    except oslo_messaging.DriverLoadFailure as exc:
        raise exception.ConfigInvalid(
            error_msg=f"[DEFAULT] transport_url names '{name}'; use rabbit:// or {IN_PROCESS}://"
        ) from exc


def cleanup() -> None:
    """Close the transport. Idempotent."""
    global _transport
    if _transport is not None:
        _transport.cleanup()
        _transport = None


def _opened() -> oslo_messaging.Transport:
    if _transport is None:
        raise RuntimeError("rpc.init() has not been called in this process.")
    return _transport


def never_sent(error: Exception) -> bool:
    """Tell whether a call failed because the broker did not accept it, or had no receiver for it."""
    if isinstance(
        error, oslo_messaging.MessageDeliveryFailure | oslo_messaging.MessageUndeliverable
    ):
        return True
    # Without a connection the driver's own exception comes through. Check it by name, because importing kombu would
    # cost memory for those who do not use it.
    return type(error).__module__.partition(".")[0] in ("kombu", "amqp")


def get_client(
    target: oslo_messaging.Target,
    version_cap: str | None = None,
    serializer: oslo_messaging.Serializer | None = None,
) -> Any:
    """Return a client for ``target`` that sends nothing newer than ``version_cap``."""
    return oslo_messaging.get_rpc_client(
        _opened(),
        target,
        version_cap=version_cap,
        serializer=RequestContextSerializer(serializer),
    )


def get_server(
    target: oslo_messaging.Target,
    endpoints: list[Any],
    serializer: oslo_messaging.Serializer | None = None,
) -> oslo_messaging.MessageHandlingServer:
    """Return a server for the exposed methods of ``endpoints`` on ``target``; the caller starts it."""
    return oslo_messaging.get_rpc_server(
        _opened(),
        target,
        endpoints,
        serializer=RequestContextSerializer(serializer),
        access_policy=oslo_messaging.ExplicitRPCAccessPolicy,
        server_cls=Server,
    )
