# SPDX-License-Identifier: Apache-2.0
"""Texts of clients, agents, BMCs and switches as a log and a terminal may show them.

A line break in such a text would forge a line of the log, ESC would command the terminal, and marks of writing
direction would show something else than what is there. They are shown by their numbers: ``\\n``, ``\\x1b``,
``\\u202e``.
"""

import re

# Control characters (C0, DEL, C1), invisible ones, line and paragraph separators, marks of direction, halves of
# characters, tags.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def one_line(text: str) -> str:
    """The text on one line, with everything in it to be seen."""
    return text if text.isprintable() else _UNSAFE.sub(_shown, text)


def lines(text: str) -> str:
    """The same for a text whose line breaks are our own."""
    return "\n".join(map(one_line, text.split("\n")))


def _shown(found: re.Match[str]) -> str:
    char = found[0]
    code = ord(char)
    if code < 0x100:
        return _NAMED.get(char) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
