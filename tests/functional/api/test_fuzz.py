# SPDX-License-Identifier: Apache-2.0
"""A bounded part of `make fuzz`, and tests that it detects violations."""

import contextlib
from pathlib import Path

import pytest

from tests.fuzz import judging, values
from tests.fuzz.judging import STRANGER, Answer, Asked
from tests.fuzz.records import SECRETS
from tests.fuzz.run import Fuzz, start

REQUESTS = 1500
SEED = 7


def test_no_request_is_an_error_of_the_service_or_tells_a_secret(tmp_path: Path) -> None:
    with start(tmp_path) as service, contextlib.closing(Fuzz(service, SEED)) as fuzz:
        fuzz.run(REQUESTS)
        fuzz.check_log()
    assert not fuzz.wrong, "\n\n".join(fuzz.wrong[:20])
    assert sum(sum(statuses.values()) for statuses in fuzz.counts.values()) == REQUESTS
    # Authentication and parsing did not refuse all requests.
    assert sum(fuzz.reached.values()) > REQUESTS / 10
    assert len(fuzz.reached) > len(fuzz.operations) / 3


FOREIGN = frozenset({"5f5e0b4e-9d3f-4b5e-8f0c-0a6e2b6d0a11"})


@pytest.mark.parametrize(
    ("answer", "complaint"),
    [
        (Answer(500, ""), "answered with 500"),
        (Answer(503, ""), "answered with 503"),
        (Answer(0, "gone"), "answered with 0"),
        (Answer(400, "Traceback (most recent call last)"), "told a traceback"),
        (Answer(200, f'{{"x": "{SECRETS["bmc"]}"}}'), "told a secret"),
        (Answer(404, f"not {next(iter(FOREIGN))}"), "told what a stranger must not know"),
    ],
)
def test_wrong_answer_is_noticed(answer: Answer, complaint: str) -> None:
    asked = Asked("GET", "/v1/nodes/x", STRANGER)
    (found,) = judging.problems(asked, answer, FOREIGN)
    assert found.startswith(complaint)


def test_what_a_client_says_may_be_said_to_it() -> None:
    ident = next(iter(FOREIGN))
    asked = Asked("GET", f"/v1/nodes/{ident}", STRANGER)
    assert not judging.problems(asked, Answer(404, f"Node {ident} could not be found."), FOREIGN)
    asked = Asked("GET", "/v1/nodes", "member")
    assert not judging.problems(asked, Answer(200, ident), FOREIGN)


def test_log_is_looked_through(tmp_path: Path) -> None:
    log = tmp_path / "log"
    log.write_text("all is well\n")
    assert not judging.problems_of_log(log)
    log.write_text(f"ERROR x\nTraceback (most recent call last):\n  {SECRETS['chap']}\n")
    assert len(judging.problems_of_log(log)) == 2


def test_documents_hold_what_json_forbids() -> None:
    document = {"a": values.Twice(b=1), "c": [values.Raw("1e400"), "\ud800"]}
    assert values.encode(document) == '{"a": {"b": 1, "b": null}, "c": [1e400, "\\ud800"]}'
