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
        "Seconds that the API waits for the answer of a conductor.",
    ),
)
"""Options of libraries: group, name, meaning."""

_HEAD = """\
# Timeouts and bounds

Made from the options and the declarations of the operations by `python -m tools.timeouts_page > docs/timeouts.md`.

Every wait has a timeout, unless an operator requested a hold; `ironic-lite explain NODE` shows which timeout applies to
a node, and when it ends.

## How long a node can be in a state

| state | waits for | what happens if that does not come |
|---|---|---|"""

_WORKING = (
    "| `{state}` | the conductor that holds the lock | each command has its own timeout (below); a conductor that "
    "dies is noticed after `[conductor] heartbeat_timeout`, and the node's new owner resumes within one `[conductor] "
    "heartbeat_interval`; a step whose conductors die again and again fails after `[conductor] recovery_attempts` |"
)
_WAITING = (
    "| `{state}` | {what} | `[conductor] {option}` without a heartbeat fails the operation; checked every "
    "`[conductor] check_wait_states_interval` |"
)
_HELD = "| `{state}` | `unhold` or `abort` | nothing: an operator requested the hold |"

_OPTIONS = """
In all other states a node waits for nothing, and stays until the next request.

## Locks

A lock is held only while a conductor works on the node. The lock of a dead conductor is broken after
`[conductor] heartbeat_timeout`. If a living conductor could not release a lock because the database was away, it does
so at its next check, every `[conductor] heartbeat_interval`. A request for a locked node retries `[conductor]
node_locked_retry_attempts` times, and is then answered with 409.

## Messages

While a conductor works on an RPC, it sends a sign of work every {sign} s; if the API misses two of them, it answers
503. An RPC that changes nothing is sent again after {query} s, in at most {attempts} attempts.

## Connections to the API

The limits are {handshake} s for a TLS handshake, {head} s for the head of a request, and {body} s plus one second for
each {rate} KiB for a body, and the same for reading a reply. An idle connection is closed after {rest} s. A request
waits up to {thread} s for a thread, and a large body up to {room} s for memory; after that they are answered with 503
and `Retry-After`. When the service stops, running requests have {end} s.

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
        sign=round(rpcapi.CALL_MONITOR_TIMEOUT / 2),
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
