# SPDX-License-Identifier: Apache-2.0
"""Writes docs/states.md from the operations that are declared in ironic_lite.common.operations.

Run from the top of the checkout: ``python -m tools.states_page > docs/states.md``.
"""

import sys
from collections.abc import Iterator

from ironic_lite.common import operations
from ironic_lite.common.operations import machine, provision_states
from ironic_lite.common.operations.declaration import Change, Kind, Verb

INTRODUCTION = """# Provision states

Made from `ironic_lite/common/operations` by `python -m tools.states_page > docs/states.md`.

In a **stable** state a node rests until the next request. In a **working** state a conductor has it locked. In a
**waiting** state it waits for its agent, and in a **held** state for `unhold`; it is not locked in either. In a
**failed** state it waits for an operator, who reads `last_error`, corrects the cause and tries again.
"""

VERBS = """
## The verbs

A verb is refused while a field that bars it is true, in any state of the node.

| verb | from 1.N on | what it does | arguments, from 1.N on | barred by |
|---|---|---|---|---|"""

CHANGES = """
## What may be changed in which state

Under maintenance a node may be changed or deleted in any state.

| state | what a client may change | an instance is on the server |
|---|---|---|"""

_CHANGES = {
    Change.RECORD: "the record, although an operation runs or has failed",
    Change.DRIVER: "driver and interfaces",
    Change.CABLES: "cables of ports",
    Change.VOLUMES: "volumes, although the server is on",
    Change.DELETION: "the node may be deleted",
}


def drawing() -> list[str]:
    """Return the state machine as a mermaid state diagram."""
    ids = {state: state.replace(" ", "_").replace("-", "_") for state in machine.TRANSITIONS}
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR", "    [*] --> enroll"]
    lines += [f'    state "{state}" as {name}' for state, name in ids.items() if state != name]
    for state, events in machine.TRANSITIONS.items():
        lines += [f"    {ids[state]} --> {ids[to]} : {event}" for event, to in events.items()]
    for kind in Kind:
        members = ",".join(ids[s] for s, row in provision_states.ROWS.items() if row.kind is kind)
        lines.append(f"    class {members} {kind.value}")
    return [*lines, "```"]


def table() -> Iterator[str]:
    """Yield the rows of the table of states and their verbs."""
    yield "| state | kind | operation | verbs of PUT states/provision |"
    yield "|---|---|---|---|"
    for state, row in provision_states.ROWS.items():
        events = machine.TRANSITIONS[state]
        verbs = [f"`{word}`" for word, verb in operations.WORDS.items() if verb.event in events]
        name = row.operation.name if row.operation else ""
        yield f"| {state} | {row.kind.value} | {name} | {', '.join(verbs)} |"


def _verb(verb: Verb) -> str:
    words = ", ".join(f"`{word}`" for word in verb.words)
    since = ", ".join(f"{minor}" for minor in verb.words.values())
    arguments = ", ".join(f"`{one.name}` ({one.since})" for one in verb.arguments)
    barred = ", ".join(bar.value for bar in verb.barred_by)
    return f"| {words} | {since} | {verb.meaning} | {arguments} | {barred} |"


def _changes() -> Iterator[str]:
    for name, row in provision_states.ROWS.items():
        allowed = "; ".join(
            words for change, words in _CHANGES.items() if change in row.state.allows
        )
        yield f"| {name} | {allowed} | {'yes' if row.state.carries_instance else ''} |"


def page() -> str:
    """Return the whole page."""
    verbs = map(_verb, operations.VERBS)
    return "\n".join(
        [INTRODUCTION, *drawing(), "", *table(), VERBS, *verbs, CHANGES, *_changes(), ""]
    )


if __name__ == "__main__":
    sys.stdout.write(page())
