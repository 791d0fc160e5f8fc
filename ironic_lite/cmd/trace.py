# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite trace NODE``: where the time of an operation went."""

import argparse
import json
import shutil
from collections.abc import Iterator
from typing import Any

from oslo_utils import timeutils

from ironic_lite.cmd import arguments, rest
from ironic_lite.cmd.tracing import otlp, spans, waterfall
from ironic_lite.common import safe_text

Row = dict[str, Any]

_PAGE = 500


class NoOperation(rest.Refused):
    """The journal has no operation, or not the one that is asked for."""


def main(argv: list[str]) -> int:
    """Draw one operation of a node from its journal.

    :returns: the exit status: 0.
    :raises NoOperation: the journal does not have it.
    :raises Refused: when the node does not exist, or the API refuses or cannot be reached.
    """
    parser = argparse.ArgumentParser(prog="ironic-lite trace", description=__doc__)
    parser.add_argument("node", type=arguments.node, help="UUID or name")
    parser.add_argument(
        "--operation", metavar="UUID", help="its UUID, as --list shows it; the last one"
    )
    form = parser.add_mutually_exclusive_group()
    form.add_argument("--list", action="store_true", help="list the operations of the journal")
    form.add_argument(
        "--otlp",
        action="store_true",
        help="print the spans as OTLP JSON, for the /v1/traces of any OpenTelemetry collector",
    )
    rest.add_address(parser)
    given = parser.parse_args(argv)
    entries, summary = _journal(given.api, given.node)
    if given.list:
        lines = list(_list(entries)) or [f"The journal of node {given.node} has no operation."]
    else:
        operation = _chosen(entries, given.node, given.operation)
        root = spans.build(entries, operation, timeutils.utcnow(with_timezone=True))
        if given.otlp:
            print(json.dumps(otlp.request(root, operation, summary["node"])))
            return 0
        columns = shutil.get_terminal_size((120, 24)).columns
        lines = [*_heading(root, summary["node"]), *waterfall.draw(root, columns)]
    print("\n".join(map(safe_text.one_line, lines)))
    return 0


def _journal(api: str | None, node: str) -> tuple[list[Row], Row]:
    """Return the whole journal, oldest first, and the summary of the node."""
    read = rest.reader(api)
    path = f"{rest.record('nodes', node)}/timeline"
    answer = read(path, {"limit": _PAGE})
    entries, summary = list(answer["timeline"]), answer["summary"]
    while "next" in answer:
        answer = read(path, {"limit": _PAGE, "marker": entries[-1]["id"]})
        entries += answer["timeline"]
    return entries, summary


def _chosen(entries: list[Row], node: str, wanted: str | None) -> str:
    known = spans.operations(entries)
    if wanted in known or (known and wanted is None):
        return wanted or known[-1]
    if wanted is None:
        raise NoOperation(reason=f"The journal of node {node} has no operation.")
    raise NoOperation(
        reason=f"The journal of node {node} has no operation {wanted}. 'ironic-lite trace {node} --list' shows those "
        "that it has."
    )


def _list(entries: list[Row]) -> Iterator[str]:
    now = timeutils.utcnow(with_timezone=True)
    for operation in spans.operations(entries):
        root = spans.build(entries, operation, now)
        yield (
            f"{operation}  {root.begin.isoformat(timespec='seconds')}  {root.seconds:10.1f} s  "
            f"{root.outcome or 'goes on':<12} {root.subject}"
        )


def _heading(root: spans.Span, node: Row) -> Iterator[str]:
    ended = "goes on" if root.outcome is None else root.outcome
    yield (
        f"{root.subject} of {node['name'] or node['uuid']}: {ended}, {root.seconds:.3f} s since "
        f"{root.begin.isoformat(timespec='milliseconds')}"
    )
    if root.detail:
        yield f"  {root.detail}"
    yield f"  by {root.user or 'an unknown user'}, in {root.request_id}"
    yield f"  the journal explains {root.explained():.1%} of the time"
