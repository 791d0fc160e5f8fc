# SPDX-License-Identifier: Apache-2.0
"""The pages that operators read, and the blocks of code in them."""

import re
from pathlib import Path
from typing import NamedTuple

ROOT = Path(__file__).parents[3]
PAGES = (
    ROOT / "README.md",
    ROOT / "SECURITY.md",
    *sorted((ROOT / "docs").rglob("*.md")),
)

_BLOCK = re.compile(r"^( *)```(\w+)\n(.*?)^ *```$", re.MULTILINE | re.DOTALL)


class Block(NamedTuple):
    """A fenced block: on which page, in which language."""

    page: Path
    language: str
    text: str


def blocks(language: str, page: str | None = None) -> list[Block]:
    """All blocks of a language, or those of one page of ``docs``, without their indentation."""
    return [
        Block(path, language, re.sub(f"^{indent}", "", text, flags=re.MULTILINE))
        for path in PAGES
        if page is None or path.name == page
        for indent, found, text in _BLOCK.findall(path.read_text())
        if found == language
    ]


def block(language: str, page: str, holding: str) -> str:
    """The one block of a page that holds this text."""
    (found,) = [each.text for each in blocks(language, page) if holding in each.text]
    return found


def commands() -> list[tuple[Path, str]]:
    """Every command line of the console blocks, with the page; lines that go on are joined."""
    found = []
    for each in blocks("console"):
        text = each.text.replace("\\\n", " ")
        found += [
            (each.page, line[2:].partition(" # ")[0].strip())
            for line in text.splitlines()
            if line.startswith(("$ ", "# "))
        ]
    return found


def without_code(page: Path) -> str:
    """The prose of a page."""
    return _BLOCK.sub("", page.read_text())
