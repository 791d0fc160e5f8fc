# SPDX-License-Identifier: Apache-2.0
"""Rules that find the secrets of a column. A column's declaration names its rule (``secret=``)."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ironic_lite.common import redaction
from ironic_lite.db.encryption.cipher import Place

SETTING = ("name", "attribute_type")
"""The columns that say whether the value of a setting is a secret."""


@dataclasses.dataclass(frozen=True)
class Guard:
    """The rule that finds the secrets of a column.

    :param whole: the whole value is a secret; otherwise the values under secret names, and credentials in URLs.
    :param late: a value that is read stays encrypted until it is used; API replies mask it without decrypting it.
    :param also: further secret names.
    :param setting: the whole value is a secret if the columns of ``SETTING`` say so.
    """

    whole: bool = False
    late: bool = False
    also: frozenset[str] = frozenset()
    setting: bool = False

    def holds_secrets(self, row: Mapping[str, Any]) -> bool:
        """Return whether the column of this row may hold secrets.

        :param row: the row, with the columns of ``SETTING`` if ``setting`` is true.
        """
        if not self.setting:
            return True
        name, kind = SETTING
        return redaction.is_secret_setting(row[name], row.get(kind))

    def place(self, table: str, column: str, record: object, row: Any) -> Place:
        """Return the place that an encrypted value is bound to; decryption fails in any other place."""
        named = (str(row[SETTING[0]]),) if self.setting else ()
        return (table, column, str(record), *named)


NAMED = Guard()
WHOLE = Guard(whole=True)
LATE = Guard(late=True)
