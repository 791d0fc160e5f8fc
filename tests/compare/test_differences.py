# SPDX-License-Identifier: Apache-2.0
"""The list of differences: what it lets pass, what it does not, and that docs/api.md says the same."""

from tests.compare import differences
from tests.compare.answer import Answer, of
from tests.compare.case import Case
from tests.compare.differences import Difference, Judge, Place

_CASE = Case("reading", "GET", "/nodes/{node}", minor=50)


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
