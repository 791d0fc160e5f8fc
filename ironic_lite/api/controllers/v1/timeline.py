# SPDX-License-Identifier: Apache-2.0
"""The timeline of a node: its journal with durations, and an explanation of its state. Not in Ironic's API."""

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlencode

import webob
from oslo_utils import timeutils

from ironic_lite.api import explanation, replies, types
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1.route_access import on_node
from ironic_lite.api.forms import Form
from ironic_lite.common import exception
from ironic_lite.common import journal as terms
from ironic_lite.conf import CONF
from ironic_lite.objects.node import Node
from ironic_lite.objects.node_journal import NodeJournal

QUERY: dict[str, types.Kind] = {
    "limit": types.INTEGER,
    "marker": types.INTEGER,
    "sort_dir": types.Word("asc", "desc"),
}

_RECENT = 200
"""Entries that the summary looks at."""

Row = dict[str, Any]


@on_node("node:timeline:get", Form(query=QUERY, reply=replies.TIMELINE))
def show(
    call: Call,
    node: Node,
    limit: int | None = None,
    marker: int | None = None,
    sort_dir: str | None = None,
) -> webob.Response:
    """``GET /v1/nodes/{node}/timeline``"""
    limit = CONF.api.max_limit if limit is None else limit
    if limit <= 0:
        raise exception.InvalidParameterValue("Limit must be positive")
    limit = min(limit, CONF.api.max_limit)
    sort_dir = sort_dir or "asc"
    if sort_dir not in ("asc", "desc"):
        raise exception.InvalidParameterValue("sort_dir is neither 'asc' nor 'desc'")
    entries = NodeJournal.rows(call.context, node.id, limit=limit, marker=marker, sort_dir=sort_dir)
    recent = NodeJournal.rows(call.context, node.id, limit=_RECENT, sort_dir="desc")
    document: Row = {
        "summary": explanation.explain(call, node, recent[::-1]),
        "timeline": _with_durations(call, node.id, entries),
    }
    if len(entries) >= limit:
        following = {"sort_dir": sort_dir, "limit": limit, "marker": entries[-1]["id"]}
        path = f"nodes/{node.uuid}/timeline"
        document["next"] = f"{call.base}/v1/{path}?{urlencode(following)}"
    return call.reply(document)


def _with_durations(call: Call, node_id: int, entries: Sequence[Row]) -> list[Row]:
    """Return the entries with durations in seconds: of each operation that ended, and of each state."""
    if not entries:
        return []
    in_order = sorted(entries, key=lambda entry: entry["id"])
    operations = sorted({entry["operation"] for entry in in_order if entry["operation"]})
    earlier = NodeJournal.begun(call.context, node_id, operations, in_order[0]["id"])
    begun = {_matter(entry): entry for entry in earlier}
    state: Row | None = None
    for entry in in_order:
        entry["duration_seconds"] = None
        if entry["kind"] == terms.STATE:
            if state is not None:
                state["duration_seconds"] = _between(state, entry)
            state = entry
        elif entry["outcome"] in terms.BEGINNINGS:
            begun[_matter(entry)] = entry
        elif entry["outcome"] in terms.ENDS and _matter(entry) in begun:
            entry["duration_seconds"] = _between(begun[_matter(entry)], entry)
    return list(entries)


def _matter(entry: Row) -> tuple[Any, ...]:
    return entry["operation"], entry["kind"], entry["subject"]


def _between(first: Row, last: Row) -> float:
    begin, end = (timeutils.parse_isotime(entry["created_at"]) for entry in (first, last))
    return round(max(0.0, (end - begin).total_seconds()), 3)
