# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite explain NODE``: why a node is in its state, and what you can do next."""

import argparse
import json
from collections.abc import Iterator
from typing import Any

from ironic_lite.cmd import arguments, rest
from ironic_lite.common import safe_text
from ironic_lite.common.operations import provision_states

Row = dict[str, Any]

_PAGE = 500


def main(argv: list[str]) -> int:
    """Print the API's explanation of a node.

    :returns: the exit status: 0.
    :raises Refused: when the node does not exist, or the API refuses or cannot be reached.
    """
    parser = argparse.ArgumentParser(prog="ironic-lite explain", description=__doc__)
    parser.add_argument("node", type=arguments.node, help="UUID or name")
    parser.add_argument(
        "--all", action="store_true", help="the whole journal, not only the last operation"
    )
    rest.add_options(parser)
    given = parser.parse_args(argv)
    read = rest.reader(given.api)
    path = f"{rest.record('nodes', given.node)}/timeline"
    answer = read(path, {"sort_dir": "desc", "limit": _PAGE})
    entries = list(answer["timeline"])
    while given.all and "next" in answer:
        answer = read(path, {"sort_dir": "desc", "limit": _PAGE, "marker": entries[-1]["id"]})
        entries += answer["timeline"]
    entries.reverse()
    shown = entries if given.all else _last_operation(entries)
    if given.json:
        print(json.dumps({"summary": answer["summary"], "timeline": shown}, indent=2))
        return 0
    lines = [*_summary(answer["summary"]), *_timeline(shown)]
    print("\n".join(map(safe_text.one_line, lines)))
    return 0


def _last_operation(entries: list[Row]) -> list[Row]:
    for place in range(len(entries) - 1, -1, -1):
        if entries[place]["kind"] == "operation" and entries[place]["outcome"] == "started":
            return entries[place:]
    return entries


def _summary(summary: Row) -> Iterator[str]:
    node = summary["node"]
    name = f"{node['name']} ({node['uuid']})" if node["name"] else node["uuid"]
    yield f"Node {name} is '{summary['provision_state']}'{_goal(summary)}, for {_span(summary['seconds'])}."
    power = summary["power_state"] or "not known"
    changing = (
        f", changing to '{summary['target_power_state']}'" if summary["target_power_state"] else ""
    )
    yield f"Power: {power}{changing}."
    # An older API does not send this field.
    if summary.get("cipher_suite") is not None:
        yield f"BMC: sessions use cipher suite {summary['cipher_suite']}."
    if summary["maintenance"]:
        yield f"Maintenance: {summary['maintenance']['reason'] or 'no reason given'}"
    operation = summary["operation"]
    if operation:
        asked = operation["user"] or "an unknown user"
        yield (
            f"Operation: {operation['name']} ({operation['detail']}), for {_span(operation['seconds'])}, requested by "
            f"{asked} in {operation['request_id']}."
        )
        if operation["step"]:
            yield f"Step: {operation['step']}, after {len(operation['steps_done'])} others."
    lock = summary["lock"]
    if lock:
        life = "" if lock["holder_alive"] else ", which sends no keepalives"
        yield f"Lock: held by conductor {lock['holder']}{life}, for {_span(lock['seconds'])}."
    else:
        yield "Lock: none."
    owner = summary["owner"]
    yield f"Owner: {owner['conductor'] or 'no conductor'}. {owner['reason']}"
    if summary["waiting"]:
        until = f", until {summary['waiting']['until']}" if summary["waiting"]["until"] else ""
        yield f"Waiting for: {summary['waiting']['for']}{until}."
    # An older API does not send this field.
    boot = summary.get("boot")
    if boot:
        which = f" (boot {boot['attempt']} of this wait)" if boot["attempt"] > 1 else ""
        yield f"Boot{which}: {boot['meaning']}; so since {boot['since']}."
    if summary["last_error"]:
        yield f"Last error: {summary['last_error']}"
    yield from (f"Advice: {advice}" for advice in summary["advice"])
    if summary["next"]:
        yield "Possible now:"
        yield from (f"  {verb['target']:<10} {_possible(verb)}" for verb in summary["next"])


def _goal(summary: Row) -> str:
    target = summary["target_provision_state"]
    if not target:
        return ""
    if provision_states.is_failed(summary["provision_state"]):
        return f", and was to become '{target}'"
    return f", on its way to '{target}'"


def _possible(verb: Row) -> str:
    # An older API does not send this field.
    if verb.get("refused"):
        return f"refused now: {verb['refused']}"
    return f"{verb['meaning']} (leads to '{verb['leads_to']}')"


def _timeline(entries: list[Row]) -> Iterator[str]:
    if not entries:
        yield "The node's journal is empty."
        return
    yield "Journal:"
    for entry in entries:
        took = entry["duration_seconds"]
        span = f" [{took:.1f} s]" if took is not None else ""
        detail = f": {entry['detail']}" if entry["detail"] else ""
        if (entry.get("times") or 0) > 1:
            detail += f" ({entry['times']} times, last at {entry['last_at'][:19]})"
        yield (
            f"  {entry['created_at'][:23]}  {entry['conductor'] or '-':<12} {entry['kind']:<10} "
            f"{entry['subject'] or '-'} {entry['outcome']}{span}{detail}"
        )


def _span(seconds: float | None) -> str:
    if seconds is None:
        return "an unknown time"
    minutes, rest_seconds = divmod(round(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    days, hours = divmod(hours, 24)
    parts = [(days, "d"), (hours, "h"), (minutes, "min"), (rest_seconds, "s")]
    said = [f"{number} {unit}" for number, unit in parts if number]
    return " ".join(said[:2]) or "0 s"
