# SPDX-License-Identifier: Apache-2.0
"""How far a server has come, as the journal tells it."""

import datetime
import itertools
from typing import Any

import pytest

from ironic_lite.common import boot_progress, boot_stages, ipxe_errors
from ironic_lite.common import journal as terms
from ironic_lite.conf import CONF

Row = dict[str, Any]
OPERATION = "11111111-aaaa-4aaa-8aaa-000000000001"
START = datetime.datetime(2026, 1, 1, tzinfo=datetime.UTC)
_clock = itertools.count()


def moment(second: float) -> str:
    return (START + datetime.timedelta(seconds=second)).isoformat()


def entry(kind: str, subject: str, outcome: str, at: float, **more: Any) -> Row:
    return {
        "id": next(_clock),
        "operation": OPERATION,
        "kind": kind,
        "subject": subject,
        "outcome": outcome,
        "created_at": moment(at),
        "detail": None,
        "times": 1,
        "last_at": None,
        **more,
    }


def power(at: float, change: str = "rebooting") -> Row:
    return entry(terms.POWER, change, terms.STARTED, at, times=None)


def seen(stage: boot_stages.Stage, at: float, outcome: str = terms.DONE, **more: Any) -> Row:
    return entry(terms.BOOT, stage.name, outcome, at, **more)


def told(*entries: Row) -> str:
    progress = boot_progress.of(entries)
    assert progress is not None
    return progress.sentence()


def test_without_a_power_on_nothing_is_known() -> None:
    assert boot_progress.of([]) is None
    assert boot_progress.of([seen(boot_stages.SCRIPT, 1)]) is None


def test_powering_off_begins_no_boot() -> None:
    """What is reported of the ended boot a moment later belongs to that one."""
    assert boot_progress.of([power(0, "power off")]) is None
    ended = [power(0), seen(boot_stages.SCRIPT, 1), power(2, "power off")]
    progress = boot_progress.of(ended)
    assert progress is not None and progress.begun == START


def test_each_stage_has_words_of_its_own() -> None:
    assert told(power(0)) == "the server was powered on, and nothing has been heard from it since"
    sentences = {told(power(0), seen(stage, 1)) for stage in boot_stages.STAGES}
    assert len(sentences) == len(boot_stages.STAGES)
    assert not any("{" in sentence for sentence in sentences)


def test_an_address_but_never_a_script() -> None:
    asked = seen(boot_stages.ADDRESS, 1, terms.STARTED, times=3, last_at=moment(40))
    assert told(power(0), asked) == (
        "the server asked for an address 3 times, never for its boot script"
    )
    assert "option 67" in boot_stages.ADDRESS.advice


def test_the_furthest_stage_counts_although_the_server_began_again() -> None:
    progress = boot_progress.of(
        [
            power(0),
            seen(boot_stages.ADDRESS, 1, times=9, last_at=moment(500)),
            seen(boot_stages.SCRIPT, 2),
        ]
    )
    assert progress is not None and progress.stage is boot_stages.SCRIPT
    assert (progress.since.isoformat(), progress.last.isoformat()) == (moment(2), moment(500))


def test_an_earlier_boot_does_not_count() -> None:
    entries = [power(0), seen(boot_stages.LOOKUP, 1), power(2), seen(boot_stages.ADDRESS, 3)]
    assert told(*entries).startswith("the server asked for an address")


def test_a_script_that_leads_to_the_disk_is_no_progress() -> None:
    assert "nothing has been heard" in told(power(0), seen(boot_stages.SCRIPT, 1, terms.SKIPPED))


def test_a_failure_is_told_unless_it_went_well_later() -> None:
    failed = seen(boot_stages.KERNEL, 2, terms.FAILED, detail="iPXE reports: not found", times=4)
    assert told(power(0), seen(boot_stages.SCRIPT, 1), failed) == (
        "the server could not load its kernel 4 times: iPXE reports: not found"
    )
    later = seen(boot_stages.KERNEL, 3)
    assert "could not" not in told(power(0), failed, later)


def test_a_file_that_is_being_sent_moves_on() -> None:
    sending = seen(boot_stages.RAMDISK, 1, terms.SENDING, times=5, last_at=moment(90))
    progress = boot_progress.of([power(0), sending])
    assert progress is not None and progress.since.isoformat() == moment(90)
    progress = boot_progress.of([power(0), sending, seen(boot_stages.RAMDISK, 95)])
    assert progress is not None and progress.since.isoformat() == moment(95)


def test_attempts_are_counted_until_the_agent_has_called() -> None:
    again = [entry(terms.BOOT, boot_progress.BOOT, terms.REPEATED, 5, times=None), power(6)]
    assert boot_progress.attempts([power(0)], OPERATION) == 1
    assert boot_progress.attempts([power(0), *again, *again], OPERATION) == 3
    called = [power(0), *again, seen(boot_stages.HEARTBEAT, 9), *again]
    assert boot_progress.attempts(called, OPERATION) == 2
    assert boot_progress.attempts([power(0), *again, *again], "another") == 1


def test_each_stage_has_a_timeout() -> None:
    for stage in boot_stages.STAGES:
        assert getattr(CONF.pxe, stage.timeout) > 0


@pytest.mark.parametrize(
    ("number", "meaning"),
    [
        ("2d0c613b", "not found (HTTP 404), see https://ipxe.org/2d0c613b"),
        ("0x4C126035", "timeout: no answer, see https://ipxe.org/4c126035"),
        ("7f000000", "an error, see https://ipxe.org/7f000000"),
        ("", "an error without a number"),
        ("2d0c613b\n<script>", "an error without a number"),
    ],
)
def test_errors_of_ipxe(number: str, meaning: str) -> None:
    assert ipxe_errors.meaning(number) == meaning


def test_the_boot_service_reports_only_what_the_api_knows() -> None:
    assert set(boot_stages.BootEvent) == boot_stages.EVENTS.keys()
