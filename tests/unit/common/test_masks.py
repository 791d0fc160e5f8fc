# SPDX-License-Identifier: Apache-2.0
"""Clients may write shown values back, and a mask is never stored instead of a secret."""

from typing import Any

import pytest

from ironic_lite.common import masks, redaction
from ironic_lite.common.redaction import MASK, mask

RECORD = {
    "ipmi_password": "sesame",
    "image_source": "https://user:sesame@images.example.org/debian.raw",
    "mirrors": ["http://a:sesame@m1.example.org/", "http://m2.example.org/"],
    "nested": {"auth_token": "sesame", "note": "x"},
    "users": [{"name": "ada", "password": "one"}, {"name": "bob", "password": "two"}],
    "settings": [{"name": "AdminPassword", "value": "sesame"}, {"name": "Boot", "value": "Uefi"}],
}


def _written(new: Any, old: Any) -> Any:
    value = masks.unmask(new, old, mask)
    assert masks.misplaced(value, old, "field") is None
    return value


def test_what_was_shown_may_be_written_back() -> None:
    assert _written(mask(RECORD), RECORD) == RECORD


def test_a_new_value_replaces_the_secret() -> None:
    new = {**RECORD, "image_source": "https://other.example.org/", "ipmi_password": "open"}
    assert _written(new, RECORD) == new


@pytest.mark.parametrize("name", ["mirrors", "users", "settings"])
def test_items_of_lists_may_move(name: str) -> None:
    old = RECORD[name]
    shown = mask(old)
    assert _written(shown[::-1], old) == old[::-1]
    assert _written([*shown, "new"], old) == [*old, "new"]
    assert _written(["new", *shown], old) == ["new", *old]
    assert _written(shown[1:], old) == old[1:]


def test_an_item_of_a_list_may_change() -> None:
    old = RECORD["users"]
    shown = mask(old)
    renamed = {**shown[1], "name": "eve"}
    assert _written([shown[0], renamed], old) == [old[0], {"name": "eve", "password": "two"}]
    # The entry of the password cannot be identified any more.
    value = masks.unmask([renamed, shown[0]], old, mask)
    assert value == [renamed, old[0]]
    assert masks.misplaced(value, old, "users") == "users/0/password"


@pytest.mark.parametrize(
    ("new", "where"),
    [
        ({"password": MASK}, "field/password"),
        ({"other": MASK}, "field/other"),
        ({"ipmi_password": "sesame", "nested": {"token": [MASK]}}, "field/nested/token/0"),
        ({"image_source": f"https://{MASK}@elsewhere.example.org/"}, "field/image_source"),
        ({"x": f"https://h.example.org/?token={MASK}"}, "field/x"),
        ({"mirrors": [f"http://{MASK}@m3.example.org/"]}, "field/mirrors/0"),
    ],
)
def test_a_mask_of_nothing_is_noticed(new: Any, where: str) -> None:
    assert masks.misplaced(masks.unmask(new, RECORD, mask), RECORD, "field") == where
    if "ipmi_password" not in new:
        assert masks.misplaced(new, None, "field") == where


def test_a_mask_that_has_been_there_may_stay() -> None:
    old = {"password": MASK, "list": [MASK, "x"]}
    assert _written({**old, "y": 1}, old) == {**old, "y": 1}


def test_another_name_does_not_show_the_value_of_a_pair() -> None:
    old = [{"name": "AdminPassword", "value": "sesame"}]
    value = masks.unmask([{"name": "Comment", "value": MASK}], old, mask)
    assert "sesame" not in str(value)
    assert masks.misplaced(value, old, "settings") == "settings/0/value"


def test_a_url_that_instances_are_not_shown() -> None:
    old = {"image_url": "http://h/signed"}
    shown = redaction.mask_instance_info(old)
    assert masks.unmask(shown, old, redaction.mask_instance_info) == old
