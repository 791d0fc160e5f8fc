# SPDX-License-Identifier: Apache-2.0
"""The differences from upstream that are meant, with the reason: data for the comparison and for docs/api.md."""

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
    """Where a difference shows: regular expressions, all of which have to be found.

    :param who: of the user's name.
    :param status: ``upstream's/ours``, or several of them, where the statuses differ: no patterns. The bodies do not
        matter then.
    :param lines: of each line of the bodies that only one side has, where the statuses do not differ.
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
        """Whether the difference may show in the answers to this request."""
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
    """:param says: what is different and why, for docs/api.md.
    :param where: empty where no request of the comparison meets it.
    """

    says: str
    where: tuple[Place, ...]


def listed() -> list[Difference]:
    """All of them, in the order of the page."""
    entries: list[Mapping[str, Any]] = yaml.safe_load(FILE.read_text())
    return [
        Difference(" ".join(entry["says"].split()), tuple(place(p) for p in entry["where"]))
        for entry in entries
    ]


def place(given: Mapping[str, Any]) -> Place:
    """A place from the file.

    :raises ValueError: when it would hide more than a difference.
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
    """Tells the differences that are listed from those that are not."""

    def __init__(self, differences: Iterable[Difference]) -> None:
        self._places = [(d, place) for d in differences for place in d.where]
        self._met: set[Place] = set()

    def unlisted(self, case: Case, theirs: Answer, ours: Answer) -> str | None:
        """One line about what is different and not listed; None: nothing is."""
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
        """Listed differences that no request has met: the services agree by now, or the place is wrong."""
        return [f"{d.says[:60]}...: {place}" for d, place in self._places if place not in self._met]


def _lines(theirs: Answer, ours: Answer) -> set[str]:
    """The lines that only one side has; those for different places in a list count as well."""
    own, other = set(theirs.lines), set(ours.lines)
    return {f"- {line}" for line in own - other} | {f"+ {line}" for line in other - own}


def _told(answer: Answer, left: set[str], sign: str) -> str:
    shown = sorted(line[2:] for line in left if line.startswith(sign))
    more = f", ... ({len(shown)} lines)" if len(shown) > 4 else ""
    return f"{answer.status} {', '.join(shown[:4])}{more}".rstrip()


def page() -> str:
    """The section of docs/api.md."""
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
    """What stands in docs/api.md now."""
    text = PAGE.read_text()
    return text[text.index(_BEGIN) : text.index(_END) + len(_END)]


def write() -> None:
    """Put the section into docs/api.md."""
    PAGE.write_text(PAGE.read_text().replace(written(), page()))
