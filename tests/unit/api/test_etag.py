# SPDX-License-Identifier: Apache-2.0
"""The comparison of entity tags."""

import pytest

from ironic_lite.api import etag

TAG = etag.make("abc", b"body")


@pytest.mark.parametrize(
    ("header", "matching"),
    [
        (TAG, True),
        (etag.make("abc", b"another representation"), True),
        ("*", True),
        (f'"x-1", {TAG}', True),
        (etag.make("abd", b"body"), False),
        (f"W/{TAG}", False),
        ("abc", False),
        ("", False),
    ],
)
def test_if_match_is_about_the_revision(header: str, matching: bool) -> None:
    assert etag.matches("abc", header) is matching


def test_a_record_that_has_no_revision_yet_has_a_tag_of_its_own() -> None:
    assert etag.matches(None, etag.make(None, b""))
    assert not etag.matches("abc", etag.make(None, b""))


@pytest.mark.parametrize(
    ("header", "known"),
    [
        (TAG, True),
        (f"W/{TAG}", True),
        ("*", True),
        (f'"x-1",{TAG}', True),
        (etag.make("abc", b"another representation"), False),
    ],
)
def test_if_none_match_is_about_the_representation(header: str, known: bool) -> None:
    assert etag.is_known(TAG, header) is known
