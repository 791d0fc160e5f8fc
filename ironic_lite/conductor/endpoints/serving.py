# SPDX-License-Identifier: Apache-2.0
"""Serves contracts: binds each declared call to the function that does the work.

``locked(NodeCalls.destroy_node)(node_records.destroy)`` locks the node as declared, and calls
``node_records.destroy(task)``. mypy checks the function's arguments against the declaration's.
"""

import dataclasses
import threading
from collections.abc import Callable
from typing import Any, Concatenate, ParamSpec, Protocol, TypeVar, overload

import oslo_messaging
from oslo_log import log

from ironic_lite.common import exception, metrics
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
"""Seconds that a call waits while the conductor is starting."""


@dataclasses.dataclass(frozen=True)
class Bound:
    """A declared call and the function that serves it.

    :param function: gets the context or the task, then the record if the call has one, and the rest by name.
    """

    declared: Declaration
    function: Callable[..., Any]

    def run(self, context: Context, arguments: dict[str, Any]) -> Any:
        """Run the function, under the declared lock, and return its result."""
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
    """Bind a call that is declared ``exclusive`` or ``shared``.

    :returns: a decorator for the function, which gets the task instead of the context and ``node_id``. If the call
        has a record instead of ``node_id``, the function gets the task and the record.
    """
    declared = declaration.of(call)
    if declared.lock is Lock.NONE:
        raise TypeError(f"{declared.name} is declared without a lock.")
    return lambda function: Bound(declared, function)


def unlocked(
    call: Callable[Concatenate[Any, Context, P], R],
) -> Callable[[Callable[Concatenate[Context, P], R]], Bound]:
    """Bind a call that is declared ``unlocked``.

    :returns: a decorator for the function, which gets the call's arguments.
    """
    declared = declaration.of(call)
    if declared.lock is not Lock.NONE:
        raise TypeError(f"{declared.name} is declared with a lock.")
    return lambda function: Bound(declared, function)


def served(contract_class: type, *bound: Bound) -> tuple[Bound, ...]:
    """Check that the bindings serve each call of a contract once, and return them.

    :raises TypeError: when a call is not served, served twice, or of another contract.
    """
    wanted = sorted(declaration.declared(contract_class))
    found = sorted(each.declared.name for each in bound)
    if wanted != found:
        differing = sorted(set(wanted) ^ set(found)) or found
        raise TypeError(f"{contract_class.__name__} is not served as declared: {differing}")
    return bound


class Conductor(Protocol):
    """The conductor that serves the calls; when it has started, it sets ``identity`` and then ``ready``."""

    ready: threading.Event
    identity: Identity


class Endpoint:
    """An endpoint for oslo.messaging's server: one method per call."""

    target = oslo_messaging.Target(version=contract.VERSION)

    def __init__(self, conductor: Conductor, bound: tuple[Bound, ...]):
        for each in bound:
            setattr(self, each.declared.name, _exposed(conductor, each))


def _exposed(conductor: Conductor, bound: Bound) -> Callable[..., Any]:
    """Return the endpoint's method; errors that clients know reach them with class and message."""

    def run(context: Context, **arguments: Any) -> Any:
        if not conductor.ready.wait(START_PATIENCE):
            raise exception.ServiceUnavailable(err="The conductor is starting; retry in a moment.")
        timed = metrics.timed(metrics.SERVED, bound.declared.name, exception.IronicLiteError)
        with conductor.identity.active(), timed:
            try:
                return bound.run(context, arguments)
            except Exception as exc:
                translated = driver_errors.for_client(exc)
                if translated is exc:
                    raise
                LOG.exception("A driver has failed")
                raise translated from exc

    def run_for_agent(context: Context, **arguments: Any) -> Any:
        with workers.background():
            return run(context, **arguments)

    serve = run_for_agent if bound.declared.by_agents else run
    expected = oslo_messaging.expected_exceptions(exception.IronicLiteError)(serve)
    exposed: Callable[..., Any] = oslo_messaging.expose(expected)
    return exposed
