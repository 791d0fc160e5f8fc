# SPDX-License-Identifier: Apache-2.0
"""A part of the comparison: our answers are those of upstream Ironic that `make compare` recorded."""

import contextlib
import functools
from collections.abc import Callable, Iterator

import pytest

from tests.compare import cases, differences, identity, services
from tests.compare.case import Case
from tests.compare.recording import FILE, Recording

Start = Callable[[bool], services.Service]

_EVERY = 12
"""Of the requests that stand alone, one in so many is made here. Stories are told whole."""


@pytest.fixture(scope="module")
def start(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Start]:
    """Starts a service with or without users, each once."""
    with contextlib.ExitStack() as stack:

        @functools.cache
        def started(has_users: bool) -> services.Service:
            home = tmp_path_factory.mktemp("compare")
            users = identity.of_files(home) if has_users else None
            service = services.Service(services.ours(home, users.options if users else None), users)
            stack.callback(service.close)
            service.populate()
            return service

        yield started


def _part(chapter: str) -> list[Case]:
    every = [case for case in cases.every() if case.chapter == chapter]
    return every[:: 1 if chapter == "stories" else _EVERY]


@pytest.mark.parametrize(
    "chapter", [module.__name__.rpartition(".")[2] for module in cases.CHAPTERS]
)
def test_we_answer_as_upstream_did(start: Start, chapter: str) -> None:
    asked = _part(chapter)
    assert asked
    service = start(bool(asked[0].who))
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
    assert len(names) == len(set(names)) > 28_000
    assert len(Recording.read().answers(names)) == len(names)
    assert FILE.stat().st_size < 1_000_000
