# SPDX-License-Identifier: Apache-2.0
"""Makes texts of clients, agents, BMCs and switches safe for a log and a terminal.

A line break would forge a log line, ESC would control the terminal, and direction marks would display something else
than the text says. Such characters are shown by their codes: ``\\n``, ``\\x1b``, ``\\u202e``.
"""

import re

# Control characters (C0, DEL, C1), invisible characters, line and paragraph separators, direction marks, lone
# surrogates, tags.
_UNSAFE = re.compile(
    "[\x00-\x1f\x7f-\x9f\xad\u061c\u180e\u200b-\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\ud800-\udfff\U000e0000-\U000e007f]"
)
_NAMED = {"\n": "\\n", "\r": "\\r", "\t": "\\t"}


def one_line(text: str) -> str:
    """Return the text on one line, with unsafe characters escaped."""
    return text if text.isprintable() else _UNSAFE.sub(_shown, text)


def lines(text: str) -> str:
    """Like :func:`one_line`, but keep line breaks, for texts whose line breaks are our own."""
    return "\n".join(map(one_line, text.split("\n")))


def _shown(found: re.Match[str]) -> str:
    char = found[0]
    code = ord(char)
    if code < 0x100:
        return _NAMED.get(char) or f"\\x{code:02x}"
    return f"\\u{code:04x}" if code < 0x10000 else f"\\U{code:08x}"
