# SPDX-License-Identifier: Apache-2.0
"""Copies of one node, written into a service's SQLite file, because the enrolment of so many would take too long."""

from __future__ import annotations

import contextlib
import pathlib
import sqlite3
import uuid

BUSY_TIMEOUT_S = 30.0


def fill(file: pathlib.Path, template: str, total: int) -> None:
    """Copy the node with the UUID `template` until there are `total` nodes. The service may be running."""
    with contextlib.closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_S)) as database, database:
        columns = [row[1] for row in database.execute("PRAGMA table_info(nodes)")]
        values = database.execute("SELECT * FROM nodes WHERE uuid = ?", (template,)).fetchone()
        node = dict(zip(columns, values, strict=True))
        (present,) = database.execute("SELECT count(*) FROM nodes").fetchone()
        statement = f"INSERT INTO nodes VALUES ({', '.join(':' + name for name in columns)})"
        database.executemany(
            statement,
            (
                {**node, "id": None, "uuid": str(uuid.uuid4()), "name": f"copy-{number}"}
                for number in range(total - present)
            ),
        )


def marker_of_last_page(file: pathlib.Path, limit: int) -> str:
    """Return the UUID of the node behind which the last page of `limit` nodes begins."""
    with contextlib.closing(sqlite3.connect(file, timeout=BUSY_TIMEOUT_S)) as database:
        found = database.execute(
            "SELECT uuid FROM nodes ORDER BY id DESC LIMIT 1 OFFSET ?", (limit,)
        ).fetchone()
    return str(found[0])
