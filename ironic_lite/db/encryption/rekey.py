# SPDX-License-Identifier: Apache-2.0
"""Encrypts all secrets with a new key, while the service runs.

Each row is one transaction. A column is written only if it still has the value that was read, so no other change is
lost and no lock is needed. The record's revision and dates do not change. If the run is cut off, the rows done so far
stay done, and the next run continues with the same key.
"""

import dataclasses
import time
from collections import Counter
from collections.abc import Callable, Iterator
from typing import Any

import sqlalchemy as sa
from oslo_utils import uuidutils
from sqlalchemy import exc

from ironic_lite.common import encrypted, json_reading
from ironic_lite.db import engine, retry, types
from ironic_lite.db.encryption import (
    cipher,
    data_keys,
    guards,
    keyring,
    values,
    wrapping,
)
from ironic_lite.db.models import METADATA
from ironic_lite.db.models.base import guards_of, record_column

_BATCH = 20
_TRIES = 5
_MOST_SWEEPS = 10

Row = dict[str, Any]


@dataclasses.dataclass
class Tally:
    """The counts of one pass over the database.

    :ivar by_key: number of values by the number of their data key.
    :ivar plain: number of values that are not encrypted.
    :ivar unreadable: rows with values that cannot be decrypted, as ``table id column``.
    :ivar written: number of rows that were written.
    :ivar left: number of rows that others kept changing.
    """

    by_key: Counter[int] = dataclasses.field(default_factory=Counter)
    plain: int = 0
    unreadable: list[str] = dataclasses.field(default_factory=list)
    written: int = 0
    left: int = 0


def run(report: Callable[[str], None]) -> Tally:
    """Encrypt all secrets with a new data key, or with the key of a run that was cut off, and wrap all data keys by the
    current wrapping key.

    :param report: called with a line for each action.
    :returns: the counts of the last pass.
    :raises EncryptionKeyMissing, ConfigInvalid: when a key is missing; nothing was changed.
    """
    ring = keyring.current()
    ring.load()
    uuid = uuidutils.generate_uuid()
    newest = data_keys.begin_rekey(uuid, wrapping.new(cipher.new_key(), uuid))
    began = time.monotonic()
    ring.load()
    report(f"{'New' if newest['uuid'] == uuid else 'Going on with'} data key {newest['id']}.")
    _rewrap(report)
    tally = _sweep(newest["id"])
    report(
        f"{tally.written} rows encrypted anew. Waiting until all processes have learned of the key."
    )
    # Twice as long, because a transaction that began with the old key may still be running.
    time.sleep(max(0.0, began + 2 * keyring.LEARNED_AFTER - time.monotonic()))
    for _ in range(_MOST_SWEEPS):
        tally = _sweep(newest["id"])
        if not tally.written and not tally.left:
            data_keys.end_rekey(newest["id"])
            break
    _erase_remnants(report)
    return tally


def look() -> Tally:
    """Count the values of the database, and change nothing."""
    tally = Tally()
    for sweeper in _sweepers(keyring.current().newest().number):
        for row in sweeper.all():
            sweeper.anew(row, tally)
    return tally


def _rewrap(report: Callable[[str], None]) -> None:
    name = wrapping.name()
    former = [row for row in data_keys.all_rows() if row["wrapped_by"] != name]
    for row in former:
        plain = wrapping.unwrap(row["wrapped_by"], row["wrapped"], row["uuid"])
        data_keys.rewrap(row["id"], *wrapping.wrap(plain, row["uuid"]))
    if former:
        report(
            f"{len(former)} data keys are wrapped by {name} now; their former wrapping key is not needed any more."
        )


def _sweep(number: int) -> Tally:
    tally = Tally()
    for sweeper in _sweepers(number):
        for row in sweeper.all():
            sweeper.rewrite(row, tally)
    return tally


def _sweepers(number: int) -> Iterator["_Sweeper"]:
    for table in METADATA.sorted_tables:
        if guards_of(table):
            yield _Sweeper(table, number)


