# SPDX-License-Identifier: Apache-2.0
"""The list of differences: which differences it allows, and that docs/api.md has the same list."""

import dataclasses
import random

import pytest

from tests.compare import cases, differences
from tests.compare.answer import Answer, of
from tests.compare.case import Case
from tests.compare.differences import Difference, Judge, Place
from tests.compare.recording import Recording

_CASE = Case("reading", "GET", "/nodes/{node}", minor=50)
_STATUSES = (200, 201, 202, 204, 400, 403, 404, 405, 406, 409, 500)
_SAMPLE = 500


@pytest.fixture(scope="module")
def recorded() -> list[tuple[Case, Answer]]:
    """Random requests, with upstream's answers."""
    asked = random.Random(20).sample(cases.every(), _SAMPLE)
    theirs = Recording.read().answers([case.name for case in asked])
    return [(case, theirs[case.name]) for case in asked]


def test_the_page_says_what_the_list_says() -> None:
    assert differences.written() == differences.page(), "run `make compare ARGS=--page`"


def test_each_difference_says_something_and_names_its_places() -> None:
    entries = differences.listed()
    assert len({entry.says for entry in entries}) == len(entries)
    assert all(len(entry.says) > 20 for entry in entries)
    assert sum(bool(entry.where) for entry in entries) > 20


def test_what_is_not_listed_is_told() -> None:
    theirs, ours = Answer(200, ("a = 1", "b = 2")), Answer(200, ("a = 1", "b = 3"))
    judge = Judge([])
    assert judge.unlisted(_CASE, theirs, theirs) is None
    line = judge.unlisted(_CASE, theirs, ours)
    assert line == "manageable | 1.50 | GET /nodes/{node}: Ironic 200 b = 2; ours 200 b = 3"
    assert "Ironic 409; ours 404" in (judge.unlisted(_CASE, Answer(409, ()), Answer(404, ())) or "")


def test_a_listed_difference_covers_its_place_alone() -> None:
    place = Place(path="^/nodes", minor=(1, 50), lines="^b = ")
    judge = Judge([Difference("b is another", (place,))])
    theirs, ours = Answer(200, ("b = 2",)), Answer(200, ("b = 3",))
    assert judge.unmet()
    assert judge.unlisted(_CASE, theirs, ours) is None
    assert judge.unmet() == []
    assert judge.unlisted(_CASE, theirs, Answer(200, ("b = 3", "c = 1"))) is not None
    assert judge.unlisted(_CASE, theirs, Answer(500, ())) is not None
    later = Case("reading", "GET", "/nodes/{node}", minor=51)
    assert judge.unlisted(later, theirs, ours) is not None


def test_what_has_to_differ_is_not_compared() -> None:
    body = (
        b'{"uuid": "a0000000-0000-4000-8000-000000000001", "at": "2026-01-01T00:00:00+00:00", '
        b'"links": [{"href": "http://h/v1/x"}], "last_error": "some words", "n": 1, "l": []}'
    )
    assert of(200, "http://h/v1/y", body, "http://h").lines == (
        "location = <base>/v1/y",
        "at = <time>",
        "l = []",
        "last_error = <text>",
        "links[0].href = <base>/v1/x",
        "n = 1",
        "uuid = {node}",
    )


def test_a_planted_status_is_told(recorded: list[tuple[Case, Answer]]) -> None:
    """With every other status as our answer, only pairs that are listed for such requests pass."""
    judge = Judge(differences.listed())
    passed: dict[str, list[int]] = {}
    for case, theirs in recorded:
        for status in _STATUSES:
            ours = theirs._replace(status=status)
            if status != theirs.status and judge.unlisted(case, theirs, ours) is None:
                passed.setdefault(case.name, []).append(status)
    assert {name: found for name, found in passed.items() if len(found) > 3} == {}
    planted = len(recorded) * (len(_STATUSES) - 1)
    assert 0 < sum(map(len, passed.values())) < planted * 0.025


def test_a_planted_line_is_told(recorded: list[tuple[Case, Answer]]) -> None:
    """A changed line of a body passes only if a difference of this line is listed."""
    judge = Judge(differences.listed())
    rng = random.Random(21)
    with_bodies = [(case, theirs) for case, theirs in recorded if theirs.lines]
    passed = 0
    for case, theirs in with_bodies:
        place = rng.randrange(len(theirs.lines))
        planted = (*theirs.lines[:place], f"{theirs.lines[place]}?", *theirs.lines[place + 1 :])
        passed += judge.unlisted(case, theirs, theirs._replace(lines=planted)) is None
    assert len(with_bodies) > _SAMPLE / 2
    assert 0 < passed < len(with_bodies) * 0.05


@pytest.mark.parametrize(
    ("place", "reason"),
    [
        ({"method": "GET", "path": "^/nodes", "status": "(400|404)/405"}, "like 400/404"),
        ({"path": "^/nodes", "status": "400/405"}, "a method and a path"),
        ({"method": "GET", "status": "400/405"}, "a method and a path"),
        ({"path": "^/nodes", "lines": "."}, "these lines are any"),
        ({"path": "^/nodes"}, "either status or lines"),
    ],
)
def test_a_place_that_would_hide_more_is_refused(place: dict[str, str], reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        differences.place(place)


def test_who_asks_narrows_a_place() -> None:
    place = Place(method="GET", path="^/nodes", who="^lessee-", status=("200/403",))
    judge = Judge([Difference("lessees do not see it", (place,))])
    for who, listed in (("lessee-reader", True), ("owner-reader", False), ("", False)):
        case = dataclasses.replace(_CASE, who=who)
        told = judge.unlisted(case, Answer(200, ()), Answer(403, ()))
        assert (told is None) is listed, who
