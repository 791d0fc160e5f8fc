# SPDX-License-Identifier: Apache-2.0
"""The tables of the other resources; nodes know their chassis, and ports their portgroup."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

TABLE_OPTIONS: dict[str, Any] = {
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    "sqlite_autoincrement": True,
}


def _common() -> list[sa.Column[Any]]:
    return [
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
    ]


def upgrade() -> None:
    _create_chassis()
    _create_portgroups()
    _create_node_traits()
    _create_volume_connectors()
    _create_volume_targets()
    _create_allocations()
    _create_deploy_templates()
    _create_runbooks()
    _create_runbook_traits()
    _create_inspection_rules()
    _create_bios_settings()
    _create_firmware_components()
    _create_node_history()
    _create_node_inventory()
    _refer("nodes", "chassis_id", "chassis", ondelete=None)
    _refer("ports", "portgroup_id", "portgroups", ondelete="SET NULL")


def _refer(table: str, column: str, to: str, ondelete: str | None) -> None:
    """Add a nullable column with the id of a record of another table."""
    key = f"fk_{table}_{column}"
    if op.get_bind().dialect.name == "sqlite":
        # The only way to add a foreign key to a table of SQLite is with its column.
        rule = f" ON DELETE {ondelete}" if ondelete else ""
        op.execute(
            f"ALTER TABLE {table} ADD COLUMN {column} INTEGER CONSTRAINT {key} REFERENCES {to} (id){rule}"
        )
    else:
        op.add_column(table, sa.Column(column, sa.Integer))
        op.create_foreign_key(key, table, to, [column], ["id"], ondelete=ondelete)
    op.create_index(f"ix_{table}_{column}", table, [column])


def _create_chassis() -> None:
    op.create_table(
        "chassis",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("description", sa.String(255)),
        sa.Column("extra", JSON),
        *_common(),
        sa.UniqueConstraint("uuid", name="uniq_chassis_uuid"),
        **TABLE_OPTIONS,
    )


def _create_portgroups() -> None:
    op.create_table(
        "portgroups",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("node_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(255)),
        sa.Column("address", sa.String(64)),
        sa.Column("mode", sa.String(255)),
        sa.Column("properties", JSON),
        sa.Column("extra", JSON),
        sa.Column("internal_info", JSON),
        sa.Column("standalone_ports_supported", sa.Boolean, nullable=False),
        sa.Column("physical_network", sa.String(64)),
        sa.Column("category", sa.String(80)),
        sa.Column("dynamic_portgroup", sa.Boolean, nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(
            ["node_id"], ["nodes.id"], name="fk_portgroups_node_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("address", name="uniq_portgroups_address"),
        sa.UniqueConstraint("name", name="uniq_portgroups_name"),
        sa.UniqueConstraint("uuid", name="uniq_portgroups_uuid"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_portgroups_node_id", "portgroups", ["node_id"])


def _create_node_traits() -> None:
    op.create_table(
        "node_traits",
        sa.Column("node_id", sa.Integer, nullable=False),
        sa.Column("trait", sa.String(255), nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(
            ["node_id"], ["nodes.id"], name="fk_node_traits_node_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("node_id", "trait", name="uniq_node_traits_node_id_trait"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_node_traits_trait", "node_traits", ["trait"])


def _create_volume_connectors() -> None:
    op.create_table(
        "volume_connectors",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("node_id", sa.Integer, nullable=False),
        sa.Column("type", sa.String(32)),
        sa.Column("connector_id", sa.String(255)),
        sa.Column("extra", JSON),
        *_common(),
        sa.ForeignKeyConstraint(
            ["node_id"], ["nodes.id"], name="fk_volume_connectors_node_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "type", "connector_id", name="uniq_volume_connectors_type_connector_id"
        ),
        sa.UniqueConstraint("uuid", name="uniq_volume_connectors_uuid"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_volume_connectors_node_id", "volume_connectors", ["node_id"])


def _create_volume_targets() -> None:
    op.create_table(
        "volume_targets",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("node_id", sa.Integer, nullable=False),
        sa.Column("volume_type", sa.String(64)),
        sa.Column("volume_id", sa.String(255)),
        sa.Column("boot_index", sa.Integer),
        sa.Column("properties", JSON),
        sa.Column("extra", JSON),
        *_common(),
        sa.ForeignKeyConstraint(
            ["node_id"], ["nodes.id"], name="fk_volume_targets_node_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("node_id", "boot_index", name="uniq_volume_targets_node_id_boot_index"),
        sa.UniqueConstraint("uuid", name="uniq_volume_targets_uuid"),
        **TABLE_OPTIONS,
    )


def _create_allocations() -> None:
    op.create_table(
        "allocations",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255)),
        sa.Column("node_id", sa.Integer),
        sa.Column("state", sa.String(32), nullable=False),
        sa.Column("owner", sa.String(255)),
        sa.Column("last_error", sa.Text),
        sa.Column("resource_class", sa.String(80)),
        sa.Column("traits", JSON),
        sa.Column("candidate_nodes", JSON),
        sa.Column("extra", JSON),
        sa.Column("conductor_affinity", sa.Integer),
        *_common(),
        sa.ForeignKeyConstraint(
            ["node_id"], ["nodes.id"], name="fk_allocations_node_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("name", name="uniq_allocations_name"),
        sa.UniqueConstraint("node_id", name="uniq_allocations_node_id"),
        sa.UniqueConstraint("uuid", name="uniq_allocations_uuid"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_allocations_owner", "allocations", ["owner"])
    op.create_index("ix_allocations_state", "allocations", ["state"])


def _create_deploy_templates() -> None:
    op.create_table(
        "deploy_templates",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("steps", JSON),
        sa.Column("extra", JSON),
        *_common(),
        sa.UniqueConstraint("name", name="uniq_deploy_templates_name"),
        sa.UniqueConstraint("uuid", name="uniq_deploy_templates_uuid"),
        **TABLE_OPTIONS,
    )


def _create_runbooks() -> None:
    op.create_table(
        "runbooks",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("description", sa.String(255)),
        sa.Column("steps", JSON),
        sa.Column("disable_ramdisk", sa.Boolean, nullable=False),
        sa.Column("extra", JSON),
        sa.Column("public", sa.Boolean, nullable=False),
        sa.Column("owner", sa.String(255)),
        *_common(),
        sa.UniqueConstraint("name", name="uniq_runbooks_name"),
        sa.UniqueConstraint("uuid", name="uniq_runbooks_uuid"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_runbooks_owner", "runbooks", ["owner"])


def _create_runbook_traits() -> None:
    op.create_table(
        "runbook_traits",
        sa.Column("runbook_id", sa.Integer, nullable=False),
        sa.Column("trait", sa.String(255), nullable=False),
        *_common(),
        sa.ForeignKeyConstraint(
            ["runbook_id"], ["runbooks.id"], name="fk_runbook_traits_runbook_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("runbook_id", "trait", name="uniq_runbook_traits_runbook_id_trait"),
        **TABLE_OPTIONS,
    )


def _create_inspection_rules() -> None:
    op.create_table(
        "inspection_rules",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("description", sa.String(255)),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("sensitive", sa.Boolean, nullable=False),
        sa.Column("conditions", JSON),
        sa.Column("actions", JSON),
        *_common(),
        sa.UniqueConstraint("uuid", name="uniq_inspection_rules_uuid"),
        **TABLE_OPTIONS,
    )


def _create_bios_settings() -> None:
    op.create_table(
        "bios_settings",
        sa.Column("node_id", sa.Integer, nullable=False),
        sa.Column("name", sa.String(255), nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("attribute_type", sa.String(255)),
        sa.Column("allowable_values", sa.Text),
        sa.Column("lower_bound", sa.BigInteger),
        sa.Column("upper_bound", sa.BigInteger),
        sa.Column("min_length", sa.Integer),
        sa.Column("max_length", sa.Integer),
        sa.Column("read_only", sa.Boolean),
        sa.Column("reset_required", sa.Boolean),
        sa.Column("unique", sa.Boolean),
        *_common(),
        sa.ForeignKeyConstraint(
            ["node_id"], ["nodes.id"], name="fk_bios_settings_node_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("node_id", "name", name="uniq_bios_settings_node_id_name"),
        **TABLE_OPTIONS,
    )


def _create_firmware_components() -> None:
    op.create_table(
        "firmware_components",
        sa.Column("node_id", sa.Integer, nullable=False),
        sa.Column("component", sa.String(255), nullable=False),
        sa.Column("initial_version", sa.String(255)),
        sa.Column("current_version", sa.String(255)),
        sa.Column("last_version_flashed", sa.String(255)),
        sa.Column("vendor", sa.String(255)),
        sa.Column("model", sa.String(255)),
        sa.Column("serial_number", sa.String(255)),
        *_common(),
        sa.ForeignKeyConstraint(
            ["node_id"], ["nodes.id"], name="fk_firmware_components_node_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint(
            "node_id", "component", name="uniq_firmware_components_node_id_component"
        ),
        **TABLE_OPTIONS,
    )


def _create_node_history() -> None:
    op.create_table(
        "node_history",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("node_id", sa.Integer, nullable=False),
        sa.Column("conductor", sa.String(255)),
        sa.Column("severity", sa.String(255)),
        sa.Column("event_type", sa.String(255)),
        sa.Column("event", sa.Text),
        sa.Column("user", sa.String(255)),
        sa.Column("project", sa.String(255)),
        sa.Column("state", sa.String(255)),
        sa.Column("target_provision_state", sa.String(255)),
        sa.Column("duration_seconds", sa.Integer),
        *_common(),
        sa.ForeignKeyConstraint(
            ["node_id"], ["nodes.id"], name="fk_node_history_node_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("uuid", name="uniq_node_history_uuid"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_node_history_created_at", "node_history", ["created_at"])
    op.create_index("ix_node_history_node_id", "node_history", ["node_id"])


def _create_node_inventory() -> None:
    op.create_table(
        "node_inventory",
        sa.Column("node_id", sa.Integer, nullable=False),
        sa.Column("inventory_data", JSON),
        sa.Column("plugin_data", JSON),
        *_common(),
        sa.ForeignKeyConstraint(
            ["node_id"], ["nodes.id"], name="fk_node_inventory_node_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("node_id", name="uniq_node_inventory_node_id"),
        **TABLE_OPTIONS,
    )
