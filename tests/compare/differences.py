# SPDX-License-Identifier: Apache-2.0
"""The intended differences from upstream, for the comparison and for docs/api.md."""

from __future__ import annotations

import dataclasses
import functools
import pathlib
import re
import textwrap
from collections.abc import Iterable, Mapping
from typing import Any

import yaml

from tests.compare.answer import Answer
from tests.compare.case import Case

FILE = pathlib.Path(__file__).with_name("differences.yaml")
PAGE = pathlib.Path(__file__).parents[2] / "docs" / "api.md"
_BEGIN = (
    "<!-- From tests/compare/differences.yaml; `make compare ARGS=--page` writes it again. -->\n"
)
_END = "<!-- End of the differences. -->\n"
_WIDTH = 120
_ANY_LINE = "zzz = 1"
_PAIR = re.compile(r"[1-5]\d\d/[1-5]\d\d")


@dataclasses.dataclass(frozen=True)
class Place:
    """The answers in which a difference occurs: regular expressions that must all match.

    :param who: matches the user's name.
    :param status: one or several pairs ``upstream's/ours`` of statuses that differ, which are not patterns. The bodies
        are not compared then.
    :param lines: matches each line of the bodies that only one side has, if the statuses are the same.
    """

    scene: str = ""
    who: str = ""
    method: str = ""
    path: str = ""
    body: str = ""
    minor: tuple[int, int] = (1, 999)
    status: tuple[str, ...] = ()
    lines: str | None = None

    def concerns(self, case: Case) -> bool:
        """Whether the difference can occur in the answers to this request."""
        body = "" if case.body is None else case.text
        return (
            self.minor[0] <= case.minor <= self.minor[1]
            and _found(self.method, case.method)
            and _found(self.path, case.path)
            and _found(self.scene, case.scene.name)
            and _found(self.who, case.who)
            and _found(self.body, body)
        )


@functools.cache
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile(pattern)


def _found(pattern: str, text: str) -> bool:
    return not pattern or _compiled(pattern).search(text) is not None


@dataclasses.dataclass(frozen=True)
class Difference:
    """:param says: the text for docs/api.md.
    :param where: the places where it occurs; empty if no request of the comparison shows it.
    """

    says: str
    where: tuple[Place, ...]


def listed() -> list[Difference]:
    """Return all differences, in the order of the page."""
    entries: list[Mapping[str, Any]] = yaml.safe_load(FILE.read_text())
    return [
        Difference(" ".join(entry["says"].split()), tuple(place(p) for p in entry["where"]))
        for entry in entries
    ]


def place(given: Mapping[str, Any]) -> Place:
    """Return the place that an entry of the file describes.

    :raises ValueError: it would also match other differences.
    """
    values = dict(given)
    status = values.pop("status", [])
    pairs = tuple(status) if isinstance(status, list) else (status,)
    if "minor" in values:
        values["minor"] = tuple(values["minor"])
    made = Place(**values, status=pairs)
    if bool(pairs) is (made.lines is not None):
        raise ValueError(f"{given}: either status or lines")
    if pairs and not (made.method and made.path):
        raise ValueError(f"{given}: a status needs a method and a path")
    if not all(_PAIR.fullmatch(pair) for pair in pairs):
        raise ValueError(f"{given}: a status is like 400/404")
    if made.lines is not None and _found(made.lines, _ANY_LINE):
        raise ValueError(f"{given}: these lines are any")
    return made


class Judge:
    """Distinguishes differences that are listed from those that are not."""

    def __init__(self, differences: Iterable[Difference]) -> None:
        self._places = [(d, place) for d in differences for place in d.where]
        self._met: set[Place] = set()

    def unlisted(self, case: Case, theirs: Answer, ours: Answer) -> str | None:
        """Return one line about the differences that are not listed; None if there are none."""
        if theirs == ours:
            return None
        left = _lines(theirs, ours)
        for _, place in self._places:
            if not place.concerns(case):
                continue
            if theirs.status != ours.status:
                if f"{theirs.status}/{ours.status}" in place.status:
                    self._met.add(place)
                    return None
            elif place.lines:
                explained = {line for line in left if _found(place.lines, line[2:])}
                if explained:
                    self._met.add(place)
                left -= explained
        if theirs.status == ours.status and not left:
            return None
        return f"{case.name}: Ironic {_told(theirs, left, '- ')}; ours {_told(ours, left, '+ ')}"

    def unmet(self) -> list[str]:
        """Return the listed differences that did not occur: the services agree by now, or the place is wrong."""
        return [f"{d.says[:60]}...: {place}" for d, place in self._places if place not in self._met]


def _lines(theirs: Answer, ours: Answer) -> set[str]:
    """Return the lines that only one side has; a line at another place in a list is another line."""
    own, other = set(theirs.lines), set(ours.lines)
    return {f"- {line}" for line in own - other} | {f"+ {line}" for line in other - own}


def _told(answer: Answer, left: set[str], sign: str) -> str:
    shown = sorted(line[2:] for line in left if line.startswith(sign))
    more = f", ... ({len(shown)} lines)" if len(shown) > 4 else ""
    return f"{answer.status} {', '.join(shown[:4])}{more}".rstrip()


def page() -> str:
    """Return the section for docs/api.md."""
    bullets = [
        textwrap.fill(
            d.says,
            _WIDTH,
            initial_indent="* ",
            subsequent_indent="  ",
            break_long_words=False,
            break_on_hyphens=False,
        )
        for d in listed()
    ]
    return _BEGIN + "\n".join(bullets) + "\n" + _END


def written() -> str:
    """Return the section that docs/api.md has now."""
    text = PAGE.read_text()
    return text[text.index(_BEGIN) : text.index(_END) + len(_END)]


def write() -> None:
    """Replace the section in docs/api.md."""
    PAGE.write_text(PAGE.read_text().replace(written(), page()))
