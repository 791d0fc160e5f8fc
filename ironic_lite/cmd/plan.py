# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite plan NODE --target active``: what an operation would do, step by step, without doing it."""

import argparse
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from ironic_lite.cmd import arguments, rest
from ironic_lite.common import exception, safe_text

Row = dict[str, Any]

REFUSED = 1
"""Exit status when the service would refuse the request."""


def main(argv: list[str]) -> int:
    """Print the API's plan of an operation.

    :returns: the exit status: 0, or 1 when the service would refuse the operation.
    :raises Refused: when the node does not exist, or the API refuses or cannot be reached.
    """
    parser = argparse.ArgumentParser(prog="ironic-lite plan", description=__doc__)
    parser.add_argument("node", type=arguments.node, help="UUID or name")
    parser.add_argument("--target", required=True, help="as for provisioning: active, clean, ...")
    steps = parser.add_mutually_exclusive_group()
    steps.add_argument(
        "--runbook", help="steps of cleaning or servicing: UUID or name of a runbook"
    )
    steps.add_argument("--steps", help="the same as JSON: a list, or the name of a file with one")
    parser.add_argument(
        "--disable-ramdisk", action="store_true", help="run these steps without the ramdisk"
    )
    rest.add_options(parser)
    given = parser.parse_args(argv)
    query = {"target": given.target, "runbook": given.runbook, "steps": _text(given.steps)}
    if given.disable_ramdisk:
        query["disable_ramdisk"] = "true"
    read = rest.reader(given.api)
    path = f"{rest.record('nodes', given.node)}/plan"
    answer = read(path, {name: value for name, value in query.items() if value is not None})
    lines = map(safe_text.one_line, _lines(answer))
    print(json.dumps(answer, indent=2) if given.json else "\n".join(lines))
    return REFUSED if answer["refused"] else 0


def _text(steps: str | None) -> str | None:
    if steps is None or steps.lstrip().startswith("["):
        return steps
    try:
        return Path(steps).read_text()
    except (OSError, UnicodeDecodeError) as exc:
        raise exception.ConfigInvalid(error_msg=f"--steps {steps}: {exc}") from None


def _lines(answer: Row) -> Iterator[str]:
    node = answer["node"]
    name = f"{node['name']} ({node['uuid']})" if node["name"] else node["uuid"]
    yield f"Node {name} is '{answer['provision_state']}'; planned: '{answer['target']}'."
    for why in answer["refused"]:
        yield f"Would be refused: {why}"
    for operation in answer["operations"]:
        yield f"{operation['name'].capitalize()} ('{operation['event']}'):"
        for number, action in enumerate(operation["actions"], 1):
            yield f"  {number:>2}. {_action(action)}"
        yield f"      The node ends in '{operation['ends_in']}'."


def _action(action: Row) -> str:
    if action["action"] == "step":
        priority = f", priority {action['priority']}" if action["priority"] is not None else ""
        known = "" if action["known"] else ", unknown until the agent is up"
        said = f"step {action['step']} (from {action['from']}{priority}{known})"
    else:
        said = f"{action['action']}: {action['meaning']}"
    if action["waits_for"]:
        said += f"; waits for {action['waits_for']}"
        if action["at_most_seconds"]:
            said += f", at most {action['at_most_seconds']} s between two heartbeats"
    return said
