# SPDX-License-Identifier: Apache-2.0
"""JSON from clients and agents: accepted, cleaned, or refused before parsing."""

import ast
import json
import tracemalloc
from pathlib import Path
from typing import Any

import pytest

import ironic_lite
from ironic_lite.common import json_reading
from ironic_lite.common.json_reading import Limits, TooMuch, Unreadable

MIB = 1024 * 1024
HUGE = 98765432109876543210


def test_what_is_plain() -> None:
    document = {"a": [1, 2.5, None, True, "\N{SNOWMAN}"], "b": {}}
    assert json_reading.read(json.dumps(document)) == document
    assert json_reading.read(json.dumps(document).encode()) == document
    assert json_reading.read_agents(json.dumps(document)) == document


@pytest.mark.parametrize(
    "number",
    [HUGE, -HUGE, 2**63, 2**64 - 1, 2**64, -(2**63) - 1, 10**400, int("9" * 4300)],
    ids=lambda number: f"{len(str(number))} digits",
)
@pytest.mark.parametrize("padding", [0, 2 * MIB])
def test_integers_keep_all_their_digits(number: int, padding: int) -> None:
    text = json.dumps({"padding": "x" * padding, "n": [number, {"m": number}], "t": f"{number}"})
    for read in (json_reading.read, json_reading.read_agents):
        found = read(text, Limits())
        assert found["n"] == [number, {"m": number}]
        assert type(found["n"][0]) is int
        assert found["t"] == str(number)


def test_an_integer_across_the_pieces_that_are_looked_at() -> None:
    for before in range(MIB - 60, MIB):
        text = '["' + "x" * before + f'",{HUGE}]'
        assert json_reading.read(text, Limits())[1] == HUGE


@pytest.mark.parametrize(
    ("text", "why"),
    [
        ("", "zero-length"),
        ("{", "line 1"),
        ("[1,]", "trailing comma"),
        ("NaN", "line 1"),
        ("[-Infinity]", "line 1"),
        ("[1e400]", "infinity"),
        ('["\\ud800"]', "surrogate"),
        ('["\\udc00 \\ud83d"]', "surrogate"),
        (b'["\xff"]', "UTF-8"),
        ("\ufeff{}", "BOM"),
        ("[1] 2", "line 1"),
        ('{"a": 1, "b"}', "line 1"),
        ('["\n"]', "line 1"),
    ],
)
@pytest.mark.parametrize("huge", [False, True])
def test_what_is_refused(text: Any, why: str, huge: bool) -> None:
    if huge and text:
        # The parser for integers beyond 64 bits is as strict.
        text = f"[{HUGE}, {text}]" if isinstance(text, str) else b"[%d, %s]" % (HUGE, text)
        why = "."
    with pytest.raises(Unreadable, match=why):
        json_reading.read(text)


def test_an_integer_that_is_too_long() -> None:
    with pytest.raises(Unreadable, match="more than 4300 digits"):
        json_reading.read("9" * 4301)


def test_half_a_character_in_the_text_itself() -> None:
    with pytest.raises(Unreadable, match="half a character"):
        json_reading.read('"\ud800"')


def test_a_key_that_stands_twice() -> None:
    assert json_reading.read(f'{{"a": 1, "a": {HUGE}}}') == {"a": HUGE}
    assert json_reading.read('{"a": 1, "a": 2}') == {"a": 2}


@pytest.mark.parametrize(
    ("sent", "read"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        ('{"a": "x"}'.encode("utf-16"), {"a": "x"}),
        ('{"a": "x"}'.encode("utf-32-le"), {"a": "x"}),
        (b'{"a": "\\ud800x", "\\udfff": 1}', {"a": "\ufffdx", "\ufffd": 1}),
        (b'{"a": "\\ud83d\\ude00 \\ud83d"}', {"a": "\U0001f600 \ufffd"}),
        (b'{"a": "\xae"}', {"a": "\ufffd"}),
        (b'[NaN, Infinity, -Infinity, 1e400, 1.5, {"x": NaN}]', [None] * 4 + [1.5, {"x": None}]),
        (b'["a\tb\nc"]', ["a\tb\nc"]),
        (b'["\\ud800", %d]' % HUGE, ["\ufffd", HUGE]),
    ],
)
def test_what_agents_send_is_cleaned(sent: bytes, read: Any) -> None:
    assert json_reading.read_agents(sent) == read


@pytest.mark.parametrize("text", ["", "{", "[1,]", "nothing", "{'a': 1}"])
def test_what_agents_send_is_json(text: str) -> None:
    with pytest.raises(Unreadable):
        json_reading.read_agents(text)


