# SPDX-License-Identifier: Apache-2.0
"""The first tables: nodes, ports, conductors."""

from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0001"
down_revision = None
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


def upgrade() -> None:
    _create_conductors()
    _create_nodes()
    _create_conductor_hardware_interfaces()
    _create_ports()


def _create_conductors() -> None:
    op.create_table(
        "conductors",
        sa.Column("hostname", sa.String(255), nullable=False),
        sa.Column("conductor_group", sa.String(255), nullable=False),
        sa.Column("drivers", sa.Text),
        sa.Column("incarnation", sa.String(255), nullable=False),
        sa.Column("online", sa.Boolean, nullable=False),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
        sa.UniqueConstraint("hostname", name="uniq_conductors_hostname"),
        **TABLE_OPTIONS,
    )


def _create_nodes() -> None:
    op.create_table(
        "nodes",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("name", sa.String(255)),
        sa.Column("instance_uuid", sa.String(36)),
        sa.Column("instance_name", sa.String(255)),
        sa.Column("description", sa.Text),
        sa.Column("driver", sa.String(255)),
        sa.Column("driver_info", JSON),
        sa.Column("driver_internal_info", JSON),
        sa.Column("properties", JSON),
        sa.Column("extra", JSON),
        sa.Column("instance_info", JSON),
        sa.Column("network_data", JSON),
        sa.Column("resource_class", sa.String(80)),
        sa.Column("reservation", sa.String(255)),
        sa.Column("reservation_token", sa.String(36)),
        sa.Column("conductor_group", sa.String(255), nullable=False),
        sa.Column("conductor_affinity", sa.Integer),
        sa.Column("power_state", sa.String(32)),
        sa.Column("target_power_state", sa.String(32)),
        sa.Column("provision_state", sa.String(32), nullable=False),
        sa.Column("target_provision_state", sa.String(32)),
        sa.Column("provision_updated_at", MOMENT),
        sa.Column("last_error", sa.Text),
        sa.Column("fault", sa.String(255)),
        sa.Column("health", sa.String(32)),
        sa.Column("maintenance", sa.Boolean, nullable=False),
        sa.Column("maintenance_reason", sa.Text),
        sa.Column("console_enabled", sa.Boolean, nullable=False),
        sa.Column("inspection_started_at", MOMENT),
        sa.Column("inspection_finished_at", MOMENT),
        sa.Column("clean_step", JSON),
        sa.Column("deploy_step", JSON),
        sa.Column("service_step", JSON),
        sa.Column("raid_config", JSON),
        sa.Column("target_raid_config", JSON),
        sa.Column("automated_clean", sa.Boolean),
        sa.Column("boot_mode", sa.String(32)),
        sa.Column("secure_boot", sa.Boolean),
        sa.Column("disable_power_off", sa.Boolean, nullable=False),
        sa.Column("protected", sa.Boolean, nullable=False),
        sa.Column("protected_reason", sa.Text),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("retired_reason", sa.Text),
        sa.Column("owner", sa.String(255)),
        sa.Column("lessee", sa.String(255)),
        sa.Column("shard", sa.String(255)),
        sa.Column("parent_node", sa.String(36)),
        sa.Column("bios_interface", sa.String(255)),
        sa.Column("boot_interface", sa.String(255)),
        sa.Column("console_interface", sa.String(255)),
        sa.Column("deploy_interface", sa.String(255)),
        sa.Column("firmware_interface", sa.String(255)),
        sa.Column("inspect_interface", sa.String(255)),
        sa.Column("management_interface", sa.String(255)),
        sa.Column("network_interface", sa.String(255)),
        sa.Column("power_interface", sa.String(255)),
        sa.Column("raid_interface", sa.String(255)),
        sa.Column("rescue_interface", sa.String(255)),
        sa.Column("storage_interface", sa.String(255)),
        sa.Column("vendor_interface", sa.String(255)),
        sa.Column("agent_url", sa.Text),
        sa.Column("agent_version", sa.String(255)),
        sa.Column("agent_last_heartbeat", MOMENT),
        sa.Column("agent_verify_ca", sa.Text),
        sa.Column("agent_secret_token", sa.String(255)),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
        sa.UniqueConstraint("instance_uuid", name="uniq_nodes_instance_uuid"),
        sa.UniqueConstraint("name", name="uniq_nodes_name"),
        sa.UniqueConstraint("uuid", name="uniq_nodes_uuid"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_nodes_conductor_group", "nodes", ["conductor_group"])
    op.create_index("ix_nodes_created_at", "nodes", ["created_at"])
    op.create_index("ix_nodes_driver", "nodes", ["driver"])
    op.create_index("ix_nodes_lessee", "nodes", ["lessee"])
    op.create_index("ix_nodes_owner", "nodes", ["owner"])
    op.create_index("ix_nodes_parent_node", "nodes", ["parent_node"])
    op.create_index("ix_nodes_provision_state", "nodes", ["provision_state"])
    op.create_index("ix_nodes_reservation", "nodes", ["reservation"])
    op.create_index("ix_nodes_resource_class", "nodes", ["resource_class"])
    op.create_index("ix_nodes_shard", "nodes", ["shard"])


def _create_conductor_hardware_interfaces() -> None:
    op.create_table(
        "conductor_hardware_interfaces",
        sa.Column("conductor_id", sa.Integer, nullable=False),
        sa.Column("hardware_type", sa.String(64), nullable=False),
        sa.Column("interface_type", sa.String(16), nullable=False),
        sa.Column("interface_name", sa.String(64), nullable=False),
        sa.Column("default", sa.Boolean, nullable=False),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["conductor_id"],
            ["conductors.id"],
            name="fk_conductor_hardware_interfaces_conductor",
            ondelete="CASCADE",
        ),
        sa.UniqueConstraint(
            "conductor_id",
            "hardware_type",
            "interface_type",
            "interface_name",
            name="uniq_conductor_hardware_interfaces",
        ),
        **TABLE_OPTIONS,
    )


def _create_ports() -> None:
    op.create_table(
        "ports",
        sa.Column("uuid", sa.String(36), nullable=False),
        sa.Column("node_id", sa.Integer, nullable=False),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("name", sa.String(255)),
        sa.Column("description", sa.String(255)),
        sa.Column("extra", JSON),
        sa.Column("internal_info", JSON),
        sa.Column("local_link_connection", JSON),
        sa.Column("physical_network", sa.String(64)),
        sa.Column("pxe_enabled", sa.Boolean, nullable=False),
        sa.Column("is_smartnic", sa.Boolean, nullable=False),
        sa.Column("vendor", sa.String(32)),
        sa.Column("category", sa.String(80)),
        sa.Column("available_for_dynamic_portgroup", sa.Boolean, nullable=False),
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
        sa.ForeignKeyConstraint(
            ["node_id"], ["nodes.id"], name="fk_ports_node_id", ondelete="CASCADE"
        ),
        sa.UniqueConstraint("address", name="uniq_ports_address"),
        sa.UniqueConstraint("name", name="uniq_ports_name"),
        sa.UniqueConstraint("uuid", name="uniq_ports_uuid"),
        **TABLE_OPTIONS,
    )
    op.create_index("ix_ports_node_id", "ports", ["node_id"])
