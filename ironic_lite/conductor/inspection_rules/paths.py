# SPDX-License-Identifier: Apache-2.0
"""Changing what is deep inside dictionaries. None of these changes its argument: each returns a changed copy."""

from typing import Any


def put(document: Any, way: list[str], value: Any) -> Any:
    """Set what is at the end of the way; dictionaries on the way are made where there are none.

    :raises ValueError: when something on the way is no dictionary.
    """
    if not way:
        return value
    first, *rest = way
    inside = _dictionary(document, first)
    return {**inside, first: put(inside.get(first), rest, value)}


def extend(document: Any, way: list[str], value: Any, unique: bool) -> Any:
    """Append to the list at the end of the way, which is made if there is none.

    :param unique: do not append what is there already.
    :raises ValueError: when there is no list.
    """
    listed = look(document, way)
    if listed is None:
        listed = []
    if not isinstance(listed, list):
        raise ValueError("what is at the end of the path is not a list")
    if unique and value in listed:
        return document
    return put(document, way, [*listed, value])


def remove(document: Any, way: list[str]) -> Any:
    """Take away what is at the end of the way, if it is there."""
    if not isinstance(document, dict) or way[0] not in document:
        return document
    first, *rest = way
    if rest:
        return {**document, first: remove(document[first], rest)}
    return {key: item for key, item in document.items() if key != first}


def look(document: Any, way: list[str]) -> Any:
    """What is at the end of the way; None when it leads nowhere."""
    for step in way:
        if not isinstance(document, dict):
            return None
        document = document.get(step)
    return document


def _dictionary(value: Any, step: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"the path leads to '{step}' in something that is not an object")
    return value
