# SPDX-License-Identifier: Apache-2.0
"""How a conductor serves a contract: each declared call is bound to one function of the room that knows.

``locked(NodeCalls.destroy_node)(node_records.destroy)`` has the node locked as declared, and calls
``node_records.destroy(task)``. mypy holds the function's arguments against the declaration's.
"""

import dataclasses
import threading
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

import oslo_messaging
from oslo_log import log

from ironic_lite.common import exception
from ironic_lite.conductor import contract, task_manager
from ironic_lite.conductor.cluster import workers
from ironic_lite.conductor.cluster.identity import Identity
from ironic_lite.conductor.contract import declaration
from ironic_lite.conductor.contract.declaration import Context, Declaration, Lock, NodeId
from ironic_lite.conductor.hardware import driver_errors
from ironic_lite.conductor.task_manager import TaskManager
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

P = ParamSpec("P")
R = TypeVar("R")
Record = TypeVar("Record")

START_PATIENCE = 20.0
"""Seconds that a call waits for a conductor that is still starting."""


@dataclasses.dataclass(frozen=True)
class Bound:
    """A call and what serves it.

    :param function: gets the context or the task first, then the record where there is one, and the rest by name.
    """

    declared: Declaration
    function: Callable[..., Any]

    def run(self, context: Context, arguments: dict[str, Any]) -> Any:
        """Serve the call."""
        if self.declared.lock is Lock.NONE:
            return self.function(context, **arguments)
        purpose = self.declared.purpose.format_map(arguments)
        shared = self.declared.lock is Lock.SHARED
        place = arguments.pop(self.declared.names[0])
        records = () if isinstance(place, int | str) else (place,)
        with task_manager.acquire(context, _node_of(place), shared, purpose) as task:
            return self.function(task, *records, **arguments)


def _node_of(place: Any) -> NodeId:
    if isinstance(place, int | str):
        return place
    found: int = place.id if isinstance(place, Node) else place.node_id
    return found


@overload
def locked(
    call: Callable[Concatenate[Any, Context, NodeId, P], R],
) -> Callable[[Callable[Concatenate[TaskManager, P], R]], Bound]: ...


@overload
def locked(
    call: Callable[Concatenate[Any, Context, Record, P], R],
) -> Callable[[Callable[Concatenate[TaskManager, Record, P], R]], Bound]: ...


def locked(call: Callable[..., Any]) -> Callable[[Callable[..., Any]], Bound]:
    """Serve a call that is declared ``exclusive`` or ``shared``.

    :returns: a decorator for the function, which gets the task in the place of the context and of ``node_id``. A
        record in the place of ``node_id`` is handed over.
    """
    declared = declaration.of(call)
    if declared.lock is Lock.NONE:
        raise TypeError(f"{declared.name} is declared without a lock.")
    return lambda function: Bound(declared, function)


def unlocked(
    call: Callable[Concatenate[Any, Context, P], R],
) -> Callable[[Callable[Concatenate[Context, P], R]], Bound]:
    """Serve a call that is declared ``unlocked``.

    :returns: a decorator for the function, which gets what the call has.
    """
    declared = declaration.of(call)
    if declared.lock is not Lock.NONE:
        raise TypeError(f"{declared.name} is declared with a lock.")
    return lambda function: Bound(declared, function)


def served(contract_class: type, *bound: Bound) -> tuple[Bound, ...]:
    """The endpoint of a contract.

    :raises TypeError: when a call is not served, served twice, or of another contract.
    """
    wanted = sorted(declaration.declared(contract_class))
    found = sorted(each.declared.name for each in bound)
    if wanted != found:
        differing = sorted(set(wanted) ^ set(found)) or found
        raise TypeError(f"{contract_class.__name__} is not served as declared: {differing}")
    return bound


class Conductor(Protocol):
    """For whom calls are served: ``identity`` is set, and then ``ready``, when it has started."""

    ready: threading.Event
    identity: Identity


class Endpoint:
    """What oslo.messaging's server offers: one method per call."""

    target = oslo_messaging.Target(version=contract.VERSION)

    def __init__(self, conductor: Conductor, bound: tuple[Bound, ...]):
        for each in bound:
            setattr(self, each.declared.name, _exposed(conductor, each))


def _exposed(conductor: Conductor, bound: Bound) -> Callable[..., Any]:
    """The method: errors that clients know reach them with class and message."""

    def run(context: Context, **arguments: Any) -> Any:
        if not conductor.ready.wait(START_PATIENCE):
            raise exception.ServiceUnavailable(err="The conductor is starting; retry in a moment.")
        with conductor.identity.active():
            try:
                return bound.run(context, arguments)
            except Exception as exc:
                told = driver_errors.for_client(exc)
                if told is exc:
                    raise
                LOG.exception("A driver has failed")
                raise told from exc

    def run_for_agent(context: Context, **arguments: Any) -> Any:
        with workers.background():
            return run(context, **arguments)

    serve = run_for_agent if bound.declared.by_agents else run
    expected = oslo_messaging.expected_exceptions(exception.IronicLiteError)(serve)
    exposed: Callable[..., Any] = oslo_messaging.expose(expected)
    return exposed
