# SPDX-License-Identifier: Apache-2.0
"""Rows of a table, with their secrets encrypted or decrypted."""

from typing import Any

import sqlalchemy as sa

from ironic_lite.common import encrypted
from ironic_lite.db.encryption import keyring, values
from ironic_lite.db.models.base import guards_of, record_column

Row = dict[str, Any]

_READ_ENCRYPTED = (
    encrypted.EncryptedDict,
    encrypted.EncryptedList,
    encrypted.WholeDict,
    encrypted.WholeList,
)


class Guarded:
    """The secrets of one table.

    :ivar record: the column that names its records for good.
    :ivar late: the columns that stay encrypted until somebody asks for them; the others are decrypted as they are read.
    """

    def __init__(self, table: sa.Table):
        self.record = record_column(table)
        self._table = table.name
        self._guards = guards_of(table)
        self.late = tuple(name for name, guard in self._guards.items() if guard.late)
        self._early = tuple(name for name, guard in self._guards.items() if not guard.late)

    def needs_record(self, names: tuple[str, ...]) -> bool:
        """Whether rows of these columns are decrypted as they are read, and the record's name is not among them."""
        return self.record not in names and any(name in self._early for name in names)

    def holds_secrets(self, row: Row) -> bool:
        """Whether anything in these columns may have to be encrypted."""
        return not self._guards.keys().isdisjoint(row)

    def encrypt(self, record: object, row: Row) -> Row:
        """The row as it is to be written; the row itself when it holds no secret.

        :raises EncryptionKeyMissing, ConfigInvalid: this process has no key.
        """
        guarded = [
            name
            for name, guard in self._guards.items()
            if row.get(name) and guard.holds_secrets(row)
        ]
        if not guarded:
            return row
        key = keyring.current().newest()
        written = dict(row)
        for name in guarded:
            place = self._guards[name].place(self._table, name, record, row)
            written[name] = values.encrypt(key, self._guards[name], row[name], place)
        return written

    def as_read(self, written: Row, plain: Row) -> Row:
        """A row that was written, as it would be read.

        :param plain: before it was encrypted.
        """
        return {**written, **{name: plain[name] for name in self._early if name in plain}}

    def decrypt(self, row: Row) -> Row:
        """The row, in which what is decrypted at reading is decrypted now, in place.

        :raises EncryptionKeyMissing, ConfigInvalid: this process has no key.
        """
        for name in self._early:
            if type(row.get(name)) in _READ_ENCRYPTED:
                row[name] = self.plain(row, name)
        return row

    def decrypt_all(
        self, rows: list[Row], names: tuple[str, ...], lent: tuple[str, ...]
    ) -> list[Row]:
        """:meth:`decrypt` for rows of these columns.

        :param lent: those that were read for this alone, and leave the rows.
        """
        early = [name for name in self._early if name in names]
        for row in rows if early else ():
            for name in early:
                if type(row[name]) in _READ_ENCRYPTED:
                    row[name] = self.plain(row, name)
            for name in lent:
                del row[name]
        return rows

    def plain(self, row: Row | sa.RowMapping, name: str) -> Any:
        """One column of a row, decrypted. What cannot be has ``encrypted.Unreadable`` in its place.

        :param row: with the column that names the record, and those that say what the value is.
        :raises EncryptionKeyMissing, ConfigInvalid: this process has no key.
        """
        value = row[name]
        if name not in self._guards or not encrypted.holds_tokens(value):
            return value
        place = self._guards[name].place(self._table, name, row[self.record], row)
        return values.decrypt(keyring.current().key, value, place)
