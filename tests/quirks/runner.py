# SPDX-License-Identifier: Apache-2.0
"""Runs the flows on one server per quirk, many at a time, and counts what fails."""

import dataclasses
import time
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.functional.rack.cloud import QUICK, Cloud
from tests.quirks.catalog import Quirk
from tests.quirks.flows import FLOWS, Life

OPTIONS: dict[str, dict[str, object]] = {
    # Logins are where many quirks are.
    "ipmi": {"session_idle_timeout": 1},
    # It would take what a quirk delays for a fault.
    "conductor": {"sync_power_state_interval": 0},
}


# As quick as the other tests' servers, but for their agents: those of real ones, too, ask longer for being listened to
# than a BMC is away or tells a change of power late.
TIMING = dataclasses.replace(QUICK, heartbeat_retry=3.0)


@dataclasses.dataclass
class Outcome:
    """How the flows went on a server with one quirk.

    :ivar passed: names of flows
    :ivar failed: name of the flow that failed, with why; those behind it were not run
    :ivar seconds: all of it
    """

    quirk: Quirk
    passed: list[str]
    failed: dict[str, str]
    seconds: float


def run(cloud: Cloud, quirks: Iterable[Quirk], flows: Sequence[str], at_once: int) -> list[Outcome]:
    """Take a server through all flows for each quirk, so many at the same time."""
    with ThreadPoolExecutor(at_once) as workers:
        return list(workers.map(lambda quirk: _life(cloud, quirk, flows), quirks))


def _life(cloud: Cloud, quirk: Quirk, flows: Sequence[str]) -> Outcome:
    begun = time.monotonic()
    passed: list[str] = []
    failed: dict[str, str] = {}
    life = Life.begin(cloud, quirk)
    for name in flows:
        try:
            FLOWS[name](life)
        except (AssertionError, requests.RequestException) as problem:
            failed[name] = str(problem).split("\n", 1)[0]
            break
        passed.append(name)
    return Outcome(quirk, passed, failed, time.monotonic() - begun)


def table(outcomes: Iterable[Outcome]) -> str:
    """A line per quirk: flows passed, flows failed, seconds; and what failed, below."""
    outcomes = list(outcomes)
    width = max(len(o.quirk.name) for o in outcomes)
    lines = [f"{'quirk':<{width}}  flows  failures  seconds"]
    for each in outcomes:
        count = len(each.passed) + len(each.failed)
        lines.append(
            f"{each.quirk.name:<{width}}  {count:>5}  {len(each.failed):>8}  {each.seconds:>7.0f}"
        )
    for each in outcomes:
        lines += [f"FAILED {each.quirk.name}: {n}: {why}" for n, why in each.failed.items()]
    return "\n".join(lines)
