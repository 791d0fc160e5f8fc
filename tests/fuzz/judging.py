# SPDX-License-Identifier: Apache-2.0
"""Finds what is wrong with an answer, such as a 500 or a secret."""

import dataclasses
import json
import re
from collections.abc import Iterable, Set
from pathlib import Path

from tests.fuzz.records import SECRETS

STRANGER = "stranger"

_TRACEBACK = "Traceback (most recent call last)"
_NOT_KEPT = "that the database cannot keep"
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")


@dataclasses.dataclass(frozen=True)
class Asked:
    """A request as it was sent."""

    method: str
    target: str
    user: str
    version: str | None = None
    body: bytes | None = None

    def __str__(self) -> str:
        shown = (self.body or b"")[:600].decode(errors="replace")
        return f"{self.user} ({self.version}): {self.method} {self.target[:600]} {shown}"

    @property
    def text(self) -> str:
        """Everything that the client sent."""
        return f"{self.target} {(self.body or b'').decode(errors='replace')}"


@dataclasses.dataclass(frozen=True)
class Answer:
    """The answer with its headers; status 0: there was none."""

    status: int
    text: str


def problems(asked: Asked, answer: Answer, foreign: Set[str]) -> list[str]:
    """Return what is wrong with an answer, as texts.

    :param foreign: values that clients without access must not get, unless their request has them.
    """
    found = []
    if answer.status == 0 or answer.status >= 500:
        found.append(f"answered with {answer.status}")
    if _TRACEBACK in answer.text:
        found.append("told a traceback")
    if _NOT_KEPT in answer.text:
        # Databases refuse different values, so the API must refuse them first.
        found.append("left to the database to refuse")
    found += [f"told a secret: {text}" for text in _told(SECRETS.values(), asked, answer)]
    if asked.user == STRANGER:
        told = _told(foreign, asked, answer)
        found += [f"told what a stranger must not know: {text}" for text in told]
    return [f"{text}\n  {asked}\n  {answer.text[:800]}" for text in found]


def _told(hidden: Iterable[str], asked: Asked, answer: Answer) -> list[str]:
    return [text for text in hidden if text in answer.text and text not in asked.text]


def problems_of_log(log: Path) -> list[str]:
    """Return what is wrong in the log of the service, as texts."""
    text = log.read_text(errors="replace")
    lines = text.splitlines()
    found = [
        "logged a traceback\n  " + "\n  ".join(lines[max(0, number - 1) : number + 30])
        for number, line in enumerate(lines)
        if _TRACEBACK in line
    ]
    return found + [f"logged a secret: {each}" for each in SECRETS.values() if each in text]


def made_by(answer: Answer) -> set[str]:
    """Return the UUID of the record that a POST created."""
    try:
        made = json.loads(answer.text.rpartition("\n")[2])
    except ValueError:
        return set()
    known = made.get("uuid") if isinstance(made, dict) else None
    return {known} if isinstance(known, str) and _UUID.fullmatch(known) else set()
