# SPDX-License-Identifier: Apache-2.0
"""The outbox and the mutexes, on all three databases."""

import datetime
import threading
from concurrent import futures

import sqlalchemy as sa

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.db import engine, nodes, outbox
from ironic_lite.db.models import MUTEXES
from ironic_lite.objects.node import Node
from ironic_lite.objects.notification import Outbox
from tests.waiting import PATIENCE


def note(key: str, number: int) -> None:
    outbox.store(key, f"00000000-0000-4000-8000-{number:012}", {"number": number})


def numbers(lane: str) -> list[int]:
    return [row["message"]["number"] for row in outbox.oldest(lane, 100)]


def test_a_lane_has_one_sender_and_keeps_the_order(database: str) -> None:
    for number in range(5):
        note("a key", number)
    one, two = Outbox("one"), Outbox("two")
    lane = one.take_lane()
    assert lane == outbox.lane_of("a key")
    assert two.take_lane() is None
    assert one.keep(lane)
    assert not two.keep(lane)
    assert numbers(lane) == [0, 1, 2, 3, 4]
    one.sent([row["id"] for row in one.oldest(lane, 2)])
    one.leave(lane)
    assert two.take_lane() == lane
    assert numbers(lane) == [2, 3, 4]


def test_a_dead_sender_loses_its_lane(database: str) -> None:
    note("a key", 1)
    lane = Outbox("dead").take_lane()
    assert lane is not None
    long_ago = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    with engine.writer() as connection:
        held = sa.update(MUTEXES).where(MUTEXES.c.name == lane)
        connection.execute(held.values(held_at=long_ago))
    assert Outbox("alive").take_lane() == lane
    assert not Outbox("dead").keep(lane)


def test_the_oldest_go_when_it_overflows(database: str) -> None:
    for number in range(10):
        note(f"key {number}", number)
    assert outbox.shorten(10) == 0
    assert outbox.shorten(4) == 6
    left = [n for lane in range(outbox.LANES) for n in numbers(f"notifications {lane}")]
    assert sorted(left) == [6, 7, 8, 9]


def test_rivals_do_not_pass_a_limit(database: str) -> None:
    context = ironic_context.admin_context()
    uuids = [nodes.create({"driver": "ipmi"})["uuid"] for _ in range(8)]
    ready = threading.Barrier(len(uuids))

    def enter(uuid: str) -> bool:
        node = Node.reserve(context, "here", uuid)
        node.provision_state = "deploying"
        refusal = exception.ConcurrentActionLimit(action="a", option="o", most=3)
        node.allow_in_states(["deploying"], 3, "deploying", refusal)
        ready.wait(PATIENCE)
        try:
            node.save()
        except exception.ConcurrentActionLimit:
            return False
        return True

    with futures.ThreadPoolExecutor(len(uuids)) as pool:
        entered = list(pool.map(enter, uuids))
    assert entered.count(True) == 3
    assert len(nodes.rows(["uuid"], filters={"provision_state": "deploying"})) == 3
