# SPDX-License-Identifier: Apache-2.0
"""Possessive quantifiers of groups become atomic groups, which all releases of Python match rightly."""

import re

import pytest

from ironic_lite.common.redaction import expressions


@pytest.mark.parametrize(
    ("pattern", "written"),
    [
        ("(?:ab)++c", "(?>(?:ab)+)c"),
        (r"(?:a(?:b)*+c)?+\)++", r"(?>(?:a(?>(?:b)*)c)?)\)++"),
        ("[)+]++(?:x)+", "[)+]++(?:x)+"),
        (r"(?P<q>['\"])(?:\\.|(?!(?P=q)).)++", r"(?P<q>['\"])(?>(?:\\.|(?!(?P=q)).)+)"),
    ],
)
def test_what_is_written(pattern: str, written: str) -> None:
    assert expressions.with_atomic_groups(pattern) == written
    re.compile(written)


def test_what_python_3_11_2_matches_wrongly() -> None:
    """The closing quote is not part of the value."""
    value = expressions.compile(r"(?P<quote>')(?:\\[\s\S]?|(?!(?P=quote))[^\\])++")
    match = value.match("'secret', 'a': 1")
    assert match is not None and match.group() == "'secret"
