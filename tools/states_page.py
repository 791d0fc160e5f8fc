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

A node rests in a **stable** state until somebody asks for something. In a **working** state a conductor holds its
lock. In a **waiting** state its agent is at work, in a **held** one a step has stopped until an operator says `unhold`;
no lock is held in either. A **failed** state keeps the node where an operator can look at `last_error` and try again.
"""

VERBS = """
## The verbs

A verb that something bars is refused while that field of the node is true, whatever the node's state.

| verb | from 1.N on | what it does | arguments, from 1.N on | barred by |
|---|---|---|---|---|"""

CHANGES = """
## What may be changed in which state

A node under maintenance may be changed in any state, and deleted.

| state | what a client may change | an instance is on the server |
|---|---|---|"""

_CHANGES = {
    Change.RECORD: "the record, while an operation is under way or has failed",
    Change.DRIVER: "driver and interfaces",
    Change.CABLES: "cables of ports",
    Change.VOLUMES: "volumes, while the server is on",
    Change.DELETION: "the node may be deleted",
}


def drawing() -> list[str]:
    """The machine as a mermaid state diagram."""
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
    """What a client may ask for in each state."""
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
    """The whole page."""
    verbs = map(_verb, operations.VERBS)
    return "\n".join(
        [INTRODUCTION, *drawing(), "", *table(), VERBS, *verbs, CHANGES, *_changes(), ""]
    )


if __name__ == "__main__":
    sys.stdout.write(page())
