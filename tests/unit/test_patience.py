# SPDX-License-Identifier: Apache-2.0
"""No timeout in tests is shorter than `tests.waiting.PATIENCE`, unless the test expects it to expire."""

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.waiting import PATIENCE

TESTS = Path(__file__).parents[1]
# Functions that fail after their keyword argument `timeout`, and functions with the timeout as their only argument.
BY_KEYWORD = {
    *("run", "check_output", "check_call", "communicate", "urlopen", "result", "acquire"),
    *("get", "post", "put", "patch", "delete", "request", "send"),
    *("connect", "Connection", "HTTPConnection", "create_connection"),
}
BY_POSITION = {"result", "join", "settimeout"}
MEANT_TO_RUN_OUT = 5.0
"""Seconds: a shorter time than this is there for a test to see that nothing comes."""


def impatient(source: str) -> Iterator[int]:
    """Yield the lines of the calls whose timeout is too short for a busy machine."""
    for call in ast.walk(ast.parse(source)):
        if not isinstance(call, ast.Call):
            continue
        name = getattr(call.func, "attr", None) or getattr(call.func, "id", "")
        values = [
            each.value
            for each in call.keywords
            if name in BY_KEYWORD and each.arg in ("timeout", "connect_timeout")
        ]
        if name in BY_POSITION and len(call.args) == 1:
            values += call.args
        for value in values:
            seconds = getattr(value, "value", None)
            if isinstance(seconds, int | float) and MEANT_TO_RUN_OUT <= seconds < PATIENCE:
                yield call.lineno


@pytest.mark.parametrize("room", ["compare", "functional", "stories", "unit"])
def test_nothing_is_given_up_too_soon(room: str) -> None:
    found = [
        f"{path.relative_to(TESTS)}:{line}: use tests.waiting.PATIENCE"
        for path in sorted((TESTS / room).rglob("*.py"))
        for line in impatient(path.read_text())
    ]
    assert found == []


def test_it_is_found() -> None:
    source = "run(a, timeout=60)\nclient.settimeout(10)\nrun(a, timeout=PATIENCE)\nsocket.settimeout(0.2)\n"
    assert list(impatient(source)) == [1, 2]
