# SPDX-License-Identifier: Apache-2.0
"""The SQLite file of a service, whose records are restored after each request that may have changed some."""

from __future__ import annotations

import contextlib
import json
import pathlib
import sqlite3
from typing import Any

from tests.compare.case import IDS, Scene
from tests.waiting import wait_for

_KEPT = {
    "alembic_version",
    "conductors",
    "conductor_hardware_interfaces",
    "sqlite_sequence",
    "mutexes",
    "notifications",
}
_BUSY_TIMEOUT_S = 30.0
_SETTLED_WITHIN_S = 5.0
_AFTER = (
    "provision_state",
    "target_provision_state",
    "power_state",
    "maintenance",
    "fault",
    "console_enabled",
    "boot_mode",
    "secure_boot",
)


class Database:
    """The records of a running service, through a connection of the test."""

    def __init__(self, file: pathlib.Path) -> None:
        self._connection = sqlite3.connect(
            file, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
        )
        self._connection.row_factory = sqlite3.Row
        self._saved: dict[str, list[sqlite3.Row]] = {}
        self._columns = {
            table: [row[1] for row in self._connection.execute(f"PRAGMA table_info({table})")]
            for (table,) in self._connection.execute(
                "SELECT name FROM sqlite_master WHERE type = 'table'"
            ).fetchall()
            if table not in _KEPT
        }

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()

    @contextlib.contextmanager
    def _writing(self) -> Any:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            yield
        except BaseException:
            self._connection.execute("ROLLBACK")
            raise
        self._connection.execute("COMMIT")

    def save(self) -> None:
        """Save a copy of all records."""
        self._saved = {
            table: self._connection.execute(f"SELECT * FROM {table}").fetchall()
            for table in self._columns
        }

    def restore(self, scene: Scene) -> None:
        """Restore all saved records, and set the columns of the node ``{node}`` to those of the scene."""
        with self._writing():
            for table, columns in self._columns.items():
                self._connection.execute(f"DELETE FROM {table}")
                places = ", ".join("?" * len(columns))
                self._connection.executemany(
                    f"INSERT INTO {table} VALUES ({places})", map(tuple, self._saved[table])
                )
            self._change("nodes", IDS["node"], dict(scene.columns))

    def change(self, table: str, uuid: str, values: dict[str, Any]) -> None:
        """Set columns of one record."""
        with self._writing():
            self._change(table, uuid, values)

    def _change(self, table: str, uuid: str, values: dict[str, Any]) -> None:
        known = {
            name: json.dumps(value) if isinstance(value, (dict, list)) else value
            for name, value in values.items()
            if name in self._columns[table]
        }
        if known:
            named = ", ".join(f"{name} = :{name}" for name in known)
            self._connection.execute(
                f"UPDATE {table} SET {named} WHERE uuid = :its_uuid", {**known, "its_uuid": uuid}
            )

    def insert(self, table: str, values: dict[str, Any]) -> None:
        """Insert a record of the node ``{node}``, if the database has this table."""
        if table not in self._columns:
            return
        with self._writing():
            node_id = self._connection.execute(
                "SELECT id FROM nodes WHERE uuid = ?", (IDS["node"],)
            ).fetchone()[0]
            every = {
                "node_id": node_id,
                "created_at": "2026-01-01 00:00:00.000000",
                "version": "1.0",
            }
            known = {k: v for k, v in {**every, **values}.items() if k in self._columns[table]}
            names = ", ".join(f'"{name}"' for name in known)
            places = ", ".join("?" * len(known))
            self._connection.execute(
                f"INSERT INTO {table} ({names}) VALUES ({places})",
                [json.dumps(v) if isinstance(v, (dict, list)) else v for v in known.values()],
            )

    def settle(self) -> bool:
        """Wait until no node is locked and no allocation is in search of one; return False if the wait timed out."""
        try:
            return wait_for(self._is_settled, "the end of the work", _SETTLED_WITHIN_S)
        except AssertionError:
            return False

    def _is_settled(self) -> bool:
        return not self._connection.execute(
            "SELECT EXISTS (SELECT 1 FROM nodes WHERE reservation IS NOT NULL) "
            "OR EXISTS (SELECT 1 FROM allocations WHERE state = 'allocating')"
        ).fetchone()[0]

    def after(self) -> list[str]:
        """Return the states of the node ``{node}``, one line each."""
        row = self._connection.execute(
            "SELECT * FROM nodes WHERE uuid = ?", (IDS["node"],)
        ).fetchone()
        return [] if row is None else [f"after {name} = {row[name]}" for name in _AFTER]
