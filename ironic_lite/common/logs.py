# SPDX-License-Identifier: Apache-2.0
"""Log output: one line per message, no control characters of others in it, and repeated lines counted.

:func:`guard` is called after logging is set up, in whatever way, and wraps every handler.
"""

import collections
import copy
import functools
import logging
import logging.handlers
import os
import threading
import time
from typing import Any

from ironic_lite.common import safe_text

ALIKE = "alike"
"""Attribute of a record (``extra={ALIKE: ...}``): records with the same value count as equal lines. An empty value is
never equal to another. Without the attribute the text is compared."""

BURST = 10
WINDOW = 60.0
"""``BURST`` equal lines are written within ``WINDOW`` seconds; the others are counted and reported at its end."""
_KNOWN = 1024
"""Number of different lines to remember."""
_LONGEST = 300

_SUMMARY = "count_of_alike"


def guard() -> None:
    """Install the safe formatter and the counting of repeated lines in every handler. Idempotent."""
    for handler in _handlers():
        if isinstance(handler.formatter, SafeFormatter):
            continue
        handler.setFormatter(SafeFormatter(handler.formatter or logging.Formatter()))
        handler.addFilter(Storms(handler))


def keep_files_open() -> None:
    """Let log files stay open when this process has become a user who may not open them again.

    A file that is rotated by renaming still gets this process's lines, until the next start.
    """
    for handler in _handlers():
        if isinstance(handler, logging.handlers.WatchedFileHandler):
            setattr(handler, "reopenIfNeeded", functools.partial(_reopen_if_allowed, handler))  # noqa: B010


def _reopen_if_allowed(handler: logging.handlers.WatchedFileHandler) -> None:
    if os.access(handler.baseFilename, os.W_OK, effective_ids=True):
        logging.handlers.WatchedFileHandler.reopenIfNeeded(handler)


def _handlers() -> list[logging.Handler]:
    known = logging.root.manager.loggerDict.values()
    loggers = [logging.root, *(each for each in known if isinstance(each, logging.Logger))]
    return list(dict.fromkeys(handler for logger in loggers for handler in logger.handlers))


class SafeFormatter(logging.Formatter):
    """Formats with another formatter, on one line, and escapes invisible characters.

    Tracebacks keep their lines. The text of an exception is not repeated if the message has it already.
    """

    def __init__(self, inner: logging.Formatter):
        super().__init__()
        self._inner = inner

    def format(self, record: logging.LogRecord) -> str:
        cleaned = copy.copy(record)
        cleaned.msg, cleaned.args = safe_text.one_line(record.getMessage()), None
        text: Any = self._inner.format(cleaned)
        if not isinstance(text, str):
            return text  # The record of fluentd's handler, which encodes it itself
        behind = cleaned.exc_text or ""
        if cleaned.stack_info:
            behind = f"{behind}\n{cleaned.stack_info}" if behind else cleaned.stack_info
        head = text.removesuffix(behind) if behind else text
        if behind and head is text:
            return safe_text.lines(text)
        line = safe_text.one_line(_without_repetition(head.rstrip("\n"), cleaned))
        color = getattr(cleaned, "color", "")
        if color:
            line = line.replace(safe_text.one_line(color), color)
        return f"{line}\n{_safe_traceback(behind, record)}" if behind else line


def _without_repetition(line: str, cleaned: logging.LogRecord) -> str:
    """Remove the exception that oslo.log appends to warnings and errors; our messages include it already."""
    summary = safe_text.one_line(getattr(cleaned, "error_summary", None) or "")
    cause = summary.partition(": ")[2] or summary
    if cause and cause in cleaned.msg:
        return safe_text.one_line(line).removesuffix(f": {summary}")
    return line


def _safe_traceback(text: str, record: logging.LogRecord) -> str:
    """Keep line breaks within exception texts from looking like log lines, unless the formatter marks each line
    itself."""
    error = record.exc_info[1] if record.exc_info else None
    seen: set[int] = set()
    while error is not None and id(error) not in seen:
        seen.add(id(error))
        said = str(error)
        if "\n" in said:
            text = text.replace(said, safe_text.one_line(said))
        error = error.__cause__ or error.__context__
    return safe_text.lines(text)


class _Count:
    """The count of a repeated line. The record is not kept, because its traceback may hold large objects."""

    def __init__(self, record: logging.LogRecord, text: str, now: float):
        self.source = {name: getattr(record, name) for name in ("name", "levelno", "levelname")}
        self.text = text
        self.began = now
        self.times = 0


class Storms(logging.Filter):
    """Lets the first equal lines of a minute pass and counts the others. Its memory is bounded.

    :param handler: handler that writes the counts.
    """

    def __init__(self, handler: logging.Handler):
        super().__init__()
        self._handler = handler
        self._lock = threading.Lock()
        self._counts: collections.OrderedDict[tuple[str, int, str], _Count] = (
            collections.OrderedDict()
        )
        self._timer: threading.Timer | None = None

    def filter(self, record: logging.LogRecord) -> bool:
        """Tell whether the record is to be written."""
        alike = getattr(record, ALIKE, None)
        if alike == "" or hasattr(record, _SUMMARY):
            return True
        text = (alike or record.getMessage())[:_LONGEST]
        now = time.monotonic()
        with self._lock:
            over = self._over(now)
            key = (record.name, record.levelno, text)
            count = self._counts.get(key)
            if count is None:
                count = self._counts[key] = _Count(record, text, now)
                if len(self._counts) > _KNOWN:
                    over.append(self._counts.popitem(last=False)[1])
            count.times += 1
            passes = count.times <= BURST
            if count.times == BURST + 1:
                self._start_timer()
        self._report(over)
        return passes

    def _over(self, now: float) -> list[_Count]:
        """Remove and return the counts whose minute is over."""
        over = []
        while self._counts:
            first = next(iter(self._counts.values()))
            if now - first.began < WINDOW:
                break
            over.append(self._counts.popitem(last=False)[1])
        return over

    def _start_timer(self) -> None:
        """Start a timer, so that counts are reported even when nothing is logged any more."""
        if self._timer is None or not self._timer.is_alive():
            self._timer = threading.Timer(WINDOW + 1, self._time_is_over)
            self._timer.daemon = True
            self._timer.start()

    def _time_is_over(self) -> None:
        with self._lock:
            self._timer = None
            over = self._over(time.monotonic())
            if any(count.times > BURST for count in self._counts.values()):
                self._start_timer()
        self._report(over)

    def _report(self, over: list[_Count]) -> None:
        for count in over:
            more = count.times - BURST
            if more > 0:
                self._handler.handle(_summary(count, more))


def _summary(count: _Count, more: int) -> logging.LogRecord:
    return logging.makeLogRecord(
        {
            **count.source,
            "msg": "%s (this line %d more times within %d s)",
            "args": (count.text, more, WINDOW),
            _SUMMARY: more,
        }
    )
