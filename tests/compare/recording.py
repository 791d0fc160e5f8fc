# SPDX-License-Identifier: Apache-2.0
"""The recording: a file with upstream's answers, which has each line of a body and each body once.

The file is JSON: ``lines``, the texts; ``bodies``, numbers of lines, such as ``0-4 7``; ``answers``, a status, the
number of a body, and digests of the names of all cases with this answer.
"""

from __future__ import annotations

import hashlib
import json
import pathlib
from collections.abc import Iterator, Mapping
from typing import Any

from tests.compare.answer import Answer

FILE = pathlib.Path(__file__).with_name("recording.json")


def _key(name: str) -> str:
    return hashlib.sha256(name.encode()).hexdigest()[:10]


def _ranges(numbers: tuple[int, ...]) -> str:
    """Return ranges as text: ``0-2 5`` for 0, 1, 2, 5."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][1] + 1:
            runs[-1][1] = number
        else:
            runs.append([number, number])
    return " ".join(str(low) if low == high else f"{low}-{high}" for low, high in runs)


def _numbers(ranges: str) -> Iterator[int]:
    for run in ranges.split():
        low, _, high = run.partition("-")
        yield from range(int(low), int(high or low) + 1)


class Recording:
    """Upstream's answers, by the names of the cases."""

    def __init__(self, version: str) -> None:
        self.version = version
        self._lines: dict[str, int] = {}
        self._bodies: dict[tuple[int, ...], int] = {}
        self._answers: dict[str, tuple[int, int]] = {}

    @classmethod
    def read(cls, file: pathlib.Path = FILE) -> Recording:
        """Read the recording in a file."""
        kept: dict[str, Any] = json.loads(file.read_text())
        recording = cls(kept["version"])
        recording._lines = {line: number for number, line in enumerate(kept["lines"])}
        recording._bodies = {
            tuple(_numbers(ranges)): number for number, ranges in enumerate(kept["bodies"])
        }
        recording._answers = {
            key: (status, body) for status, body, keys in kept["answers"] for key in keys.split()
        }
        return recording

    def put(self, answers: Mapping[str, Answer]) -> None:
        """Add answers, by the names of their cases."""
        for name, (status, lines) in answers.items():
            body = tuple(self._lines.setdefault(line, len(self._lines)) for line in lines)
            number = self._bodies.setdefault(body, len(self._bodies))
            self._answers[_key(name)] = (status, number)

    def keep_only(self, names: list[str]) -> None:
        """Remove the answers to all other requests, with the lines and bodies that only these have."""
        kept = self.answers(names)
        self._lines, self._bodies, self._answers = {}, {}, {}
        self.put(kept)

    def answers(self, names: list[str]) -> dict[str, Answer]:
        """Return the recorded answers to these cases, by name; cases that are not recorded are left out."""
        lines, bodies = list(self._lines), list(self._bodies)
        found = {}
        for name in names:
            status, number = self._answers.get(_key(name), (0, 0))
            if status:
                found[name] = Answer(status, tuple(lines[line] for line in bodies[number]))
        return found

    def write(self, file: pathlib.Path = FILE) -> None:
        """Write the recording into a file, one entry per line."""
        keys: dict[tuple[int, int], list[str]] = {}
        for key, answer in self._answers.items():
            keys.setdefault(answer, []).append(key)
        parts = {
            "lines": list(self._lines),
            "bodies": [_ranges(body) for body in self._bodies],
            "answers": [[*answer, " ".join(sorted(same))] for answer, same in keys.items()],
        }
        with file.open("w") as stream:
            stream.write(f'{{"version": {json.dumps(self.version)}')
            for name, entries in parts.items():
                listed = ",\n".join(json.dumps(each, separators=(",", ":")) for each in entries)
                stream.write(f',\n"{name}": [\n{listed}\n]')
            stream.write("}\n")
