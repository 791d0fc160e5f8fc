# SPDX-License-Identifier: Apache-2.0
"""The URL of the database, and the errors about an unusable one."""

import os
import sqlite3
import stat
import threading
from pathlib import Path

import pytest

from ironic_lite.common import exception
from ironic_lite.db import engine
from tests.waiting import PATIENCE


@pytest.fixture(autouse=True)
def fresh_engine():
    engine.dispose()
    yield
    engine.dispose()


@pytest.mark.parametrize(
    ("given", "used"),
    [
        ("mysql://u:p@h/d", "mysql+pymysql://u:p@h/d?charset=utf8mb4"),
        ("mariadb://u:p@h/d?charset=utf8", "mysql+pymysql://u:p@h/d?charset=utf8mb4"),
        ("mysql+pymysql://u:p@h:1/d", "mysql+pymysql://u:p@h:1/d?charset=utf8mb4"),
        ("postgresql://u:p@h/d", "postgresql+psycopg://u:p@h/d?client_encoding=utf8"),
        ("postgres://u:p@h/d", "postgresql+psycopg://u:p@h/d?client_encoding=utf8"),
        ("sqlite:////a/b", "sqlite:////a/b"),
    ],
)
def test_accepted_urls(set_option, given, used):
    set_option("connection", given, "database")
    assert engine.url().render_as_string(hide_password=False) == used


@pytest.mark.parametrize(
    ("given", "problem"),
    [
        ("hush", "it is not a URL"),
        ("http://u:hush@h/d", "'http' is not supported"),
        ("oracle://u:hush@h/d", "'oracle' is not supported"),
        ("mysql+mysqldb://u:hush@h/d", "'mysql\\+mysqldb' is not supported"),
        ("mysql://u:hush@h:port/d", "it is not a URL"),
        ("mysql://u:hush@h", "it names no database"),
        ("postgresql://u:hush@h/", "it names no database"),
        ("sqlite://", "SQLite in memory cannot be shared"),
        ("sqlite:///:memory:", "SQLite in memory cannot be shared"),
    ],
)
def test_refused_urls_give_one_line_without_the_password(set_option, given, problem):
    set_option("connection", given, "database")
    with pytest.raises(exception.ConfigInvalid, match=problem) as caught:
        engine.get()
    assert "hush" not in str(caught.value) and "\n" not in str(caught.value)
    assert "Use sqlite:///FILE" in str(caught.value)


def test_the_embedded_file_is_private(set_option, tmp_path, monkeypatch):
    monkeypatch.setenv("HOME", str(tmp_path))
    set_option("state_path", "~/state/deep")
    set_option("connection", None, "database")
    with engine.writer() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
    directory = tmp_path / "state" / "deep"
    assert stat.S_IMODE(directory.stat().st_mode) == 0o700
    for file in directory.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file
    assert {file.name for file in directory.iterdir()} >= {engine.DEFAULT_FILE}


def test_a_place_that_cannot_be_written_says_which_option_to_set(set_option, tmp_path):
    blocked = tmp_path / "file"
    blocked.write_text("")
    set_option("connection", f"sqlite:///{blocked}/db.sqlite", "database")
    with pytest.raises(exception.ConfigInvalid, match=r"cannot be opened.*state_path"):
        engine.get()


def _pragma(name):
    with engine.reader() as connection:
        return connection.exec_driver_sql(f"PRAGMA {name}").scalar()


def test_sqlite_settings(set_option, tmp_path):
    set_option("connection", f"sqlite:///{tmp_path}/db", "database")
    set_option("sqlite_busy_timeout", 7, "database")
    assert (_pragma("journal_mode"), _pragma("synchronous")) == ("wal", 1)
    assert (_pragma("foreign_keys"), _pragma("busy_timeout")) == (1, 7000)


def test_a_failed_transaction_leaves_nothing_and_no_lock(set_option, tmp_path):
    set_option("connection", f"sqlite:///{tmp_path}/db", "database")
    with engine.writer() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
    with pytest.raises(RuntimeError), engine.writer() as connection:
        connection.exec_driver_sql("INSERT INTO t VALUES (1)")
        raise RuntimeError
    with engine.writer() as connection:
        assert connection.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0


def test_a_writer_has_the_lock_from_its_beginning(set_option, tmp_path):
    set_option("connection", f"sqlite:///{tmp_path}/db", "database")
    with engine.writer() as connection:
        connection.exec_driver_sql("CREATE TABLE t (a)")
    with engine.writer() as connection:
        connection.exec_driver_sql("SELECT * FROM t")
        other = sqlite3.connect(tmp_path / "db", timeout=0)
        with pytest.raises(sqlite3.OperationalError, match="locked"):
            other.execute("INSERT INTO t VALUES (1)")
        other.close()
        with engine.reader() as reading:
            assert reading.exec_driver_sql("SELECT count(*) FROM t").scalar() == 0


def test_threads_that_wait_too_long_for_their_turn_are_told(set_option, tmp_path):
    set_option("connection", f"sqlite:///{tmp_path}/db", "database")
    set_option("sqlite_busy_timeout", 1, "database")
    caught = []

    def second():
        try:
            with engine.writer():
                pass
        except exception.DatabaseError as error:
            caught.append(error)

    with engine.writer():
        thread = threading.Thread(target=second)
        thread.start()
        thread.join(PATIENCE)
    assert len(caught) == 1 and "busy for 1 s" in str(caught[0])


def test_the_engine_is_made_once(set_option, tmp_path):
    set_option("connection", f"sqlite:///{tmp_path}/db", "database")
    start = threading.Barrier(8)
    engines = []

    def get():
        start.wait(PATIENCE)
        engines.append(engine.get())

    threads = [threading.Thread(target=get) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(PATIENCE)
    assert len(set(map(id, engines))) == 1
    assert Path(tmp_path / "db").stat().st_uid == os.getuid()
