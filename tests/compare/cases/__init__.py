# SPDX-License-Identifier: Apache-2.0
"""All requests of the comparison, chapter by chapter."""

from __future__ import annotations

from collections.abc import Iterator

from tests.compare.case import Case
from tests.compare.cases import (
    agents,
    bodies,
    duties,
    lists,
    methods,
    patches,
    reading,
    roles,
    states,
    stories,
)

CHAPTERS = (reading, lists, methods, bodies, patches, states, agents, stories, roles, duties)


def every() -> list[Case]:
    """Return all requests, each once, in the order in which they are sent."""
    return list(_unique())


def _unique() -> Iterator[Case]:
    seen: set[str] = set()
    for chapter in CHAPTERS:
        for case in chapter.cases():
            if case.follows or case.name not in seen:
                seen.add(case.name)
                yield case
