# SPDX-License-Identifier: Apache-2.0
"""Log records: one line each, with all characters visible and no repetition; floods are counted."""

import io
import logging
import threading
from collections.abc import Iterator
from typing import Any

import pytest
from oslo_config import cfg
from oslo_log import formatters, log

from ironic_lite.common import logs, safe_text

FORGED = "x\n2026-11-30 12:00:00.000 1 CRITICAL forged \x1b[2J\x9b2J\u202etxt\u2028\r\t\x00\ud800\U000e0041"
SHOWN = (
    "x\\n2026-11-30 12:00:00.000 1 CRITICAL forged \\x1b[2J\\x9b2J\\u202etxt\\u2028\\r\\t\\x00\\ud800"
    "\\U000e0041"
)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("plain, ümläut, 漢字, \U0001f600", "plain, ümläut, 漢字, \U0001f600"),
        ("a\xa0b", "a\xa0b"),
        ("", ""),
        (FORGED, SHOWN),
        ("\u2066a\u2069\u200b\ufeff\x7f\x85", "\\u2066a\\u2069\\u200b\\ufeff\\x7f\\x85"),
    ],
)
def test_one_line(text: str, shown: str) -> None:
    assert safe_text.one_line(text) == shown


def test_lines_of_ours() -> None:
    assert safe_text.lines("a\nb\x1b\n") == "a\nb\\x1b\n"


class Out:
    """A guarded handler with a formatter, and its output."""

    def __init__(self, formatter: logging.Formatter | None):
        self.stream = io.StringIO()
        self.handler = logging.StreamHandler(self.stream)
        self.handler.setFormatter(formatter)
        self.logger = logging.getLogger("ironic_lite.test_logs")
        self.logger.addHandler(self.handler)
        self.logger.setLevel(logging.INFO)
        self.logger.propagate = False
        logs.guard()

    @property
    def lines(self) -> list[str]:
        return self.stream.getvalue().splitlines()

    @property
    def storms(self) -> Any:
        return self.handler.filters[0]


def _conf() -> cfg.ConfigOpts:
    conf = cfg.ConfigOpts()
    log.register_options(conf)
    conf([], project="test", default_config_files=[])
    return conf


def _oslo() -> logging.Formatter:
    return formatters.ContextFormatter(project="p", version="1", config=_conf())


FORMATTERS = {
    "none": lambda: None,
    "plain": lambda: logging.Formatter("%(levelname)s %(message)s"),
    "oslo": _oslo,
}


@pytest.fixture(params=FORMATTERS)
def out(request: pytest.FixtureRequest) -> Iterator[Out]:
    made = Out(FORMATTERS[request.param]())
    yield made
    made.logger.removeHandler(made.handler)


def test_a_forged_line(out: Out) -> None:
    out.logger.info("GET %s", FORGED)
    out.logger.info(FORGED)
    out.logger.info("%(path)s", {"path": FORGED})
    assert len(out.lines) == 3
    assert all(SHOWN in line for line in out.lines)


def test_a_forged_line_in_an_exception(out: Out) -> None:
    try:
        try:
            raise ValueError(FORGED)
        except ValueError as exc:
            raise RuntimeError(f"because of {FORGED}") from exc
    except RuntimeError:
        out.logger.exception("It failed")
    text = out.stream.getvalue()
    assert "Traceback" in text
    assert "\x1b" not in text
    assert "\u2028" not in text
    assert not any(line.startswith("2026-11-30 12:00:00.000 1 CRITICAL") for line in out.lines)


def test_an_exception_is_named_once(out: Out) -> None:
    for level in (logging.WARNING, logging.ERROR):
        try:
            raise OSError("the disk is full")
        except OSError as exc:
            out.logger.log(level, "Nothing was written: %s", exc)
    assert [line.count("the disk is full") for line in out.lines] == [1, 1]
    assert all(line.endswith("Nothing was written: the disk is full") for line in out.lines)


def test_an_exception_that_the_message_does_not_name_is_told() -> None:
    out = Out(_oslo())
    try:
        raise OSError("the disk is full")
    except OSError:
        out.logger.warning("Nothing was written")
    assert out.lines[0].endswith("Nothing was written: OSError: the disk is full")
    out.logger.removeHandler(out.handler)


def test_json_stays_json(out: Out) -> None:
    out.handler.setFormatter(formatters.JSONFormatter())
    logs.guard()
    out.logger.info("GET %s", FORGED)
    assert len(out.lines) == 1


def test_a_storm_is_counted(out: Out, monkeypatch: pytest.MonkeyPatch) -> None:
    clock = [100.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(logs.threading, "Timer", _no_timer)
    for number in range(1244):
        try:
            raise OSError("too many open files")
        except OSError as exc:
            out.logger.error("Not accepted: %s", exc, exc_info=True)
        if number % 100 == 0:
            out.logger.info("Something else, number %d", number)
    told = [line for line in out.lines if "Not accepted" in line]
    assert len(told) == logs.BURST
    clock[0] += logs.WINDOW
    out.logger.info("Later")
    told = [line for line in out.lines if "Not accepted" in line]
    assert len(told) == logs.BURST + 1
    assert told[-1].endswith(
        "Not accepted: too many open files (this line 1234 more times within 60 s)"
    )
    assert sum("Something else" in line for line in out.lines) == 13
    out.logger.error("Not accepted: %s", "too many open files")
    assert sum("Not accepted" in line for line in out.lines) == logs.BURST + 2


def _no_timer(*_args: object) -> threading.Thread:
    return threading.Thread(target=lambda: None)


def test_the_end_of_a_storm_is_told_though_nothing_else_is(
    out: Out, monkeypatch: pytest.MonkeyPatch
) -> None:
    timers: list[Any] = []

    def timer(seconds: float, function: Any) -> threading.Thread:
        timers.append((seconds, function))
        return threading.Thread(target=lambda: None)

    clock = [100.0]
    monkeypatch.setattr(logs.time, "monotonic", lambda: clock[0])
    monkeypatch.setattr(logs.threading, "Timer", timer)
    for _ in range(50):
        out.logger.info("again")
    seconds, function = timers[0]
    clock[0] += seconds
    function()
    assert out.lines[-1].endswith("again (this line 40 more times within 60 s)")


def test_lines_that_are_alike_and_others_that_never_are(out: Out) -> None:
    for number in range(100):
        out.logger.info("POST 201", extra={logs.ALIKE: ""})
        out.logger.info("GET %d 404", number, extra={logs.ALIKE: "GET 404"})
    assert sum("POST 201" in line for line in out.lines) == 100
    assert sum(" 404" in line and "GET" in line for line in out.lines) == logs.BURST


def test_what_is_remembered_is_bounded(out: Out) -> None:
    for number in range(3 * logs._KNOWN):
        for _ in range(2):
            out.logger.info("line %d", number)
    assert len(out.storms._counts) == logs._KNOWN
    assert len(out.lines) == 6 * logs._KNOWN


def test_guarding_twice(out: Out) -> None:
    logs.guard()
    assert len(out.handler.filters) == 1
    out.logger.info("a\nb")
    assert out.lines[0].endswith("a\\nb")
