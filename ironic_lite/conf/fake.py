# SPDX-License-Identifier: Apache-2.0
"""Options of servers that do not exist: how long their interfaces take, for people who size clusters."""

import dataclasses
from typing import Any

from oslo_config import cfg, types

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
    """Seconds from ``least`` to ``most``, mostly nearer to ``least``."""

    least: float
    most: float

    def __str__(self) -> str:
        return f"{self.least:g}" if self.least == self.most else f"{self.least:g},{self.most:g}"


class _DelayType(types.ConfigType):
    """``seconds``, or ``least,most``."""

    def __init__(self) -> None:
        super().__init__(type_name="seconds or least,most seconds")

    def __call__(self, value: Any) -> Delay:
        if isinstance(value, Delay):
            return value
        try:
            numbers = [float(number) for number in str(value or 0).split(",")]
        except ValueError:
            numbers = []
        if len(numbers) not in (1, 2) or not 0 <= numbers[0] <= numbers[-1] < float("inf"):
            raise ValueError(
                f"'{value}' is no delay; give seconds, or the least and the most with a comma between them"
            )
        return Delay(numbers[0], numbers[-1])

    def _formatter(self, value: Any) -> str:
        return str(value)


OPTS = [
    cfg.Opt(
        f"{interface}_delay",
        type=_DelayType(),
        default="0",
        help=f"Seconds that each operation of the {interface} interface 'fake' takes. Two numbers with a comma between "
        "them stand for a random time from the first to the second, mostly nearer to the first.",
    )
    for interface in INTERFACES
]
