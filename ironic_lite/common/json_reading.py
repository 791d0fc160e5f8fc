# SPDX-License-Identifier: Apache-2.0
"""Reads JSON from all sources; no other module parses JSON of others.

Limits are checked before parsing, so a refused document costs a scan of its bytes and no objects. Integers keep all
digits. If an object has a key twice, the last one counts, as everywhere in OpenStack.

* :func:`read` is strict: for requests, their parts, and files.
* :func:`read_agents` is lenient: for data of agents and BMCs. It accepts what Python's json accepts, and cleans it.
* :func:`to_text` and :func:`from_text` are for values in the database.
"""

import json
import math
import re
import threading
from collections.abc import Callable
from typing import Any, NamedTuple, NoReturn

import orjson


class Unreadable(ValueError):
    """The text is not JSON, or exceeds a limit. The message is for the sender."""


class TooMuch(Unreadable):
    """The text is too large, too deep, or has too many values."""


class Limits(NamedTuple):
    """Limits of a document.

    :param depth: nesting of objects and lists.
    :param values: number of numbers, strings, objects and lists. Each takes up to 250 bytes in memory, so this limit,
        and not the size, bounds the cost of a document.
    :param size: bytes; None when the caller has limited the size.
    """

    depth: int = 32
    values: int = 200_000
    size: int | None = None


IN_TEXT = Limits(depth=32, values=20_000, size=1024 * 1024)
"""For JSON within a string of another document."""
CONFIG_DRIVE = Limits(depth=32, values=200_000)
"""For a config drive as a JSON string; the limit of the request body limits its size."""
AGENTS = Limits(depth=64, values=500_000)
"""For answers of agents."""

LONGEST_INTEGER = 4300
"""Maximum digits; Python's own limit."""

_VALUE = 250
_LARGE = 1024 * 1024
_AT_ONCE = threading.BoundedSemaphore(2)
"""Number of large documents to scan and parse at the same time."""

_PIECE = 64 * 1024

# Bytes that do not matter for a document's structure; both kinds of brackets are treated alike.
_OTHERS = bytes(sorted(set(range(256)) - set(b'[]{},"')))
_BRACKETS = bytes.maketrans(b"{}", b"[]")
# A run of 19 digits may be more than 64 bits.
_DIGITS = bytes(ord("0") if chr(byte).isdigit() and byte < 128 else ord(" ") for byte in range(256))
_LONG = b"0" * 19

_ESCAPED_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_SURROGATE = re.compile("[\ud800-\udfff]")

_LONG_INSIDE = " "
"""First character of a stored text that orjson cannot read; other stored texts never begin with it."""


def read(text: bytes | str, limits: Limits = IN_TEXT) -> Any:
    """Parse a document.

    It refuses numbers that no database stores (``NaN``, ``Infinity``, ``1e400``), lone surrogates (``"\\ud800"``) and
    a byte order mark.

    :raises TooMuch: when a limit is exceeded; the message names it.
    :raises Unreadable: when it is not JSON; the message says where.
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
        raise Unreadable("it holds a lone surrogate (half a character)") from None


def _read(raw: bytes, limits: Limits) -> Any:
    _check(raw, limits)
    if _has_long_integer(raw):
        return _read_long(raw)
    try:
        return orjson.loads(raw)
    except ValueError as exc:
        problem = str(exc)
    # Raise without the parser's error as cause, because that error holds the whole document.
    raise Unreadable(problem)


def _has_long_integer(raw: bytes) -> bool:
    """Tell whether an integer may need more than 64 bits. Digits in strings count too, which only costs time."""
    return any(
        _LONG in raw[start : start + _LARGE + len(_LONG)].translate(_DIGITS)
        for start in range(0, len(raw), _LARGE)
    )


def _read_long(raw: bytes) -> Any:
    """Parse with Python's json, which supports integers of any length, and refuse what is not JSON."""
    text = raw.decode(errors="surrogateescape")
    if _SURROGATE.search(text):
        raise Unreadable("it is not UTF-8")
    found = _by_standard(text, parse_float=_finite, parse_constant=_no_constant)
    if _ESCAPED_SURROGATE.search(raw) and _has_surrogate(found):
        raise Unreadable("it holds a lone surrogate (half a character)")
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
    raise Unreadable(f"{name} is not a JSON number")


def weight(raw: bytes, limits: Limits) -> int:
    """Return the maximum memory in bytes of a document within the limits: its text and its values."""
    values = 1 + raw.count(b"[") + raw.count(b"{") + raw.count(b",")
    return 2 * len(raw) + _VALUE * min(values, limits.values)


def _check(raw: bytes, limits: Limits) -> None:
    """Check the limits. Invalid JSON may pass, because the parser refuses it.

    :raises TooMuch: when a limit is exceeded; the message names it.
    """
    if limits.size is not None and len(raw) > limits.size:
        raise TooMuch(f"it has {len(raw)} bytes; at most {limits.size} are accepted")
    opened = raw.count(b"[") + raw.count(b"{")
    if opened <= limits.depth and opened + raw.count(b",") < limits.values:
        return
    shape = _shape(raw, limits.values)
    if _is_deeper(shape, limits.depth):
        raise TooMuch(f"it is nested too deeply: at most {limits.depth} levels are accepted")


def _shape(raw: bytes, most: int) -> bytes:
    """Return the brackets outside of strings.

    :raises TooMuch: there are more than ``most`` values.
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
    """Tell whether brackets are nested deeper than ``limit``, by removing the innermost pairs repeatedly."""
    left = shape
    for _level in range(limit):
        before = len(left)
        left = left.replace(b"[]", b"")
        if len(left) == before:
            break
    return left.count(b"[") > (limit if left and b"[]" not in left else 0)


def read_agents(text: bytes | str, limits: Limits = AGENTS) -> Any:
    """Parse a document of an agent or BMC with Python's json, and clean it so that it can be stored and sent.

    A byte order mark is dropped, invalid UTF-8 and lone surrogates become U+FFFD, non-finite numbers (``NaN``,
    ``Infinity``, ``1e400``) become null, and control characters in strings are accepted.

    :raises TooMuch: when a limit is exceeded; the message names it.
    :raises Unreadable: when it is not JSON; the message says where.
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
    """Return the text to store in the database. Non-finite numbers become null."""
    try:
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS).decode()
    except TypeError:
        # Integers beyond 64 bits and lone surrogates: legal JSON that orjson refuses.
        return _LONG_INSIDE + json.dumps(value)


def from_text(text: str) -> Any:
    """Return the value of a stored text. Lists of nodes call this ten thousand times."""
    if text[:1] == _LONG_INSIDE:
        return json.loads(text)
    try:
        return orjson.loads(text)
    except ValueError:
        # An earlier release has stored it.
        return json.loads(text)
