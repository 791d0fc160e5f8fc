# SPDX-License-Identifier: Apache-2.0
"""The declaration of an RPC, and the decorators that make one from a method."""

import dataclasses
import enum
import functools
import inspect
from collections.abc import Callable
from typing import Any, TypeVar

from ironic_lite.common import context as ironic_context
from ironic_lite.conf import CONF

F = TypeVar("F", bound=Callable[..., Any])

Context = ironic_context.RequestContext
NodeId = int | str
"""A node's id or UUID."""

Formerly = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]

_MARK = "_ironic_lite_rpc"


class Lock(enum.Enum):
    """The lock of the node under which a conductor runs the call."""

    NONE = "none"
    SHARED = "shared"
    EXCLUSIVE = "exclusive"


class Away(enum.Enum):
    """What happens when no conductor answers."""

    COME_AGAIN = "the caller gets ServiceUnavailable: 503, with Retry-After"
    ASK_NEXT = "the call changes nothing, so another conductor is asked, and only then as above"
    NOBODY_WAITS = "the message may be lost; a periodic task finds what it was about"


def usual() -> float:
    """Return ``[DEFAULT] rpc_response_timeout``, in seconds."""
    return float(CONF.rpc_response_timeout)


def hardware() -> float:
    """Return ``[DEFAULT] hardware_call_timeout``, in seconds, for calls that ask the server's BMC."""
    return float(CONF.hardware_call_timeout)


@dataclasses.dataclass(frozen=True)
class Declaration:
    """One RPC.

    :param name: the method's name, on the wire and in Python.
    :param since: the RPC version that added the call.
    :param lock: the lock of the node that the first argument names by its id, its UUID, or a record with ``node_id``.
    :param purpose: the lock's purpose, for the log and for errors. A format string over the arguments.
    :param timeout: returns the seconds that an answer may take; the conductor sends keepalives while it works.
    :param away: what happens when no conductor answers.
    :param by_agents: whether agents cause it; it then may not use the workers that are reserved for clients.
    :param formerly: turns the arguments into the name and arguments of the call that conductors from before ``since``
        have instead.
    :param signature: the method's signature, from the context on.
    """

    name: str
    since: str
    lock: Lock
    purpose: str
    timeout: Callable[[], float]
    away: Away
    by_agents: bool
    formerly: Formerly | None
    signature: inspect.Signature

    def bind(self, *args: Any, **kwargs: Any) -> dict[str, Any]:
        """Return all arguments by name, ``context`` included.

        :raises TypeError: when they do not fit the signature.
        """
        # This does what Signature.bind does in a fifth of the time: each RPC runs it.
        given = dict(zip(self._all, args, strict=False))
        if len(args) == len(given) and given.keys().isdisjoint(kwargs):
            found = {**self._defaults, **given, **kwargs}
            if found.keys() == self._set:
                return found
        self.signature.bind(*args, **kwargs)  # Raises.
        raise AssertionError("The arguments fit after all.")

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The names of the arguments after the context."""
        return self._all[1:]

    @functools.cached_property
    def _all(self) -> tuple[str, ...]:
        return tuple(self.signature.parameters)

    @functools.cached_property
    def _set(self) -> frozenset[str]:
        return frozenset(self._all)

    @functools.cached_property
    def _defaults(self) -> dict[str, Any]:
        parameters = self.signature.parameters.values()
        return {each.name: each.default for each in parameters if each.default is not each.empty}


def _declare(
    lock: Lock,
    purpose: str,
    *,
    since: str,
    timeout: Callable[[], float] = usual,
    away: Away = Away.COME_AGAIN,
    by_agents: bool = False,
    formerly: Formerly | None = None,
) -> Callable[[F], F]:
    def declare(method: F) -> F:
        signature = inspect.signature(method)
        declared = Declaration(
            name=method.__name__,
            since=since,
            lock=lock,
            purpose=purpose,
            timeout=timeout,
            away=away,
            by_agents=by_agents,
            formerly=formerly,
            signature=signature.replace(parameters=list(signature.parameters.values())[1:]),
        )
        setattr(method, _MARK, declared)
        return method

    return declare


exclusive = functools.partial(_declare, Lock.EXCLUSIVE)
"""Declare a call that runs under the node's exclusive lock. See :class:`Declaration` for the arguments."""

shared = functools.partial(_declare, Lock.SHARED)
"""Declare a call that only reads the node or locks it itself. See :class:`Declaration` for the arguments."""

unlocked = functools.partial(_declare, Lock.NONE, "")
"""Declare a call that gets no task. See :class:`Declaration` for the arguments."""


def declared(contract: type) -> dict[str, Declaration]:
    """Return ``{name: declaration}`` of all calls of a contract, inherited ones included."""
    return {
        name: found
        for name in dir(contract)
        if (found := getattr(getattr(contract, name), _MARK, None)) is not None
    }


def of(method: Callable[..., Any]) -> Declaration:
    """Return the declaration of one method of a contract.

    :raises AttributeError: when the method has none.
    """
    found: Declaration = getattr(method, _MARK)
    return found
