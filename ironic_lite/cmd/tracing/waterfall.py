# SPDX-License-Identifier: Apache-2.0
"""Draws spans as lines of text: when each began, how long it took, and a bar in the time of the whole operation."""

import datetime
from collections.abc import Iterator

from ironic_lite.cmd.tracing.spans import Span
from ironic_lite.common import journal as terms

_LABEL = 40
_LEAST_BAR = 10
_NUMBERS = len("  00000.000  0000.000  ")
_UNSHOWN_GAP = 0.02
"""Share of the operation's time; shorter times without a record get no line of their own."""

_ENDED_WELL = frozenset({terms.DONE, None})


def draw(root: Span, width: int) -> Iterator[str]:
    """Yield the lines of an operation.

    :param width: columns of the terminal.
    """
    bar = max(_LEAST_BAR, width - _NUMBERS - _LABEL - 1)
    yield f"  {'start':>9}  {'took':>8}  s"
    reached = root.begin
    for child in root.children:
        yield from _gap(root, reached, child.begin)
        reached = max(reached, child.end)
        for depth, span in child.walk():
            yield _line(root, span, depth, bar)
    yield from _gap(root, reached, root.end)


def _line(root: Span, span: Span, depth: int, bar: int) -> str:
    start = (span.begin - root.begin).total_seconds()
    took = f"{'':8}" if span.moment else f"{span.seconds:8.3f}"
    label = f"{'  ' * depth}{_label(span)}"
    if len(label) > _LABEL:
        label = f"{label[: _LABEL - 1]}~"
    return f"  {start:9.3f}  {took}  {label:<{_LABEL}} {_bar(root, span, bar)}".rstrip()


def _label(span: Span) -> str:
    kind = "" if span.kind in (terms.STEP, terms.PHASE) else f"{span.kind} "
    if span.moment:
        # The stages of a boot say what has come; "done" adds nothing.
        outcome = "" if span.outcome in (terms.DONE, terms.ENTERED) else f" {span.outcome}"
    elif span.outcome is None:
        outcome = " (goes on)"
    else:
        outcome = "" if span.outcome in _ENDED_WELL else f" ({span.outcome})"
    return f"{kind}{span.subject}{outcome}"


def _bar(root: Span, span: Span, columns: int) -> str:
    whole = root.seconds or 1.0
    first = round((span.begin - root.begin).total_seconds() / whole * (columns - 1))
    if span.moment:
        return f"{' ' * first}|"
    last = round((span.end - root.begin).total_seconds() / whole * (columns - 1))
    return f"{' ' * first}{'=' * (last - first + 1)}"


def _gap(root: Span, begin: datetime.datetime, end: datetime.datetime) -> Iterator[str]:
    """Yield a line if nothing was recorded for a notable time."""
    seconds = (end - begin).total_seconds()
    if seconds > _UNSHOWN_GAP * root.seconds:
        yield f"  {(begin - root.begin).total_seconds():9.3f}  {seconds:8.3f}  (not recorded)"
