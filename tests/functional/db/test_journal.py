# SPDX-License-Identifier: Apache-2.0
"""The journal of a node is written with the node or not at all, is bounded, and goes with it."""

import datetime
from typing import Any

import pytest
from oslo_utils import timeutils

from ironic_lite import objects
from ironic_lite.common import context, exception
from ironic_lite.db import engine, journal, retry
from ironic_lite.objects import node_journal
from tests.functional.db import samples

pytestmark = pytest.mark.usefixtures("database")

Context = context.RequestContext

FIRST = "11111111-aaaa-4aaa-8aaa-000000000001"


def entry(subject: str, operation: str | None = FIRST, **more: Any) -> journal.Entry:
    return node_journal.entry(
        {
            "created_at": timeutils.utcnow(with_timezone=True),
            "operation": operation,
            "kind": "step",
            "subject": subject,
            "outcome": "started",
            "detail": "über 1 of 2",
            "state": "cleaning",
            "until": None,
            "conductor": "c1",
            "user": None,
            "project": None,
            "request_id": "req-1",
            **more,
        }
    )


def subjects(admin: Context, node: objects.Node, **more: Any) -> list[str]:
    return [row["subject"] for row in objects.NodeJournal.rows(admin, node.id, **more)]


@pytest.fixture
def node(database: str, admin: Context) -> objects.Node:
    made = samples.make_node(admin)
    return objects.Node.reserve(admin, "c1", made.id)


def test_entries_are_written_with_the_node(node: objects.Node, admin: Context) -> None:
    until = timeutils.utcnow(with_timezone=True) + datetime.timedelta(seconds=90)
    node.extra = {"a": 1}
    node.note(entry("one", until=until))
    assert subjects(admin, node) == []
    node.save()
    revision = objects.Node.get(admin, node.id).revision
    node.note(entry("two"))
    node.note(entry("three", operation=None))
    # Nothing else has changed: the node's revision stays, and so does the fence.
    node.save()
    assert objects.Node.get(admin, node.id).revision == revision
    node.save()
    assert subjects(admin, node) == ["one", "two", "three"]
    assert subjects(admin, node, operation=FIRST) == ["one", "two"]
    assert subjects(admin, node, limit=2, sort_dir="desc") == ["three", "two"]
    (first, *_) = objects.NodeJournal.rows(admin, node.id)
    assert subjects(admin, node, marker=first["id"]) == ["two", "three"]
    assert first["detail"] == "über 1 of 2"
    assert timeutils.parse_isotime(first["until"]) == until


def test_who_has_lost_the_node_writes_no_journal(node: objects.Node, admin: Context) -> None:
    objects.Node.release_orphans(admin, ["c1"], even_if_alive=True, by="c2")
    node.note(entry("late"))
    with pytest.raises(exception.NodeLockLost):
        node.save()
    (broken,) = objects.NodeJournal.rows(admin, node.id)
    assert (broken["kind"], broken["subject"], broken["outcome"]) == ("lock", "c1", "broken")
    assert (broken["conductor"], "held since" in broken["detail"]) == ("c2", True)


def test_a_lock_knows_since_when(node: objects.Node, admin: Context) -> None:
    assert node.reserved_at is not None
    node.release()
    assert objects.Node.get(admin, node.id).reserved_at is None


def test_a_commit_whose_answer_was_lost_is_not_written_twice(
    node: objects.Node, admin: Context
) -> None:
    entries = [entry("one"), entry("two")]

    def write() -> None:
        with engine.writer() as connection:
            journal.write(connection, node.id, entries)

    write()
    token = retry._attempt.set(2)
    try:
        write()
    finally:
        retry._attempt.reset(token)
    assert subjects(admin, node) == ["one", "two"]


def test_what_is_kept(node: objects.Node, admin: Context) -> None:
    other = samples.make_node(admin)
    other.note(entry("other"))
    other.save()
    for number in range(5):
        operation = f"11111111-aaaa-4aaa-8aaa-00000000000{number}"
        node.note(entry(f"{number}a", operation))
        node.note(entry(f"{number}b", operation))
        node.note(entry(f"{number}-", None))
    node.save()
    assert objects.NodeJournal.prune(admin, 5, 100) == 0
    # Two operations, and all that came after the first of them.
    assert objects.NodeJournal.prune(admin, 2, 100) == 9
    assert subjects(admin, node) == ["3a", "3b", "3-", "4a", "4b", "4-"]
    assert objects.NodeJournal.prune(admin, 2, 4) == 2
    assert subjects(admin, node) == ["3-", "4a", "4b", "4-"]
    assert subjects(admin, other) == ["other"]
    node.destroy()
    assert subjects(admin, node) == []


def test_what_a_server_does_again_in_one_boot_is_counted(
    node: objects.Node, admin: Context, monkeypatch: pytest.MonkeyPatch
) -> None:
    def note(subject: str, outcome: str = "done") -> None:
        objects.NodeJournal.note_boot(admin, node.id, subject, outcome, "über")

    def counted() -> list[tuple[str, str, int]]:
        rows = objects.NodeJournal.rows(admin, node.id, kinds=["boot"])
        return [(row["subject"], row["outcome"], row["times"]) for row in rows]

    node.operation = FIRST
    node.note(entry("rebooting", kind="power"))
    node.save()
    # Of a flood one request each second is written down.
    for _ in range(20):
        note("script")
    assert counted() == [("script", "done", 1)]
    monkeypatch.setattr(journal, "_LEAST_PAUSE", datetime.timedelta(0))
    note("script")
    note("script", "failed")
    assert counted() == [("script", "done", 2), ("script", "failed", 1)]
    first, last = objects.NodeJournal.rows(admin, node.id, kinds=["boot"])
    assert timeutils.parse_isotime(first["last_at"]) >= timeutils.parse_isotime(first["created_at"])
    assert (last["last_at"], last["operation"], last["detail"]) == (None, FIRST, "über")
    # The fence is not asked: the server does not know about locks.
    objects.Node.release_orphans(admin, ["c1"], even_if_alive=True, by="c2")
    note("script")
    assert counted()[0] == ("script", "done", 3)
    fresh = objects.Node.reserve(admin, "c2", node.id)
    fresh.note(entry("rebooting", kind="power"))
    fresh.save()
    note("script")
    assert counted()[-1] == ("script", "done", 1) and len(counted()) == 3


def test_the_boot_of_a_node_that_is_gone_is_not_noted(node: objects.Node, admin: Context) -> None:
    node.destroy()
    objects.NodeJournal.note_boot(admin, node.id, "script", "done")
    assert objects.NodeJournal.rows(admin, node.id) == []