@pytest.mark.parametrize("around", ["{}", "[]", "mixed"])
def test_depth(around: str) -> None:
    def nested(levels: int) -> str:
        opening = [
            '{"a":' if around == "{}" or (around == "mixed" and n % 2) else "["
            for n in range(levels)
        ]
        closing = ["}" if each.startswith("{") else "]" for each in reversed(opening)]
        # Brackets in strings do not count.
        return "".join(opening) + '"]]}}[[[[\\"{{{{"' + "".join(closing)

    wide = f"[{nested(31)}{',[]' * 200}, {nested(31)}]"
    json_reading.read(wide, Limits(depth=32))
    json_reading.read(nested(32), Limits(depth=32))
    for text in (
        nested(33),
        f"[{nested(32)}{',[]' * 200}]",
        f"[{',[]' * 100}{nested(32)}".replace("[,", "[", 1) + "]",
        nested(100_000),
        "[" * 100_000,
        '{"a":' * 100_000,
        '[[],"' * 100_000,
    ):
        for read in (json_reading.read, json_reading.read_agents):
            with pytest.raises(TooMuch, match="nested too deeply: at most 32 levels"):
                read(text, Limits(depth=32))


@pytest.mark.parametrize(
    ("part", "end"),
    [("{},", "{}"), ("[],", "1"), ('"",', "1"), ("1,", "1"), ('{"a":1},', "1"), ('"\\"",', "1")],
)
def test_values(part: str, end: str) -> None:
    for read in (json_reading.read, json_reading.read_agents):
        assert len(read("[" + part * 100 + end + "]", Limits(values=300))) == 101
        with pytest.raises(TooMuch, match="more than 50 values"):
            read("[" + part * 100 + end + "]", Limits(values=50))
    text = json.dumps([part * 1000, part, [1]])
    assert json_reading.read(text, Limits(values=5)) == [part * 1000, part, [1]]


@pytest.mark.parametrize("part", [b"{},", b"[],", b'"",', b"[", b'{"a":{}},', b"[[[[]]],"])
def test_what_is_refused_costs_less_than_a_few_times_its_size(part: bytes) -> None:
    body = b"[" + part * (16 * MIB // len(part)) + b"1]"
    tracemalloc.start()
    try:
        with pytest.raises(Unreadable):
            json_reading.read(body, Limits())
        assert tracemalloc.get_traced_memory()[1] < 2 * len(body)
    finally:
        tracemalloc.stop()


def test_size() -> None:
    with pytest.raises(TooMuch, match="it has 12 bytes; at most 10 are accepted"):
        json_reading.read('"0123456789"', Limits(size=10))


@pytest.mark.parametrize(
    "value", [{}, {"a": HUGE}, [HUGE, 10**400], {"a": 1}, {"a": "\ud800"}, [1.5, "\N{SNOWMAN}"]]
)
def test_what_a_database_keeps(value: Any) -> None:
    assert json_reading.from_text(json_reading.to_text(value)) == value
    json.loads(json_reading.to_text(value))


def test_what_a_database_has_from_before() -> None:
    assert json_reading.from_text('{"a": "\\ud800"}') == {"a": "\ud800"}


# The other modules that parse JSON or YAML from outside, and why.
ELSEWHERE = {
    "common/json_reading.py": "the one place",
    "common/inprocess.py": "the process's own text, between two of its threads",
    "conductor/inspection_rules/built_in.py": "YAML of the operator's own file, of limited size",
    "api/middleware/roles.py": "YAML of the operator's own file",
    "conductor/consoles/ssh.py": "YAML of the operator's own file",
}
PARSERS = {"loads", "load", "safe_load", "load_all", "full_load", "raw_decode", "literal_eval"}
MODULES = {"json", "orjson", "jsonutils", "yaml", "ast", "simplejson", "pickle"}


def _parses(call: ast.Call) -> bool:
    function = call.func
    if isinstance(function, ast.Name):
        return function.id in PARSERS - {"load"}
    if not isinstance(function, ast.Attribute):
        return False
    if function.attr == "json":
        return not call.args
    owner = function.value
    return function.attr in PARSERS and isinstance(owner, ast.Name) and owner.id in MODULES


def test_nobody_else_reads_json() -> None:
    root = Path(ironic_lite.__file__).parent
    found = {
        path.relative_to(root).as_posix()
        for path in root.rglob("*.py")
        for node in ast.walk(ast.parse(path.read_text()))
        if isinstance(node, ast.Call) and _parses(node)
    }
    assert found == set(ELSEWHERE)


@pytest.mark.parametrize(
    "end", [b"", b',"\xff"]}', b",NaN]}", b',"\\ud800"]}', b",98765432109876543210"], ids=str
)
@pytest.mark.parametrize("reading", [json_reading.read, json_reading.read_agents])
def test_what_is_known_of_a_failure_does_not_hold_the_document(reading: Any, end: bytes) -> None:
    failure: BaseException | None = None
    try:
        reading(b'{"a":["' + b"x" * MIB + b'"' + end, Limits())
    except Unreadable as exc:
        failure = exc
    while failure is not None:
        held = [*vars(failure).values(), *failure.args]
        assert not any(isinstance(each, (str, bytes)) and len(each) > 1000 for each in held)
        failure = failure.__cause__ or failure.__context__
