# SPDX-License-Identifier: Apache-2.0
"""Secrets in lines of text."""

import re

from ironic_lite.common.redaction import expressions, forms
from ironic_lite.common.redaction.names import MASK, is_secret_key
from ironic_lite.common.redaction.urls import mask_url

_NAME = expressions.compile(
    r"""(?<![\w-])(?P<name>[\w-]++)\\*+(?:['"]|\](?==))?\s*+(?:=>|:=|==|[=:])\s*+"""
)
_VALUE = expressions.compile(
    r"""(?:[bru]{1,2}(?=\\*['"]))?(?:
        (?P<quote>['"])(?:\\[\s\S]?|(?!(?P=quote))[^\\])++
        | (?P<escaped>\\++['"])(?:(?!(?P=escaped))[\s\S])++     # JSON in a text of JSON
    )
    | (?:(?:bearer|basic|digest|negotiate|token)\s++)?[^'",\s}&]++""",
    re.VERBOSE | re.IGNORECASE,
)
_OPENING, _CLOSING = "([{", ")]}"

MAX_TEXT = 8000
"""Maximum characters of a stored error message."""


def mask_text(text: str) -> str:
    """Return a text for a log or for ``last_error`` with its secrets masked.

    Every database can store it: see :func:`storable`.
    """
    return storable(_mask_assignments(mask_url(forms.mask(storable(text)))))


def _mask_assignments(text: str) -> str:
    kept, done, place = [], 0, 0
    while (named := _NAME.search(text, place)) is not None:
        # The value of another name may be an assignment itself: "login failed: password=...".
        place = named.end()
        if not is_secret_key(named["name"]):
            continue
        opening = ""
        if text[place : place + 1] in (*_OPENING,):
            end = _end_of_structure(text, place)
        elif (value := _VALUE.match(text, place)) is not None:
            opening, end = value["quote"] or value["escaped"] or "", value.end()
        else:
            continue
        kept += [text[done:place], opening, MASK]
        done = place = end
    return "".join(kept) + text[done:]


def _end_of_structure(text: str, start: int) -> int:
    """Return the end of a list or object in a text; the end of the text if it was cut off."""
    depth = 0
    for place in range(start, len(text)):
        if text[place] in _OPENING:
            depth += 1
        elif text[place] in _CLOSING:
            depth -= 1
            if depth == 0:
                return place + 1
    return len(text)


def storable(text: str) -> str:
    """Return the text in a form that every database can store: bounded, without NUL and invalid UTF-8."""
    kept = text[:MAX_TEXT].replace("\0", "\N{REPLACEMENT CHARACTER}")
    return kept.encode(errors="replace").decode()
