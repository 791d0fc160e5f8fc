# SPDX-License-Identifier: Apache-2.0
"""Which columns hold secrets.

A test looks at every column of text or JSON: it is here, or in the test's list of those that hold none.
"""

import dataclasses
from collections.abc import Mapping
from typing import Any

from ironic_lite.common import redaction
from ironic_lite.db.encryption.cipher import Place


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


SETTING = ("name", "attribute_type")
"""The columns that say what the value of a setting is."""


_NAMED = Guard()
_WHOLE = Guard(whole=True)
_LATE = Guard(late=True)

COLUMNS: dict[str, dict[str, Guard]] = {
    "nodes": {
        "driver_info": _LATE,
        "driver_internal_info": _LATE,
        "instance_info": Guard(late=True, also=redaction.SECRET_INSTANCE_KEYS),
        "agent_secret_token": Guard(whole=True, late=True),
        "properties": _NAMED,
        "extra": _NAMED,
        "network_data": _NAMED,
        "clean_step": _NAMED,
        "deploy_step": _NAMED,
        "service_step": _NAMED,
        "raid_config": _NAMED,
        "target_raid_config": _NAMED,
    },
    "chassis": {"extra": _NAMED},
    "ports": {"extra": _NAMED, "internal_info": _NAMED, "local_link_connection": _NAMED},
    "portgroups": {"extra": _NAMED, "internal_info": _NAMED, "properties": _NAMED},
    "volume_connectors": {"extra": _NAMED},
    "volume_targets": {"properties": _LATE, "extra": _NAMED},
    "allocations": {"extra": _NAMED},
    "deploy_templates": {"steps": _NAMED, "extra": _NAMED},
    "runbooks": {"steps": _NAMED, "extra": _NAMED},
    # A rule sets a password by its path, not under its name.
    "inspection_rules": {"conditions": _WHOLE, "actions": _WHOLE},
    # What servers send has any shape: logs, the output of commands.
    "node_inventory": {"inventory_data": _WHOLE, "plugin_data": _WHOLE},
    "received_inventory": {"inventory_data": _WHOLE, "plugin_data": _WHOLE},
    "notifications": {"message": _WHOLE},
    "bios_settings": {"value": Guard(whole=True, late=True, setting=True)},
}

_RECORD = {
    "bios_settings": "node_id",
    "node_inventory": "node_id",
    "received_inventory": "node_id",
    "notifications": "message_id",
}


def record_column(table: str) -> str:
    """The column that names a record of this table for good."""
    return _RECORD.get(table, "uuid")


def late(table: str) -> dict[str, Guard]:
    """The columns that stay encrypted until somebody asks for them."""
    return {name: guard for name, guard in COLUMNS.get(table, {}).items() if guard.late}


def early(table: str) -> dict[str, Guard]:
    """The columns that are decrypted as they are read."""
    return {name: guard for name, guard in COLUMNS.get(table, {}).items() if not guard.late}
