# SPDX-License-Identifier: Apache-2.0
"""How far a server has come with its present boot, read from the node's journal."""

import dataclasses
import datetime
from collections.abc import Iterator, Sequence
from typing import Any

from oslo_utils import timeutils

from ironic_lite.common import boot_stages, states
from ironic_lite.common import journal as terms
from ironic_lite.common.boot_stages import Stage

Row = dict[str, Any]

KINDS = (terms.BOOT, terms.POWER)
"""Kinds of the entries to read."""

MOST_ENTRIES = 100
"""How many of them hold a whole boot: those of one boot are counted, not repeated."""

BOOT = "boot"
"""Subject of the entry about a repeated boot."""


@dataclasses.dataclass(frozen=True)
class Progress:
    """The present boot of a server.

    :ivar begun: when the server was powered on or reset.
    :ivar stage: the furthest stage that was reached.
    :ivar since: when it was reached; while a file is sent, when the last part of it was.
    :ivar last: when anything was seen last.
    :ivar problem: what went wrong at that stage; None if nothing did.
    """

    begun: datetime.datetime
    stage: Stage
    since: datetime.datetime
    last: datetime.datetime
    times: int
    problem: str | None

    def sentence(self) -> str:
        """Say in one sentence, without a full stop, how far the server came."""
        times = f" {self.times} times" if self.times > 1 else ""
        if self.problem is None:
            return f"the server {self.stage.last.format(times=times)}"
        return f"the server {self.stage.failed.format(times=times)}: {self.problem}"


def of(entries: Sequence[Row]) -> Progress | None:
    """Return the progress of the boot that began last; None if the entries hold no power on.

    :param entries: the newest entries of the kinds ``KINDS`` (others are skipped), oldest first.
    """
    began = [i for i, entry in enumerate(entries) if _begins(entry)]
    if not began:
        return None
    power, *later = entries[began[-1] :]
    begun = _moment(power["created_at"])
    seen = [entry for entry in later if _is_seen(entry)]
    stage = next(
        (one for one in reversed(boot_stages.STAGES) if any(_stage(e) is one for e in seen)), None
    )
    if stage is None:
        return Progress(begun, boot_stages.POWER, begun, begun, 1, None)
    at = [entry for entry in seen if _stage(entry) is stage]
    return Progress(
        begun=begun,
        stage=stage,
        since=_since(at),
        last=max(_last(entry) for entry in seen),
        times=max(entry["times"] or 1 for entry in at),
        problem=_problem(at),
    )


def attempts(entries: Sequence[Row], operation: str | None) -> int:
    """Return how often the server was booted for what an operation waits for now: once, and each repetition."""
    return 1 + sum(1 for _ in _repetitions(entries, operation))


def _repetitions(entries: Sequence[Row], operation: str | None) -> Iterator[Row]:
    """Yield the repetitions since the agent of this operation was heard last, newest first."""
    for entry in reversed(entries):
        if entry["operation"] != operation or _stage(entry) is boot_stages.HEARTBEAT:
            return
        if entry["kind"] == terms.BOOT and entry["subject"] == BOOT:
            yield entry


def _begins(entry: Row) -> bool:
    return (
        entry["kind"] == terms.POWER
        and entry["outcome"] == terms.STARTED
        and entry["subject"] in states.BOOTING
    )


def _stage(entry: Row) -> Stage | None:
    if entry["kind"] != terms.BOOT:
        return None
    return boot_stages.BY_NAME.get(entry["subject"])


def _is_seen(entry: Row) -> bool:
    """Whether the entry is progress towards an agent. A script that leads to the disk is not."""
    return _stage(entry) is not None and entry["outcome"] != terms.SKIPPED


def _since(at: Sequence[Row]) -> datetime.datetime:
    """Return when a stage was reached. A file that is being sent moves on; a request that is only repeated does not."""
    others = [entry for entry in at if entry["outcome"] != terms.SENDING]
    return _moment(others[0]["created_at"]) if others else max(map(_last, at))


def _last(entry: Row) -> datetime.datetime:
    return _moment(entry["last_at"] or entry["created_at"])


def _problem(at: Sequence[Row]) -> str | None:
    """Return what went wrong last at a stage, unless it went well later."""
    newest = max(at, key=_last)
    if newest["outcome"] != terms.FAILED:
        return None
    return str(newest["detail"] or "it failed").rstrip(".")


def _moment(text: str) -> datetime.datetime:
    return timeutils.parse_isotime(text)
