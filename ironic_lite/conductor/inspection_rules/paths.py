# SPDX-License-Identifier: Apache-2.0
"""Changing values deep inside dictionaries. Each function returns a changed copy and leaves its argument alone."""

from typing import Any


def put(document: Any, way: list[str], value: Any) -> Any:
    """Set the value at the end of the path; missing dictionaries on the path are created.

    :raises ValueError: when a value on the path is not a dictionary.
    """
    if not way:
        return value
    first, *rest = way
    inside = _dictionary(document, first)
    return {**inside, first: put(inside.get(first), rest, value)}


def extend(document: Any, way: list[str], value: Any, unique: bool) -> Any:
    """Append to the list at the end of the path; a missing list is created.

    :param unique: do not append a value that the list has already.
    :raises ValueError: when the value at the end of the path is not a list.
    """
    listed = look(document, way)
    if listed is None:
        listed = []
    if not isinstance(listed, list):
        raise ValueError("the value at the end of the path is not a list")
    if unique and value in listed:
        return document
    return put(document, way, [*listed, value])


def remove(document: Any, way: list[str]) -> Any:
    if not isinstance(document, dict) or way[0] not in document:
        return document
    first, *rest = way
    if rest:
        return {**document, first: remove(document[first], rest)}
    return {key: item for key, item in document.items() if key != first}


def look(document: Any, way: list[str]) -> Any:
    """Return the value at the end of the path; None when there is none."""
    for step in way:
        if not isinstance(document, dict):
            return None
        document = document.get(step)
    return document


def _dictionary(value: Any, step: str) -> dict[str, Any]:
    if value is None:
        return {}
    if not isinstance(value, dict):
        raise ValueError(f"the path leads to '{step}' in a value that is not an object")
    return value
