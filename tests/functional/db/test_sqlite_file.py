# SPDX-License-Identifier: Apache-2.0
"""The SQLite file under several processes."""

import subprocess
import sys
from pathlib import Path

import sqlalchemy as sa

from ironic_lite.conf import CONF
from ironic_lite.db import engine

LOOK = "import sqlite3, sys; print(len(sqlite3.connect(sys.argv[1]).execute('SELECT * FROM t').fetchall()))"


def seen_by_another_process(file: Path) -> int:
    done = subprocess.run(
        [sys.executable, "-c", LOOK, str(file)], capture_output=True, text=True, check=True
    )
    return int(done.stdout)


def test_a_second_engine_does_not_cost_the_first_its_locks(tmp_path: Path) -> None:
    """Without locks, the other process takes itself for the last user, and removes the log at its end."""
    file = tmp_path / "a.sqlite"
    if not CONF._args:
        CONF([], project="ironic-lite", default_config_files=[])
    first = engine.create(sa.make_url(f"sqlite:///{file}"))
    with first.connect() as writing:
        writing.exec_driver_sql("CREATE TABLE t (n INTEGER)")
        writing.exec_driver_sql("INSERT INTO t VALUES (1)")
        engine.create(sa.make_url(f"sqlite:///{file}")).dispose()
        assert seen_by_another_process(file) == 1
        writing.exec_driver_sql("INSERT INTO t VALUES (2)")
        assert seen_by_another_process(file) == 2
    first.dispose()
