# SPDX-License-Identifier: Apache-2.0
"""The records of stored images, and of the machines that hold them."""

import pytest

from ironic_lite import objects
from ironic_lite.common import context, exception

pytestmark = pytest.mark.usefixtures("database")

Context = context.RequestContext
A, B = "http://192.0.2.1:6385", "http://192.0.2.2:6385"


def _create(admin: Context, name: str = "debian", **fields: object) -> objects.Image:
    image = objects.Image(admin, name=name, **fields)
    image.create()
    return image


def _uploading(admin: Context, name: str = "debian") -> objects.Image:
    image = _create(admin, name)
    image.status = "uploading"
    image.save(expected={"status": "queued"})
    return image


def test_a_name_is_unique_for_its_owner(admin: Context) -> None:
    """Also for nobody, who is an owner too."""
    for owner in ("", "p1", "p2"):
        _create(admin, owner=owner)
        with pytest.raises(exception.Conflict, match="debian"):
            _create(admin, owner=owner)
    mine = objects.Image.list(admin, filters={"usable_by": "p1"})
    assert [each.owner for each in mine] == ["p1"]
    _create(admin, "public", public=True)
    assert len(objects.Image.list(admin, filters={"usable_by": "p1"})) == 2


def test_an_image_is_active_and_held_at_the_same_time(admin: Context) -> None:
    image = _uploading(admin)
    image.size = 2**40
    image.sha256 = "0" * 64
    image.activate("h1", A)
    again = objects.Image.get(admin, image.uuid)
    assert (again.status, again.size, again.sha256) == ("active", 2**40, "0" * 64)
    assert [(each["host"], each["url"], each["alive"]) for each in again.locations()] == [
        ("h1", A, True)
    ]
    other = _create(admin, "other")
    with pytest.raises(exception.ConcurrentUpdate):
        other.activate("h1", A)
    assert objects.Image.get(admin, other.uuid).locations() == []


def test_machines_come_and_go(admin: Context, monkeypatch: pytest.MonkeyPatch) -> None:
    image = _uploading(admin)
    image.activate("h1", A)
    image.add_location("h2", B)
    image.add_location("h2", A)
    assert [(each["host"], each["url"]) for each in image.locations()] == [("h1", A), ("h2", A)]
    objects.Image.touch_locations(admin, "h2", B)
    assert image.locations()[1]["url"] == B
    assert list(objects.Image.held_by(admin, "h1")) == [image.uuid]
    image.remove_location("h1")
    assert [each["host"] for each in image.locations()] == ["h2"]
    monkeypatch.setattr("ironic_lite.objects.image.HOLDER_PATIENCE", -1)
    assert [each["alive"] for each in image.locations()] == [False]
    image.destroy()
    assert list(objects.Image.held_by(admin, "h2")) == []
