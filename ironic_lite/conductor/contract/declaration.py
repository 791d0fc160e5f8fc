# SPDX-License-Identifier: Apache-2.0
"""What is said of an RPC beside its signature, and the decorators that say it."""

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
"""How a call names its node: the id or the UUID."""

Formerly = Callable[[dict[str, Any]], tuple[str, dict[str, Any]]]

_MARK = "_ironic_lite_rpc"


class Lock(enum.Enum):
    """What a conductor does about the node before it runs the call."""

    NONE = "none"
    SHARED = "shared"
    EXCLUSIVE = "exclusive"


class Away(enum.Enum):
    """What happens when no conductor answers."""

    COME_AGAIN = "the caller gets ServiceUnavailable: 503, with Retry-After"
    ASK_NEXT = "the call changes nothing, so another conductor is asked, and only then as above"
    NOBODY_WAITS = "the message may be lost; a periodic task finds what it was about"


def usual() -> float:
    """``[DEFAULT] rpc_response_timeout``."""
    return float(CONF.rpc_response_timeout)


def hardware() -> float:
    """``[DEFAULT] hardware_call_timeout``: the conductor asks the server's BMC before it answers."""
    return float(CONF.hardware_call_timeout)


@dataclasses.dataclass(frozen=True)
class Declaration:
    """One RPC.

    :param name: the method, on the wire as in Python.
    :param since: version of the RPC surface that brought it.
    :param lock: of the node that the first argument names: its id, its UUID, or a record with ``node_id``.
    :param purpose: what the lock is for, in the log and in errors. A format string over the arguments.
    :param timeout: tells the seconds that an answer may take. A conductor at work gives signs of work meanwhile.
    :param away: what happens when no conductor answers.
    :param by_agents: agents cause it, so it may not use the workers that are reserved for clients.
    :param formerly: turns the arguments into the call, and its arguments, for conductors from before ``since``.
    :param signature: of the method, from the context on.
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
        """All arguments by their names, ``context`` among them.

        :raises TypeError: when they do not fit the signature.
        """
        # By hand what the signature can do itself, in a fifth of the time: each RPC comes through here.
        given = dict(zip(self._all, args, strict=False))
        if len(args) == len(given) and given.keys().isdisjoint(kwargs):
            found = {**self._defaults, **given, **kwargs}
            if found.keys() == self._set:
                return found
        self.signature.bind(*args, **kwargs)  # Raises.
        raise AssertionError("The arguments fit after all.")

    @functools.cached_property
    def names(self) -> tuple[str, ...]:
        """The arguments behind the context."""
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
    since: str,
    lock: Lock,
    purpose: str = "",
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


def exclusive(
    purpose: str,
    *,
    since: str,
    timeout: Callable[[], float] = usual,
    by_agents: bool = False,
    formerly: Formerly | None = None,
) -> Callable[[F], F]:
    """Declare a call that runs under the node's exclusive lock; see :class:`Declaration`."""
    return _declare(since, Lock.EXCLUSIVE, purpose, timeout, by_agents=by_agents, formerly=formerly)


def shared(
    purpose: str,
    *,
    since: str,
    timeout: Callable[[], float] = usual,
    by_agents: bool = False,
) -> Callable[[F], F]:
    """Declare a call that only reads the node, or locks it itself; see :class:`Declaration`."""
    return _declare(since, Lock.SHARED, purpose, timeout, by_agents=by_agents)


def unlocked(
    *,
    since: str,
    timeout: Callable[[], float] = usual,
    away: Away = Away.COME_AGAIN,
    by_agents: bool = False,
    formerly: Formerly | None = None,
) -> Callable[[F], F]:
    """Declare a call for which no node is locked beforehand; see :class:`Declaration`."""
    return _declare(
        since, Lock.NONE, timeout=timeout, away=away, by_agents=by_agents, formerly=formerly
    )


def declared(contract: type) -> dict[str, Declaration]:
    """``{name: declaration}`` of all calls of a contract, inherited ones included."""
    return {
        name: found
        for name in dir(contract)
        if (found := getattr(getattr(contract, name), _MARK, None)) is not None
    }


def of(method: Callable[..., Any]) -> Declaration:
    """The declaration of one method of a contract.

    :raises AttributeError: when it is not declared.
    """
    found: Declaration = getattr(method, _MARK)
    return found
