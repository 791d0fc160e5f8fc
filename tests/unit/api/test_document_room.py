# SPDX-License-Identifier: Apache-2.0
"""The parsing of large documents at the same time is limited; others wait for a limited time."""

import threading

import pytest

from ironic_lite.api.middleware.parsed_body_limit import (
    FREE,
    ROOM,
    DocumentRoom,
    NoRoom,
    Room,
    Share,
)
from ironic_lite.common.json_reading import Limits
from tests.waiting import PATIENCE


def test_small_bodies_need_none() -> None:
    share = Share(Room(total=1, patience=0))
    for _ in range(10):
        share.take_for(b"[" * FREE, Limits())


def test_one_that_is_larger_than_all_the_room_is_alone() -> None:
    room = Room(total=10, patience=0.01)
    room.take(50)
    with pytest.raises(NoRoom):
        room.take(1)
    room.give_back(50)
    room.take(10)


def test_waiting() -> None:
    room = Room(total=10, patience=30)
    room.take(10)
    waiting = threading.Thread(target=room.take, args=(5,))
    waiting.start()
    room.give_back(10)
    waiting.join(PATIENCE)
    assert not waiting.is_alive()


def test_it_is_given_back_when_the_request_fails() -> None:
    body = b"[" + b"1," * FREE

    def app(environ: dict[str, Share], _start: object) -> list[bytes]:
        environ[ROOM].take_for(body, Limits())
        raise ValueError

    room = DocumentRoom(app)
    for _ in range(100):
        with pytest.raises(ValueError, match="^$"):
            room({}, None)
    assert room._room._taken == 0
