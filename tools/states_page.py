# SPDX-License-Identifier: Apache-2.0
"""Writes docs/states.md from the state machine in ironic_lite.common.states.

Run from the top of the checkout: ``python -m tools.states_page > docs/states.md``.
"""

import sys

from ironic_lite.common import states

INTRODUCTION = """# Provision states

Made from `ironic_lite/common/states.py` by `python -m tools.states_page > docs/states.md`.

A node rests in a **stable** state until somebody asks for something. In a **working** state a conductor holds its
lock; in a **waiting** state its agent is at work, or an operator has put it on hold, and no lock is held. A **failed**
state keeps the node where an operator can look at `last_error` and try again.
"""


def kind(state: str) -> str:
    """Which of the four kinds a state is of."""
    if state in states.STABLE:
        return "stable"
    if state in states.FAILED:
        return "failed"
    return "working" if state in states.WORKING else "waiting"


def drawing() -> list[str]:
    """The machine as a mermaid state diagram."""
    ids = {state: state.replace(" ", "_").replace("-", "_") for state in states.TRANSITIONS}
    lines = ["```mermaid", "stateDiagram-v2", "    direction LR", "    [*] --> enroll"]
    lines += [f'    state "{state}" as {name}' for state, name in ids.items() if state != name]
    for state, events in states.TRANSITIONS.items():
        lines += [f"    {ids[state]} --> {ids[to]} : {event}" for event, to in events.items()]
    for name in ("stable", "failed", "working", "waiting"):
        members = ",".join(ids[s] for s in states.TRANSITIONS if kind(s) == name)
        lines.append(f"    class {members} {name}")
    return [*lines, "```"]


def table() -> list[str]:
    """What a client may ask for in each state."""
    lines = ["| state | kind | verbs of PUT states/provision |", "|---|---|---|"]
    for state, events in states.TRANSITIONS.items():
        verbs = [f"`{verb}`" for verb, event in states.VERBS.items() if event in events]
        lines.append(f"| {state} | {kind(state)} | {', '.join(verbs)} |")
    return lines


def page() -> str:
    """The whole page."""
    return "\n".join([INTRODUCTION, *drawing(), "", *table(), ""])


if __name__ == "__main__":
    sys.stdout.write(page())
