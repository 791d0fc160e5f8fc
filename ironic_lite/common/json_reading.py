# SPDX-License-Identifier: Apache-2.0
"""JSON as others write it: the one place that reads it, wherever it comes from.

Limits are asked before anything is parsed, so a document that is refused has cost a look at its bytes and no objects.
Integers keep all their digits. Where a key stands twice in an object the last one counts, as everywhere in OpenStack.

* :func:`read` is for what has to be right: requests, their parts, what stands in files.
* :func:`read_agents` is for what agents and BMCs send: what Python's own module takes is taken, and cleaned.
* :func:`to_text` and :func:`from_text` are for what is kept in a database.
"""

import json
import math
import re
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import orjson


class Unreadable(ValueError):
    """It is no JSON, or more than is accepted. The text says what is wrong, to whoever has sent it."""


class TooMuch(Unreadable):
    """It is larger, deeper or has more parts than is accepted."""


class Limits(NamedTuple):
    """What is accepted.

    :param depth: objects and lists within each other.
    :param values: numbers, texts, objects and lists in it. One takes up to 250 bytes in memory, so this, and not its
        size, says what a document costs.
    :param size: bytes; None where whoever has read the text has seen to it.
    """

    depth: int = 32
    values: int = 200_000
    size: int | None = None


IN_TEXT = Limits(depth=32, values=20_000, size=1024 * 1024)
"""For JSON that stands in a text of another document."""
CONFIG_DRIVE = Limits(depth=32, values=200_000)
"""For a config drive in parts, in a text; the limit of the request's body is the limit of its size."""
AGENTS = Limits(depth=64, values=500_000)
"""For what agents answer."""

LONGEST_INTEGER = 4300
"""Digits, as Python has it."""

_VALUE = 250
_LARGE = 1024 * 1024
_AT_ONCE = threading.BoundedSemaphore(2)
"""Large documents that are looked through and parsed at the same time."""

_PIECE = 64 * 1024

# What remains of a document when all that says nothing about its shape is left out; both kinds of bracket look alike.
_OTHERS = bytes(sorted(set(range(256)) - set(b'[]{},"')))
_BRACKETS = bytes.maketrans(b"{}", b"[]")
# A run of 19 digits may be more than 64 bits.
_DIGITS = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256))
_LONG = b"0" * 19

_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")

_LONG_INSIDE = " "
"""The first character of what is kept when it holds what orjson cannot read, and else never is."""


def read(text: bytes | str, limits: Limits = IN_TEXT) -> Any:
    """What a document says.

    Numbers that no database keeps (``NaN``, ``Infinity``, ``1e400``), halves of characters (``"\\ud800"``) and a byte
    order mark are refused.

    :raises TooMuch: naming the limit.
    :raises Unreadable: saying where it stops being JSON.
    """
    return _in_turn(_read, _encoded(text), limits)


def _in_turn(work: Callable[[bytes, Limits], Any], raw: bytes, limits: Limits) -> Any:
    if len(raw) < _LARGE:
        return work(raw, limits)
    with _AT_ONCE:
        return work(raw, limits)


def _encoded(text: bytes | str) -> bytes:
    if isinstance(text, bytes):
        return text
    try:
        return text.encode()
    except UnicodeEncodeError:
        raise Unreadable("it holds half a character (a lone surrogate)") from None


def _read(raw: bytes, limits: Limits) -> Any:
    _check(raw, limits)
    if _has_long_integer(raw):
        return _read_long(raw)
    try:
        return orjson.loads(raw)
    except ValueError as exc:
        problem = str(exc)
    # Not with the parser's error behind it, which holds the whole document.
    raise Unreadable(problem)


def _has_long_integer(raw: bytes) -> bool:
    """Whether an integer may need more than 64 bits; digits in texts count too, which costs time only."""
    return any(
        _LONG in raw[start : start + _LARGE + len(_LONG)].translate(_DIGITS)
        for start in range(0, len(raw), _LARGE)
    )


def _read_long(raw: bytes) -> Any:
    """The same by the standard module, which knows integers of any length, and more than is JSON."""
    text = raw.decode(errors="surrogateescape")
    if _SURROGATE.search(text):
        raise Unreadable("it is no UTF-8")
    found = _by_standard(text, parse_float=_finite, parse_constant=_no_constant)
    if _ESCAPED_SURROGATE.search(raw) and _has_surrogate(found):
        raise Unreadable("it holds half a character (a lone surrogate)")
    return found


def _by_standard(text: str, **ways: Any) -> Any:
    try:
        return json.loads(text, **ways)
    except Unreadable:
        raise
    except ValueError as exc:
        problem = _shortened(exc)
    raise Unreadable(problem)


def _shortened(exc: ValueError) -> str:
    if "integer string conversion" in str(exc):
        return f"an integer has more than {LONGEST_INTEGER} digits"
    return str(exc)


