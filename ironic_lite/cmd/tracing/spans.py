# SPDX-License-Identifier: Apache-2.0
"""Builds the spans of an operation from the journal of its node."""

import dataclasses
import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from oslo_utils import timeutils

from ironic_lite.common import journal as terms

Row = dict[str, Any]

_SPANS = frozenset(
    {terms.OPERATION, terms.PHASE, terms.STEP, terms.WAIT, terms.POWER, terms.TAKE_OVER}
)
"""Kinds of entries that begin and end. Others are moments."""

_LEFT_OUT = frozenset({terms.STATE})
"""States say again what phases, steps and waits say."""


@dataclasses.dataclass
class Span:
    """What took time, or a moment (``end`` equals ``begin``).

    :ivar number: of its first entry in the journal.
    :ivar outcome: of :mod:`ironic_lite.common.journal`; None while it goes on.
    :ivar children: in the order of their beginnings; each lies within this span.
    """

    number: int
    kind: str
    subject: str
    begin: datetime.datetime
    end: datetime.datetime
    outcome: str | None
    detail: str | None
    conductor: str | None
    request_id: str | None
    user: str | None
    moment: bool = False
    children: list["Span"] = dataclasses.field(default_factory=list)

    @property
    def seconds(self) -> float:
        return (self.end - self.begin).total_seconds()

    def walk(self, depth: int = 0) -> Iterator[tuple[int, "Span"]]:
        """Yield this span and all below it, each with its depth, in the order of their beginnings."""
        yield depth, self
        for child in self.children:
            yield from child.walk(depth + 1)

    def explained(self) -> float:
        """Return the share of the time that the children cover, from 0 to 1; 1 if it took none."""
        if self.seconds <= 0:
            return 1.0
        covered, reached = 0.0, self.begin
        for child in self.children:
            covered += max(0.0, (child.end - max(child.begin, reached)).total_seconds())
            reached = max(reached, child.end)
        return covered / self.seconds


def operations(entries: Sequence[Row]) -> list[str]:
    """Return the UUIDs of the operations that began within these entries, oldest first."""
    return [e["operation"] for e in entries if _is_beginning(e) and e["kind"] == terms.OPERATION]


def build(entries: Sequence[Row], operation: str, now: datetime.datetime) -> Span:
    """Return the operation as a tree of spans.

    :param entries: of the journal, oldest first, as ``GET /v1/nodes/N/timeline`` shows them.
    :param operation: UUID of one whose beginning is among the entries.
    :param now: where spans end that go on.
    """
    root: Span | None = None
    path: list[Span] = []
    for entry in entries:
        if root is None:
            if entry["operation"] == operation and _is_beginning(entry):
                root = _span(entry, now)
                path = [root]
        elif entry["operation"] not in (operation, None) or entry["kind"] in _LEFT_OUT:
            continue
        elif root.outcome is not None:
            break
        elif _is_beginning(entry):
            _begin(path, _span(entry, now))
        elif entry["kind"] in _SPANS and entry["outcome"] in terms.ENDS:
            _end(path, entry)
        else:
            path[-1].children.append(_moment(entry))
    if root is None:
        raise LookupError(operation)
    return root


def _is_beginning(entry: Row) -> bool:
    return entry["kind"] in _SPANS and entry["outcome"] in terms.BEGINNINGS


def _begin(path: list[Span], span: Span) -> None:
    """Add a span below the one that goes on; a step begins after those of the same kind before it."""
    for place in range(1, len(path)):
        if path[place].kind == span.kind:
            # Its end was not written: its conductor died.
            _cut(path, place, span.begin)
            break
    path[-1].children.append(span)
    path.append(span)


def _end(path: list[Span], entry: Row) -> None:
    at = _time(entry)
    for place in range(len(path) - 1, -1, -1):
        span = path[place]
        if (span.kind, span.subject) == (entry["kind"], entry["subject"] or ""):
            _cut(path, place + 1, at)
            span.end, span.outcome = at, entry["outcome"]
            span.detail = entry["detail"] or span.detail
            del path[max(place, 1) :]
            return
    # Such as a step that is skipped: it never began.
    path[-1].children.append(_moment(entry))


def _cut(path: list[Span], place: int, at: datetime.datetime) -> None:
    for span in path[place:]:
        span.end, span.outcome = at, terms.INTERRUPTED
    del path[max(place, 1) :]


def _span(entry: Row, end: datetime.datetime) -> Span:
    begin = _time(entry)
    return Span(
        number=entry["id"],
        kind=entry["kind"],
        subject=entry["subject"] or "",
        begin=begin,
        end=max(begin, end),
        outcome=None,
        detail=entry["detail"],
        conductor=entry["conductor"],
        request_id=entry["request_id"],
        user=entry["user"],
    )


def _moment(entry: Row) -> Span:
    span = _span(entry, _time(entry))
    span.outcome, span.moment = entry["outcome"], True
    return span


def _time(entry: Row) -> datetime.datetime:
    return timeutils.parse_isotime(entry["created_at"])
