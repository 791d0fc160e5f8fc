# SPDX-License-Identifier: Apache-2.0
"""Options of the fake hardware: delays of its interfaces, to size clusters."""

import dataclasses
from typing import Any

from oslo_config import cfg

from ironic_lite.conf import kinds

GROUP = "fake"

INTERFACES = (
    "power",
    "boot",
    "deploy",
    "vendor",
    "management",
    "inspect",
    "raid",
    "bios",
    "storage",
    "rescue",
    "firmware",
)


@dataclasses.dataclass(frozen=True)
class Delay:
    """Seconds from ``least`` to ``most``, with a bias towards ``least``."""

    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.least:g}" if self.least == self.most else f"{self.least:g},{self.most:g}"


class _DelayType(kinds.Kind):
    """``seconds``, or ``least,most``."""

    def __call__(self, value: Any) -> Delay:
        if isinstance(value, Delay):
            return value
        try:
            numbers = [float(number) for number in str(value or 0).split(",")]
        except ValueError:
            numbers = []
        if len(numbers) not in (1, 2) or not 0 <= numbers[0] <= numbers[-1] < float("inf"):
            raise ValueError(
                f"'{value}' is not a delay; use seconds, or the minimum and maximum separated by a comma"
            )
        return Delay(numbers[0], numbers[-1])


OPTS = [
    cfg.Opt(
        f"{interface}_delay",
        type=_DelayType("seconds or least,most seconds"),
        default="0",
        help=f"Seconds that each operation of the {interface} interface 'fake' takes. Two numbers separated by a comma "
        "mean a random time between them, with a bias towards the first.",
    )
    for interface in INTERFACES
]
