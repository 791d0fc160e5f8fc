# SPDX-License-Identifier: Apache-2.0
"""BMCs that bend the standard: what the faults ``bmc_*`` do between the wire and the server."""

import itertools
from collections.abc import Callable

from ironic_lite_simulator.bmc import commands, packets
from ironic_lite_simulator.bmc.session import Session
from ironic_lite_simulator.faults import Faults, falls_to, parse_codes, parse_requests


class QuirkyChassis:
    """The chassis as its BMC shows it: requests get lost, and changes of power show late."""

    def __init__(
        self, chassis: commands.Chassis, faults: Faults, clock: Callable[[], float]
    ) -> None:
        self._chassis = chassis
        self._faults = faults
        self._clock = clock
        self._lost: set[str] = set()
        self._lost_in = chassis.power_changed_at

    @property
    def powered_on(self) -> bool:
        """Whether the machine has main power, as far as the BMC has noticed."""
        late = self._clock() - self._chassis.power_changed_at < self._faults.bmc_reports_late
        return self._chassis.powered_on != late

    @property
    def power_changed_at(self) -> float:
        """When power changed last, by the loop's clock."""
        return self._chassis.power_changed_at

    def control(self, action: str) -> None:
        """Start an action, unless it gets lost."""
        if not self._loses(action):
            self._chassis.control(action)

    def _loses(self, action: str) -> bool:
        since = self._clock() - self._chassis.power_changed_at
        if action == "on" and since < self._faults.bmc_loses_power_on:
            return not self._chassis.powered_on
        if self._faults.bmc_loses is None or action not in parse_requests(self._faults.bmc_loses):
            return False
        if self._lost_in != self._chassis.power_changed_at:
            self._lost_in = self._chassis.power_changed_at
            self._lost.clear()
        first = action not in self._lost
        self._lost.add(action)
        return first


class QuirkyCommands:
    """The commands of a BMC that answers some requests with odd completion codes, or refuses boot options."""

    def __init__(self, table: commands.CommandTable, faults: Faults) -> None:
        self._table = table
        self._faults = faults
        self._count = itertools.count()

    def run(self, request: packets.Request, session: Session | None) -> commands.Outcome | None:
        """Run a request as :meth:`commands.CommandTable.run` does."""
        before, after = self._faults.bmc_codes_before, self._faults.bmc_codes_after
        if session is None or not (before or after):
            return self._table.run(request, session)
        count = next(self._count)
        if not falls_to("1/2", count):
            return self._table.run(request, session)
        if before:
            return commands.Outcome(_of(before, count))
        outcome = self._table.run(request, session)
        if outcome is None or outcome.code or not after:
            return outcome
        return commands.Outcome(_of(after, count), b"", outcome.event, outcome.details)


def _of(codes: str, count: int) -> int:
    """Return the code for this count; the codes take turns."""
    parsed = parse_codes(codes)
    return parsed[count // 2 % len(parsed)]
