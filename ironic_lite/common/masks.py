# SPDX-License-Identifier: Apache-2.0
"""Masked secrets that clients write back.

A client that reads a record, changes one key and writes everything back sends ``******`` for each password. Such a mask
means the stored secret. A mask without a stored secret is refused, because it would become a password nobody knows.
"""

from collections.abc import Callable
from typing import Any

from ironic_lite.common.redaction import MASK, is_secret, replace_in_urls

Redact = Callable[[Any], Any]
"""Function that returns a value as clients see it."""


def unmask(new: Any, old: Any, redact: Redact) -> Any:
    """Return ``new`` with every mask replaced by the secret in ``old`` that it stands for.

    Items of lists are matched by their masked form, at any position. The value of a name-value pair is restored only if
    its name is still that of a secret; with another name it would be visible.
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
    """Return the path of a mask in ``new`` (after :func:`unmask`) that was not in ``old``; None when there is none.

    :param path: path of the value itself.
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
