# SPDX-License-Identifier: Apache-2.0
"""Writes docs/timeouts.md from the options and the declarations of the operations.

Run from the top of the checkout: ``python -m tools.timeouts_page > docs/timeouts.md``.
"""

import re
from collections.abc import Iterator

from oslo_config import cfg

from ironic_lite import conf
from ironic_lite.api.front import budget, limits, workers
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind
from ironic_lite.conductor import rpcapi

_BOUND = re.compile(r"timeout|interval|retries|attempts|patience")

_ELSEWHERE = (
    (
        "DEFAULT",
        "rpc_response_timeout",
        "Seconds that a caller waits for the answer of a conductor.",
    ),
)
"""Options of libraries: group, name, meaning."""

_HEAD = """\
# Timeouts and bounds

Made from the options and the declarations of the operations by `python -m tools.timeouts_page > docs/timeouts.md`.

What is waited for has a bound, unless an operator asked for a hold; `ironic-lite explain NODE` says which, and when it
is reached.

## How long a node can be in a state

| state | what it waits for | what ends it, if that does not come |
|---|---|---|"""

_WORKING = (
    "| `{state}` | the conductor that holds the lock | each command has a bound of its own (below); a conductor that "
    "dies is noticed after `[conductor] heartbeat_timeout`, and the node's new owner goes on within one `[conductor] "
    "heartbeat_interval`; what cuts off its conductor again and again fails after `[conductor] recovery_attempts` |"
)
_WAITING = (
    "| `{state}` | {what} | `[conductor] {option}` without a call fails the operation; looked for every "
    "`[conductor] check_wait_states_interval` |"
)
_HELD = "| `{state}` | `unhold` or `abort` | nothing: somebody asked for it |"

_OPTIONS = """
States that are not listed are ends: a node rests there until somebody asks for something.

## Locks

A lock is held while a conductor works on the node, and no longer. One whose conductor is dead is broken after
`[conductor] heartbeat_timeout`; one that a living conductor could not give back, because the database was away, at its
next look, each `[conductor] heartbeat_interval`. A request for a locked node tries `[conductor]
node_locked_retry_attempts` times more and answers 409.

## Messages

A conductor at work on a call says so every {sign} s; a caller that misses two such signs answers 503. A question that
changes nothing is put to a conductor anew after {query} s, {attempts} times at most.

## Connections to the API

A TLS handshake has {handshake} s, the head of a request {head} s, a body {body} s and a second more for each {rate}
KiB that have come, a reply as long to be taken. A connection rests {rest} s between two requests. A request waits
{thread} s for a thread, a large body {room} s for memory; both are answered 503 then, with `Retry-After`. At the end of
the service running requests have {end} s.

## The options

| option | default | meaning |
|---|---|---|"""


def page() -> str:
    """The whole page."""
    return "\n".join(_lines()) + "\n"


def _lines() -> Iterator[str]:
    yield _HEAD
    for state in provision_states.names(Kind.WORKING):
        yield _WORKING.format(state=state)
    for state in provision_states.names(Kind.WAITING):
        operation = provision_states.operation_of(state)
        assert operation is not None
        yield _WAITING.format(
            state=state, what=operation.waits_for, option=operation.timeout_option
        )
    for state in provision_states.names(Kind.HELD):
        yield _HELD.format(state=state)
    yield _OPTIONS.format(
        sign=round(rpcapi.SIGN_OF_WORK / 2),
        query=rpcapi.QUERY_PATIENCE,
        attempts=rpcapi.QUERY_ATTEMPTS,
        handshake=round(limits.HANDSHAKE_TIMEOUT),
        head=round(limits.HEAD_TIMEOUT),
        body=round(limits.BODY_PATIENCE),
        rate=limits.BODY_RATE // 1024,
        rest=round(limits.KEEP_ALIVE),
        thread=round(workers.PATIENCE),
        room=round(budget.PATIENCE),
        end=round(limits.SHUTDOWN_TIMEOUT),
    )
    for module in conf.GROUPS:
        for option in module.OPTS:
            if _BOUND.search(option.name) and isinstance(option, cfg.IntOpt | cfg.FloatOpt):
                group = module.GROUP or "DEFAULT"
                yield _row(group, option.name, option.default, option.help)
    for group, name, meaning in _ELSEWHERE:
        yield _row(group, name, 60, meaning)


def _row(group: str, name: str, default: object, meaning: str) -> str:
    text = " ".join(meaning.split()).replace("|", "\\|")
    return f"| `[{group}] {name}` | {default} | {text} |"


if __name__ == "__main__":
    print(page(), end="")
