# SPDX-License-Identifier: Apache-2.0
"""A part of the comparison: what upstream Ironic answered when `make compare` asked it last is what we answer."""

from collections.abc import Iterator

import pytest

from tests.compare import cases, differences, services
from tests.compare.case import Case
from tests.compare.recording import FILE, Recording

_EVERY = 12
"""Of the requests that stand alone, one in so many is made here. Stories are told whole."""


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[services.Service]:
    running = services.Service(services.ours(tmp_path_factory.mktemp("compare")))
    try:
        running.populate()
        yield running
    finally:
        running.close()


def _part(chapter: str) -> list[Case]:
    every = [case for case in cases.every() if case.chapter == chapter]
    return every[:: 1 if chapter == "stories" else _EVERY]


@pytest.mark.parametrize(
    "chapter", [module.__name__.rpartition(".")[2] for module in cases.CHAPTERS]
)
def test_we_answer_as_upstream_did(service: services.Service, chapter: str) -> None:
    asked = _part(chapter)
    assert asked
    theirs = Recording.read().answers([case.name for case in asked])
    missing = [case.name for case in asked if case.name not in theirs]
    assert not missing, f"not in the recording, run `make compare`: {missing[:5]}"
    judge = differences.Judge(differences.listed())
    unlisted = []
    for case in asked:
        ours = service.ask(case)
        if judge.unlisted(case, theirs[case.name], ours):
            ours = service.ask_again(case, ours)
        if line := judge.unlisted(case, theirs[case.name], ours):
            unlisted.append(line)
    assert unlisted == []


def test_the_recording_is_of_the_requests_that_are_made() -> None:
    names = [case.name for case in cases.every()]
    assert len(names) == len(set(names)) > 3000
    assert len(Recording.read().answers(names)) == len(names)
    assert FILE.stat().st_size < 1_000_000
