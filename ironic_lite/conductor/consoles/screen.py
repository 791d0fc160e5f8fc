# SPDX-License-Identifier: Apache-2.0
"""The screen that somebody who joins sees first: a terminal emulator reads the end of the log."""

import pyte

COLUMNS, LINES = 80, 24

_RESET = b"\x1bc"
_COLORS = {
    name: 30 + at
    for at, name in enumerate(
        ("black", "red", "green", "brown", "blue", "magenta", "cyan", "white")
    )
}


def drawn(printed: bytes, columns: int = COLUMNS, lines: int = LINES) -> bytes:
    """Return the bytes that draw on an empty terminal what ``printed`` leaves there, the cursor included.

    The result is made from the emulator's cells, so no half of a character or of a sequence is at its end.
    """
    screen = pyte.Screen(columns, lines)
    stream = pyte.ByteStream(screen)
    stream.feed(printed)
    rows = [_row(screen.buffer[at], columns) for at in range(lines)]
    while rows and not rows[-1].strip():
        rows.pop()
    text = "\r\n".join(rows)
    cursor = f"\x1b[0m\x1b[{screen.cursor.y + 1};{screen.cursor.x + 1}H"
    return _RESET + (text + cursor).encode()


def _row(cells: "dict[int, pyte.screens.Char]", columns: int) -> str:
    drawn_so_far, style = "", "0"
    for at in range(max((k for k in cells if k < columns), default=-1) + 1):
        cell = cells[at]
        wanted = _style(cell)
        if wanted != style:
            drawn_so_far += f"\x1b[{wanted}m"
            style = wanted
        drawn_so_far += cell.data
    return drawn_so_far + ("\x1b[0m" if style != "0" else "")


def _style(cell: "pyte.screens.Char") -> str:
    codes = ["0"]
    codes += ["1"] if cell.bold else []
    codes += ["4"] if cell.underscore else []
    codes += ["7"] if cell.reverse else []
    codes += [str(_COLORS[cell.fg])] if cell.fg in _COLORS else []
    codes += [str(_COLORS[cell.bg] + 10)] if cell.bg in _COLORS else []
    return ";".join(codes)
