# SPDX-License-Identifier: Apache-2.0
"""A thread that must not wait reads the database at once, or gets an error if the database is locked."""

import os
import sqlite3
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ironic_lite.common import at_once, exception
from ironic_lite.db import engine, migration, node_locks, nodes


@pytest.fixture
def file(set_option: Callable[..., None], tmp_path: Path) -> Iterator[Path]:
    """Create a database without nodes; yields its file."""
    engine.dispose()
    path = tmp_path / "records.sqlite"
    set_option("connection", f"sqlite:///{path}", "database")
    migration.upgrade()
    yield path
    engine.dispose()


def test_reads(file: Path) -> None:
    with at_once.only(), pytest.raises(exception.NodeNotFound):
        nodes.get_by_name("nobody")


def test_locked_database_is_left_to_others(file: Path) -> None:
    """While another program locks the file, threads that may wait do so for up to sqlite_busy_timeout seconds."""
    engine.dispose()
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("PRAGMA locking_mode = EXCLUSIVE")
    other.execute("BEGIN IMMEDIATE")
    other.execute("DELETE FROM nodes")
    try:
        with pytest.raises(at_once.WouldWait), at_once.only():
            nodes.get_by_name("nobody")
    finally:
        other.close()
    with pytest.raises(exception.NodeNotFound):
        nodes.get_by_name("nobody")


def test_nothing_is_written(file: Path) -> None:
    with pytest.raises(at_once.WouldWait), at_once.only():
        node_locks.reserve("me", "nobody", "token")
    with engine.writer() as connection:
        connection.execute(sa.text("DELETE FROM nodes"))


def test_database_of_a_server_is_left_to_others(set_option: Callable[..., None]) -> None:
    engine.dispose()
    set_option("connection", "postgresql://u:p@127.0.0.1:1/d", "database")
    try:
        assert not engine.is_at_hand()
        with pytest.raises(at_once.WouldWait), at_once.only():
            nodes.get_by_name("nobody")
    finally:
        engine.dispose()


def test_other_threads_may_wait_meanwhile() -> None:
    answers: list[Any] = []
    with at_once.only():
        other = threading.Thread(target=lambda: answers.append(at_once.is_asked()))
        other.start()
        other.join()
        assert at_once.is_asked()
    assert answers == [False]
    assert not at_once.is_asked()


def test_lock_is_held_only_when_it_is_free() -> None:
    lock = threading.Lock()
    with at_once.only(), at_once.held(lock):
        assert lock.locked()
    with lock, pytest.raises(at_once.WouldWait), at_once.only(), at_once.held(lock):
        raise AssertionError("It is somebody else's.")
    assert not lock.locked()


def test_process_after_a_fork_has_a_connection_of_its_own(file: Path) -> None:
    with at_once.only(), pytest.raises(exception.NodeNotFound):
        nodes.get_by_name("nobody")
    parents = engine._get_impatient()
    child = os.fork()
    if child == 0:
        os._exit(0 if engine._get_impatient() is not parents else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