class _Sweeper:
    """Encrypts one table's rows with the new key."""

    def __init__(self, table: sa.Table, number: int):
        self._table = table
        self._guards = guards_of(table)
        self._record = record_column(table)
        self._ring = keyring.current()
        self._key = self._ring.key(number)
        # As text: the stored text itself is compared and written.
        self._texts = {name: sa.type_coerce(table.c[name], sa.Text) for name in self._guards}
        setting = any(guard.setting for guard in self._guards.values())
        self._select = sa.select(
            table.c.id,
            table.c[self._record].label("record"),
            *(table.c[name] for name in guards.SETTING if setting),
            *(text.label(name) for name, text in self._texts.items()),
        ).order_by(table.c.id)

    def all(self) -> Iterator[Row]:
        """Yield the rows with their stored texts."""
        last = 0
        while batch := self._read(self._table.c.id > last):
            yield from batch
            last = batch[-1]["id"]

    @retry.on_transient_error
    def _read(self, condition: sa.ColumnElement[bool]) -> list[Row]:
        with engine.reader() as connection:
            found = connection.execute(self._select.where(condition).limit(_BATCH))
            return [dict(row) for row in found.mappings()]

    def rewrite(self, row: Row, tally: Tally) -> None:
        """Write the columns of a row that have to be encrypted with the new key."""
        for _ in range(_TRIES):
            new = self.anew(row, tally)
            if not new:
                return
            if self._write(row, new):
                tally.written += 1
                return
            again = self._read(self._table.c.id == row["id"])
            if not again:
                return
            (row,) = again
        tally.left += 1

    @retry.on_transient_error
    def _write(self, row: Row, new: dict[str, str]) -> bool:
        unchanged = [self._texts[name] == row[name] for name in new]
        written: Row = {name: sa.literal(text, sa.Text) for name, text in new.items()}
        if "revision" in self._table.c:
            written["revision"] = self._table.c.revision
        statement = sa.update(self._table).where(self._table.c.id == row["id"], *unchanged)
        with engine.writer() as connection:
            return connection.execute(statement.values(written)).rowcount == 1

    def anew(self, row: Row, tally: Tally) -> dict[str, str]:
        """Return the columns to write, with their new texts."""
        new = {}
        for name, guard in self._guards.items():
            # An encrypted value stays encrypted, even if it no longer counts as a secret.
            if row[name] is None or not (_tokens(row[name]) or guard.holds_secrets(row)):
                continue
            place = guard.place(self._table.name, name, row["record"], row)
            read, write = _form(self._table.c[name].type)
            plain = values.decrypt(self._ring.key, read(row[name]), place)
            text = write(values.encrypt(self._key, guard, plain, place))
            before, after = _tokens(row[name]), _tokens(text)
            tally.by_key += before
            tally.plain += max(0, after.total() - before.total())
            if any(number != self._key.number for number in after):
                tally.unreadable.append(f"{self._table.name} {row['record']} {name}")
            if before != after:
                new[name] = text
        return new


def _form(column: sa.types.TypeEngine[Any]) -> tuple[Callable[[str], Any], Callable[[Any], str]]:
    """Return the functions that parse and format the text of a column."""
    if isinstance(column, types.JSONDict):
        return types.read_dict, json_reading.to_text
    if isinstance(column, types.JSONList):
        return types.read_list, json_reading.to_text
    return str, str


def _tokens(text: str) -> Counter[int]:
    return Counter(int(found["key"]) for found in encrypted.TOKEN.finditer(text))


def _erase_remnants(report: Callable[[str], None]) -> None:
    """Vacuum an SQLite file, which keeps overwritten values in free pages and in its log."""
    if engine.get().dialect.name != "sqlite":
        return
    try:
        with engine.get().connect() as connection:
            connection.exec_driver_sql("VACUUM")
            busy = connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)").scalar()
    except exc.OperationalError as error:
        busy = str(error.orig)
    if busy:
        report(
            "The rows are encrypted, but the file could not be packed while others use it, and what was overwritten is "
            "still in it. Run this once more when the service is quiet."
        )