def _finite(digits: str) -> float:
    number = float(digits)
    if math.isinf(number):
        raise Unreadable("a number in it is too large for a float")
    return number


def _no_constant(name: str) -> NoReturn:
    raise Unreadable(f"{name} is no number in JSON")


def weight(raw: bytes, limits: Limits) -> int:
    """Bytes that a document takes at most, text and values together, if it is within the limits."""
    values = 1 + raw.count(b"[") + raw.count(b"{") + raw.count(b",")
    return 2 * len(raw) + _VALUE * min(values, limits.values)


def _check(raw: bytes, limits: Limits) -> None:
    """Ask the limits. What is no JSON may pass: the parser refuses it.

    :raises TooMuch: naming the limit.
    """
    if limits.size is not None and len(raw) > limits.size:
        raise TooMuch(f"it has {len(raw)} bytes, and at most {limits.size} are accepted")
    opened = raw.count(b"[") + raw.count(b"{")
    if opened <= limits.depth and opened + raw.count(b",") < limits.values:
        return
    shape = _shape(raw, limits.values)
    if _is_deeper(shape, limits.depth):
        raise TooMuch(f"it is nested too deeply: at most {limits.depth} levels are accepted")


def _shape(raw: bytes, most: int) -> bytes:
    """The brackets that stand outside of texts.

    :raises TooMuch: there are more than so many values.
    """
    if b"\\" in raw:
        raw = raw.replace(b"\\\\", b"").replace(b'\\"', b"")
    raw = raw.translate(_BRACKETS, _OTHERS)
    pieces = []
    values, inside = 1, 0
    for start in range(0, len(raw), _PIECE):
        parts = raw[start : start + _PIECE].split(b'"')
        outside = b"".join(parts[inside::2])
        inside = (inside + len(parts) - 1) % 2
        values += outside.count(b",") + outside.count(b"[")
        if values > most:
            raise TooMuch(f"it has more than {most} values")
        pieces.append(outside.replace(b",", b""))
    return b"".join(pieces)


def _is_deeper(shape: bytes, limit: int) -> bool:
    """Whether brackets stand within each other more than so many times: the innermost pairs are taken out, again and
    again."""
    left = shape
    for _level in range(limit):
        before = len(left)
        left = left.replace(b"[]", b"")
        if len(left) == before:
            break
    return left.count(b"[") > (limit if left and b"[]" not in left else 0)


def read_agents(text: bytes | str, limits: Limits = AGENTS) -> Any:
    """What an agent's or a BMC's document says, as Python's own module reads it, made fit to be kept and passed on.

    A byte order mark is left out; bytes that are no UTF-8 and halves of characters become U+FFFD; numbers that are none
    (``NaN``, ``Infinity``, ``1e400``) become null; control characters may stand in texts.

    :raises TooMuch: naming the limit.
    :raises Unreadable: saying where it stops being JSON.
    """
    return _in_turn(_read_agents, _as_utf8(text), limits)


def _as_utf8(text: bytes | str) -> bytes:
    if isinstance(text, str):
        return text.removeprefix("\ufeff").encode(errors="surrogatepass")
    encoding = json.detect_encoding(text)
    if encoding == "utf-8":
        return text
    return text.decode(encoding, "replace").encode()


def _read_agents(raw: bytes, limits: Limits) -> Any:
    try:
        return _read(raw, limits)
    except TooMuch:
        raise
    except Unreadable:
        pass
    found = _by_standard(
        raw.decode(errors="replace"),
        parse_float=_finite_or_none,
        parse_constant=lambda _name: None,
        strict=False,
    )
    return _without_surrogates(found)


def _finite_or_none(digits: str) -> float | None:
    number = float(digits)
    return None if math.isinf(number) else number


def _has_surrogate(value: Any) -> bool:
    if isinstance(value, str):
        return _SURROGATE.search(value) is not None
    if isinstance(value, dict):
        return any(_has_surrogate(key) or _has_surrogate(item) for key, item in value.items())
    return isinstance(value, list) and any(map(_has_surrogate, value))


def _without_surrogates(value: Any) -> Any:
    if isinstance(value, str):
        return _SURROGATE.sub("\ufffd", value)
    if isinstance(value, dict):
        return {_without_surrogates(key): _without_surrogates(each) for key, each in value.items()}
    if isinstance(value, list):
        return [_without_surrogates(each) for each in value]
    return value


def to_text(value: Any) -> str:
    """The text that a database keeps. Numbers that are none become null."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        # Integers beyond 64 bits and lone surrogates: legal JSON that orjson refuses.
        return _LONG_INSIDE + json.dumps(value)


def from_text(text: str) -> Any:
    """What :func:`to_text` has made a text of. Listings of nodes call this ten thousand times."""
    if text[:1] == _LONG_INSIDE:
        return json.loads(text)
    try:
        return orjson.loads(text)
    except ValueError:
        # An earlier release has kept it.
        return json.loads(text)
