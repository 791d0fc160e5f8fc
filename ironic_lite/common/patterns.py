# SPDX-License-Identifier: Apache-2.0
"""Regular expressions of clients, for texts of others.

Some take practically for ever: ``(a|aa)+$`` on eighty times ``a`` and an exclamation mark. ``re`` cannot be interrupted
and blocks all threads. So this module uses ``regex``, which lets other threads run and has a timeout. The syntax and
the meaning of an expression are those of ``re``.
"""

import re
from typing import Any

MAX_LENGTH = 4096
"""The longest expression, in characters."""

MAX_TEXT = 256 * 1024
"""The longest text to match, in characters."""

TIMEOUT = 1.0
"""Seconds of processor time for one expression on one text."""

# Syntax that only regex has: {e<=1} (approximate) and [[:alpha:]]. \N{...} is a character in both.
_ONLY_IN_REGEX = re.compile(r"\\N\{[^}]*\}|\\.|(\{)(?!\d*,?\d*\})|(\[):", re.DOTALL)


class Pattern:
    """A regular expression.

    :raises ValueError: when it is invalid or too long; the message begins with a verb and does not quote the
        expression.
    """

    def __init__(self, text: str):
        # Imported here because it costs start-up time and memory, and few use it.
        import regex

        if len(text) > MAX_LENGTH:
            raise ValueError(f"is longer than {MAX_LENGTH} characters")
        try:
            re.compile(text)
            self._compiled = regex.compile(_ONLY_IN_REGEX.sub(_literally, text))
        except (re.error, regex.error, RecursionError, OverflowError) as exc:
            raise ValueError("is not a regular expression") from exc

    def matches(self, text: str) -> bool:
        """Tell whether the expression matches the whole text.

        :raises ValueError: when the text is too long, or matching takes too long.
        """
        return _bounded(self._compiled.fullmatch, text)

    def is_in(self, text: str) -> bool:
        """Tell whether the expression matches a part of the text. Raises the errors of :meth:`matches`."""
        return _bounded(self._compiled.search, text)


def _literally(found: re.Match[str]) -> str:
    if found[1]:
        return r"\{"
    return r"[\:" if found[2] else found[0]


def _bounded(find: Any, text: str) -> bool:
    if len(text) > MAX_TEXT:
        raise ValueError(f"the text is longer than {MAX_TEXT} characters")
    try:
        return find(text, timeout=TIMEOUT) is not None
    except (TimeoutError, MemoryError) as exc:
        raise ValueError("the regular expression takes too long on this text; simplify it") from exc
