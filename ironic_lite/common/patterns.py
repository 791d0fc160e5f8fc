# SPDX-License-Identifier: Apache-2.0
"""Regular expressions that clients choose, for texts that yet others choose.

Some take longer than the world lasts: ``(a|aa)+$`` on eighty times ``a`` and an exclamation mark. ``re`` cannot be
stopped, and nothing else in the process runs meanwhile. So ``regex`` does the work: other threads run on, and it stops
in time. What is an expression, and what it means, is as in ``re``.
"""

import re
from typing import Any

MAX_LENGTH = 4096
"""The longest expression, in characters."""

MAX_TEXT = 256 * 1024
"""The longest text that one is tried on."""

TIMEOUT = 1.0
"""Seconds of processor time for one expression on one text."""

# What only regex knows: {e<=1} is approximate there, and [:alpha:] a class within a class. \N{...} is a character.
_ONLY_IN_REGEX = re.compile(r"\\N\{[^}]*\}|\\.|(\{)(?!\d*,?\d*\})|(\[):", re.DOTALL)


class Pattern:
    """An expression.

    :raises ValueError: when it is none, or too long; the message has a verb and no subject, and does not quote it.
    """

    def __init__(self, text: str):
        # Late: it costs start-up time and memory that only who has such expressions should pay.
        import regex

        if len(text) > MAX_LENGTH:
            raise ValueError(f"is longer than {MAX_LENGTH} characters")
        try:
            re.compile(text)
            self._compiled = regex.compile(_ONLY_IN_REGEX.sub(_literally, text))
        except (re.error, regex.error, RecursionError, OverflowError) as exc:
            raise ValueError("is not a regular expression") from exc

    def matches(self, text: str) -> bool:
        """Whether it describes the whole text.

        :raises ValueError: when the text is too long, or finding out takes too long.
        """
        return _bounded(self._compiled.fullmatch, text)

    def is_in(self, text: str) -> bool:
        """Whether it describes a part of the text. Raises as :meth:`matches` does."""
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
        raise ValueError(
            "the regular expression takes too long on this text; it should be simplified"
        ) from exc
