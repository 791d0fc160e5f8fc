# SPDX-License-Identifier: Apache-2.0
"""Masks that clients write.

A client that reads a record, changes one key and writes the whole back sends ``******`` for each password. Such a mask
stands for the secret that is there. One that stands for none would be kept as a password that nobody has.
"""

from collections.abc import Callable
from typing import Any

from ironic_lite.common.redaction import MASK, is_secret, replace_in_urls

Redact = Callable[[Any], Any]
"""Gives a value as it is shown."""


def unmask(new: Any, old: Any, redact: Redact) -> Any:
    """``new`` with every mask that stands for a value in ``old`` replaced by that value.

    Items of lists are known by how they are shown, wherever they stand now. The value of a pair comes back only where
    the name beside it is still that of a secret: with another one it would be shown.
    """
    if old is not None and isinstance(new, str) and MASK in new and new in (MASK, redact(old)):
        return old
    if isinstance(new, dict) and isinstance(old, dict):
        return {
            key: unmask(item, old.get(key), redact)
            if is_secret(new, key) >= is_secret(old, key)
            else item
            for key, item in new.items()
        }
    if isinstance(new, list) and isinstance(old, list):
        return _unmask_list(new, old, redact)
    return new


def _unmask_list(new: list[Any], old: list[Any], redact: Redact) -> list[Any]:
    shown = [redact(item) for item in old]
    by_look: dict[str, list[int]] = {}
    for index, item in enumerate(shown):
        if item != old[index]:
            by_look.setdefault(repr(item), []).append(index)
    found: list[int | None] = []
    for index, item in enumerate(new):
        alike = by_look.get(repr(item), [])
        same = index in alike or (alike and all(old[each] == old[alike[0]] for each in alike))
        found.append((index if index in alike else alike[0]) if same else None)
    taken = set(found)
    same_length = len(new) == len(old)
    return [
        old[place]
        if place is not None
        else unmask(item, old[index], redact)
        if same_length and index not in taken
        else item
        for index, (item, place) in enumerate(zip(new, found, strict=True))
    ]


def misplaced(new: Any, old: Any, path: str) -> str | None:
    """Where in ``new``, after :func:`unmask`, a mask stands that was not in ``old``; None: nowhere.

    :param path: of the value itself.
    """
    if new == old:
        return None
    if isinstance(new, str):
        return path if new == MASK or _has_masked_url(new) else None
    pairs: Any = ()
    if isinstance(new, dict):
        before = old if isinstance(old, dict) else {}
        pairs = ((key, item, before.get(key)) for key, item in new.items())
    elif isinstance(new, list):
        former = old if isinstance(old, list) else []
        pairs = ((i, item, item if item in former else None) for i, item in enumerate(new))
    found = (misplaced(item, was, f"{path}/{key}") for key, item, was in pairs)
    return next((where for where in found if where is not None), None)


def _has_masked_url(text: str) -> bool:
    secrets: list[str] = []

    def seen(secret: str) -> str:
        secrets.append(secret)
        return secret

    replace_in_urls(text, seen)
    return MASK in secrets
