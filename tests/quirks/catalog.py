# SPDX-License-Identifier: Apache-2.0
"""The quirks: faults of the virtual rack, under the names that docs/virtual-rack.md has for them."""

import dataclasses
import itertools
import random
from typing import Any

NOT_NOW = "0xc0,0xc3,0xc4,0xce,0xcf,0xd0,0xd1,0xd2,0xd3,0xff"
SUPERMICRO = {"vendor": "supermicro", "capabilities": "boot_mode:uefi"}


@dataclasses.dataclass(frozen=True)
class Quirk:
    """What is odd about a BMC, and what the node says of it.

    :ivar faults: as :meth:`VirtualRack.set_faults` takes them
    :ivar properties: of the node
    """

    name: str
    faults: dict[str, Any]
    properties: dict[str, Any] = dataclasses.field(default_factory=dict)

    def __and__(self, other: "Quirk") -> "Quirk":
        return Quirk(
            f"{self.name} + {other.name}",
            {**self.faults, **other.faults},
            {**self.properties, **other.properties},
        )


NONE = Quirk("none", {})
QUIRKS = (
    Quirk("boot timeout refused", {"bmc_refuses_boot_timeout": "0xcc"}),
    Quirk("late RAKP", {"bmc_late_rakp": 1.5}),
    Quirk("codes before", {"bmc_codes_before": NOT_NOW}),
    Quirk("codes after", {"bmc_codes_after": NOT_NOW}),
    Quirk("sessions taken", {"bmc_sessions_taken": "1/2"}),
    Quirk("power on lost", {"bmc_loses_power_on": 4.0}),
    Quirk("requests lost", {"bmc_loses": "on,off,soft"}),
    Quirk("state told late", {"bmc_reports_late": 1.5}),
    Quirk("one-time boot, refused", {"bmc_one_time_boot": "refused"}),
    Quirk("one-time boot, silently", {"bmc_one_time_boot": "silently"}),
    Quirk("vendor's boot values", {"bmc_vendor": "supermicro"}, SUPERMICRO),
    Quirk("daemon restarts", {"bmc_restarts": 2.0}),
    Quirk("hard of hearing", {"bmc_answers": "3/4"}),
)


def pairs(count: int, seed: int) -> list[Quirk]:
    """So many pairs of quirks that can go together, the same ones for the same seed."""
    possible = [
        (one, other)
        for one, other in itertools.combinations(QUIRKS, 2)
        if not one.faults.keys() & other.faults.keys()
    ]
    dice = random.Random(seed)
    return [one & other for one, other in dice.sample(possible, min(count, len(possible)))]
