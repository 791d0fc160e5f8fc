# SPDX-License-Identifier: Apache-2.0
"""Checks traits: those of the library ``os_traits``, and ``CUSTOM_`` ones."""

import functools
import re
from typing import Any

from ironic_lite.api import types

MAX_LENGTH = 255

_CUSTOM = re.compile(r"^CUSTOM_[A-Z0-9_]+\Z")


@functools.cache
def _standard() -> frozenset[str]:
    # Imported late, because the library has a hundred modules, and few requests name traits.
    import os_traits

    return frozenset(os_traits.get_traits())


class _Trait(types.Kind):
    name = "trait"
    schema = {"type": "string", "pattern": "^[A-Z][A-Z0-9_]*$", "maxLength": MAX_LENGTH}

    def check(self, value: Any) -> str:
        if not isinstance(value, str):
            raise ValueError("Expected string for {name}: {value}")
        if len(value) > MAX_LENGTH:
            raise ValueError(f"{{name}} is too long: at most {MAX_LENGTH} characters")
        if not _CUSTOM.match(value) and value not in _standard():
            raise ValueError(
                "{value} is no {name}: it is not a standard trait, and custom ones are CUSTOM_ and then capital "
                "letters, digits and underscores"
            )
        return value


TRAIT = _Trait()


class TraitList(types.Kind):
    """A list of traits; duplicates are removed."""

    name = "list of traits"
    schema = {"type": "array", "items": TRAIT.schema}

    def check(self, value: Any) -> list[str]:
        if not isinstance(value, list):
            raise ValueError("Expected a list for {name}: {value}")
        traits = []
        for item in value:
            try:
                traits.append(TRAIT.check(item))
            except ValueError as exc:
                raise ValueError(
                    str(exc).replace("{value}", str(item).translate(_BRACES))
                ) from None
        return list(dict.fromkeys(traits))


_BRACES = str.maketrans({"{": "{{", "}": "}}"})
