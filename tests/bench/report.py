# SPDX-License-Identifier: Apache-2.0
"""The table of the benchmark: one line per measure, with both figures and their ratio."""

from __future__ import annotations

import dataclasses
import statistics


@dataclasses.dataclass
class Line:
    """One measure and the samples of both sides.

    :ivar higher_is_better: True for a rate, False for a time or a size
    """

    name: str
    unit: str
    higher_is_better: bool
    ours: list[float] = dataclasses.field(default_factory=list)
    peers: list[float] = dataclasses.field(default_factory=list)

    @property
    def ratio(self) -> float:
        """The ratio of the medians; above 1 if ironic_lite is better, below 1 if it is worse."""
        ours, peers = statistics.median(self.ours), statistics.median(self.peers)
        return ours / peers if self.higher_is_better else peers / ours


def _figure(samples: list[float]) -> str:
    median = statistics.median(samples)
    digits = 0 if median >= 100 else 1 if median >= 10 else 2
    text = f"{median:.{digits}f}"
    if len(samples) > 1:
        text += f" ({min(samples):.{digits}f}-{max(samples):.{digits}f})"
    return text


def render(lines: list[Line], ours: str, peer: str) -> str:
    """Return the table as text: median (min-max) of each side, and the ratio of the medians."""
    rows = [("", "", ours, peer, "times better")]
    for line in lines:
        ratio = f"{line.ratio:.1f}" + ("" if line.ratio > 1 else "  BEHIND")
        rows.append((line.name, line.unit, _figure(line.ours), _figure(line.peers), ratio))
    widths = [max(len(row[column]) for row in rows) for column in range(5)]
    text = []
    for row in rows:
        cells = [row[0].ljust(widths[0]), row[1].ljust(widths[1])]
        cells += [cell.rjust(width) for cell, width in zip(row[2:], widths[2:], strict=True)]
        text.append("  ".join(cells).rstrip())
    text.insert(1, "-" * max(len(row) for row in text))
    return "\n".join(text)
