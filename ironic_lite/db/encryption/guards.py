# SPDX-License-Identifier: Apache-2.0
"""How the secrets of a column are found. Columns say it in their declaration (``secret=``)."""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ironic_lite.common import redaction
from ironic_lite.db.encryption.cipher import Place

SETTING = ("name", "attribute_type")
"""The columns that say what the value of a setting is."""


@dataclasses.dataclass(frozen=True)
class Guard:
    """How the secrets of a column are found.

    :param whole: the whole value is one; else what stands under the names of secrets, and credentials in URLs.
    :param late: the value stays encrypted when a record is read, until somebody asks for it: replies of the API hide
        it without ever decrypting it.
    :param also: further names of secrets.
    :param setting: the whole value is one if the name and the type that stand beside it (``SETTING``) say so.
    """

    whole: bool = False
    late: bool = False
    also: frozenset[str] = frozenset()
    setting: bool = False

    def holds_secrets(self, row: Mapping[str, Any]) -> bool:
        """Whether anything in the column of this row may have to be encrypted.

        :param row: with the columns of ``SETTING`` where ``setting`` is true.
        """
        if not self.setting:
            return True
        name, kind = SETTING
        return redaction.is_secret_setting(row[name], row.get(kind))

    def place(self, table: str, column: str, record: object, row: Any) -> Place:
        """What an encrypted value is bound to: elsewhere it is refused."""
        named = (str(row[SETTING[0]]),) if self.setting else ()
        return (table, column, str(record), *named)


NAMED = Guard()
WHOLE = Guard(whole=True)
LATE = Guard(late=True)
