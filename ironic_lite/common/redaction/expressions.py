# SPDX-License-Identifier: Apache-2.0
"""Regular expressions with possessive quantifiers, for all releases of Python.

Before 3.11.5, which Debian 12's Python 3.11.2 is, the possessive quantifier of a group may match wrongly (CPython issue
106052). An atomic group means the same, and matches rightly: ``(?:ab)++`` is ``(?>(?:ab)+)``.
"""

import re

_QUANTIFIERS = ("++", "*+", "?+")


def compile(pattern: str, flags: int = 0) -> re.Pattern[str]:
    """Return the compiled pattern. Its comments hold no parentheses."""
    return re.compile(with_atomic_groups(pattern), flags)


def with_atomic_groups(pattern: str) -> str:
    """Return the pattern with atomic groups instead of possessive quantifiers of groups."""
    out: list[str] = []
    begun: list[int] = []
    place, in_class = 0, False
    while place < len(pattern):
        sign = pattern[place]
        if sign == "\\":
            out.append(pattern[place : place + 2])
            place += 2
            continue
        place += 1
        if in_class:
            # A bracket that comes first stands for itself; no pattern here has one.
            in_class = sign != "]"
        elif sign == "[":
            in_class = True
        elif sign == "(":
            begun.append(len(out))
        elif sign == ")":
            start = begun.pop()
            if pattern[place : place + 2] in _QUANTIFIERS:
                group = "".join([*out[start:], sign, pattern[place]])
                del out[start:]
                out.append(f"(?>{group})")
                place += 2
                continue
        out.append(sign)
    return "".join(out)
