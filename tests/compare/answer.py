# SPDX-License-Identifier: Apache-2.0
"""The compared parts of an answer: status, location, and the body as a list of lines.

Placeholders replace values that always differ: times, UUIDs that the service generates, texts for people.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from typing import Any, NamedTuple

from tests.compare.case import IDS

_NAMES = {uuid: name for name, uuid in IDS.items() if name != "allocation"}
_UUID = re.compile(r"[0-9a-f]{8}-(?:[0-9a-f]{4}-){3}[0-9a-f]{12}")
_TIME = re.compile(r"^\d{4}-\d\d-\d\dT[\d:.]+(\+00:00|Z)?\Z")
_TOLD = {"faultstring", "last_error", "reason", "event", "agent_token"}
"""Texts for people: that there is one is compared, not its words."""
_LONGEST = 60
_MOST_ITEMS = 12


class Answer(NamedTuple):
    """:param lines: ``path = value`` for each value in the body, and ``after ...`` for each effect of the request."""

    status: int
    lines: tuple[str, ...]


def of(status: int, location: str | None, body: bytes, base: str) -> Answer:
    """Return the answer to a request.

    :param base: the URL of the service, without a slash at the end.
    """
    lines = [] if location is None else [f"location = {_text(location, base)}"]
    return Answer(status, (*lines, *_body(body, base)))


def _body(body: bytes, base: str) -> Iterator[str]:
    if not body:
        return
    try:
        document = json.loads(body)
    except ValueError:
        yield "body = <no JSON>"
        return
    if isinstance(document, dict) and set(document) == {"error_message"}:
        yield _error(document["error_message"])
        return
    yield from _lines(document, "", base)


def _error(message: Any) -> str:
    try:
        inner = json.loads(message)
    except (TypeError, ValueError):
        return "error = <no JSON>"
    if not isinstance(inner, dict):
        return "error = <no object>"
    return f"error = {','.join(sorted(inner))}" + (
        f" {inner['faultcode']}" if "faultcode" in inner else ""
    )


def _lines(value: Any, path: str, base: str) -> Iterator[str]:
    if isinstance(value, dict) and value:
        for key in sorted(value):
            yield from _lines(value[key], f"{path}.{_text(key, base)}".lstrip("."), base)
    elif isinstance(value, list) and value:
        for index, item in enumerate(value[:_MOST_ITEMS]):
            yield from _lines(item, f"{path}[{index}]", base)
        if len(value) > _MOST_ITEMS:
            yield f"{path}[] = {len(value)} items"
    else:
        yield f"{path} = {_leaf(value, path, base)}"


def _leaf(value: Any, path: str, base: str) -> str:
    if not isinstance(value, str):
        return json.dumps(value)
    if path.rpartition(".")[2] in _TOLD:
        return "<text>" if value else '""'
    return _text(value, base)


def _text(value: str, base: str) -> str:
    if _TIME.match(value):
        return "<time>"
    value = value.replace(base, "<base>")
    value = _UUID.sub(lambda found: "{" + _NAMES.get(found[0], "uuid") + "}", value)
    return value if len(value) <= _LONGEST or value.startswith("<base>") else "<long text>"
