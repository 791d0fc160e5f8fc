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

    :ivar record: the column whose value names a record and never changes.
    :ivar late: the columns that stay encrypted until they are used; the others are decrypted when they are read.
    """

    def __init__(self, table: sa.Table):
        self.record = record_column(table)
        self._table = table.name
        self._guards = guards_of(table)
        self.late = tuple(name for name, guard in self._guards.items() if guard.late)
        self._early = tuple(name for name, guard in self._guards.items() if not guard.late)

    def needs_record(self, names: tuple[str, ...]) -> bool:
        """Return whether decrypting these columns needs the record's name and they do not include it."""
        return self.record not in names and any(name in self._early for name in names)

    def holds_secrets(self, row: Row) -> bool:
        """Return whether these columns may hold secrets."""
        return not self._guards.keys().isdisjoint(row)

    def encrypt(self, record: object, row: Row) -> Row:
        """Return the row with its secrets encrypted; the row itself when it holds none.

        :raises EncryptionKeyMissing, ConfigInvalid: when this process has no key.
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
        """Return a written row as it would be read.

        :param plain: the row before it was encrypted.
        """
        return {**written, **{name: plain[name] for name in self._early if name in plain}}

    def decrypt(self, row: Row) -> Row:
        """Decrypt the row's columns in place, except the late ones, and return the row.

        :raises EncryptionKeyMissing, ConfigInvalid: when this process has no key.
        """
        for name in self._early:
            if type(row.get(name)) in _READ_ENCRYPTED:
                row[name] = self.plain(row, name)
        return row

    def decrypt_all(
        self, rows: list[Row], names: tuple[str, ...], lent: tuple[str, ...]
    ) -> list[Row]:
        """Decrypt rows of these columns as :meth:`decrypt` does.

        :param lent: columns that were read only for the decryption; they are removed from the rows.
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
        """Return one column of a row, decrypted; ``encrypted.Unreadable`` replaces a value that cannot be decrypted.

        :param row: the row, with the column that names the record, and the columns of ``guards.SETTING`` for a setting.
        :raises EncryptionKeyMissing, ConfigInvalid: when this process has no key.
        """
        value = row[name]
        if name not in self._guards or not encrypted.holds_tokens(value):
            return value
        place = self._guards[name].place(self._table, name, row[self.record], row)
        return values.decrypt(keyring.current().key, value, place)
