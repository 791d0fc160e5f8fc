# SPDX-License-Identifier: Apache-2.0
"""Clients' regular expressions have a time limit, and the same results as with ``re``."""

import re
import threading
import time

import pytest

from ironic_lite.common import patterns
from ironic_lite.common.patterns import Pattern

pytestmark = pytest.mark.timed

EVIL = "a" * 80 + "!"


@pytest.mark.parametrize(
    ("text", "on"),
    [
        ("(a|aa)+$", EVIL),
        ("(a|a)*$", EVIL),
        ("(.+)\\1{100}[xy]", "ab" * 100_000),
        (".*.*.*.*[=;]", "x" * patterns.MAX_TEXT),
    ],
)
def test_what_takes_too_long_ends(text: str, on: str) -> None:
    pattern = Pattern(text)
    for find in (pattern.matches, pattern.is_in):
        with pytest.raises(ValueError, match="takes too long on this text"):
            find(on)


def test_a_text_may_be_too_long() -> None:
    with pytest.raises(ValueError, match="the text is longer than"):
        Pattern("x").is_in("x" * (patterns.MAX_TEXT + 1))


def test_other_threads_run_meanwhile() -> None:
    def work() -> None:
        with pytest.raises(ValueError, match="takes too long"):
            Pattern("(a|aa)+$").is_in(EVIL)

    worker = threading.Thread(target=work)
    before = time.thread_time()
    worker.start()
    while worker.is_alive():
        pass
    assert time.thread_time() - before > 0.1 * patterns.TIMEOUT


def test_the_classic_is_answered() -> None:
    assert not Pattern("(a+)+$").matches("a" * 49 + "!")


@pytest.mark.parametrize(
    "text",
    [
        "a{e}",
        "(?:foo){e<=1}",
        "a{2}",
        "a{,2}",
        "a{}",
        "{",
        "[{]",
        r"\{1}",
        "(?x) a { 2 }",
        "[[:alpha:]]",
        "[:a]",
        r"\[:a]",
        r"\N{DIGIT ONE}",
        r"(?i)a\Z",
        "(?P<n>a)(?P=n)",
    ],
)
@pytest.mark.filterwarnings("ignore:Possible nested set:FutureWarning")
def test_expressions_mean_what_they_mean_to_re(text: str) -> None:
    texts = [
        "",
        "a",
        "A",
        "aa",
        "a{e}",
        "fo",
        "foo{e<=1}",
        "a{}",
        "{",
        "{1}",
        "a]",
        ":",
        "l",
        "1",
        "[:a]",
        "a{2}",
    ]
    pattern, known = Pattern(text), re.compile(text)
    for each in texts:
        assert pattern.matches(each) is (known.fullmatch(each) is not None), each
        assert pattern.is_in(each) is (known.search(each) is not None), each
