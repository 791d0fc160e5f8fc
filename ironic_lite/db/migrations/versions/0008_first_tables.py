# SPDX-License-Identifier: Apache-2.0
"""The tables of the first release.

Its number is 8 because it replaces eight migrations of development versions, which no release had.
"""

import datetime
from typing import Any

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import mysql

revision = "0008"
down_revision = None
branch_labels = None
depends_on = None

NAME = sa.String(255)
UUID = sa.String(36)
STATE = sa.String(32)
JSON = sa.Text().with_variant(mysql.LONGTEXT(), "mysql", "mariadb")
MOMENT = sa.DateTime().with_variant(mysql.DATETIME(fsp=6), "mysql", "mariadb")

LANES = 16
MUTEXES = (
    "deploying",
    "cleaning",
    *(f"notifications {lane}" for lane in range(LANES)),
    "data keys",
)


def upgrade() -> None:
    _create_chassis()
    _create_conductors()
    _create_data_keys()
    _create_deploy_templates()
    _create_inspection_rules()
    _create_mutexes()
    _create_notifications()
    _create_runbooks()
    _create_conductor_hardware_interfaces()
    _create_nodes()
    _create_runbook_traits()
    _create_allocations()
    _create_bios_settings()
    _create_firmware_components()
    _create_node_history()
    _create_node_inventory()
    _create_node_journal()
    _create_node_traits()
    _create_portgroups()
    _create_received_inventory()
    _create_volume_connectors()
    _create_volume_targets()
    _create_ports()
    _insert_mutexes()


def _create(name: str, *items: Any, number: Any = sa.Integer) -> None:
    # The collations of MariaDB and MySQL that compare all bytes, trailing blanks included.
    mariadb = getattr(op.get_bind().dialect, "is_mariadb", False)
    op.create_table(
        name,
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
        *items,
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin",
        sqlite_autoincrement=True,
    )


def _insert_mutexes() -> None:
    mutexes = sa.table(
        "mutexes", sa.column("created_at", sa.DateTime), sa.column("name", sa.String)
    )
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    op.bulk_insert(mutexes, [{"created_at": now, "name": name} for name in MUTEXES])


def _create_chassis() -> None:
    _create(
        "chassis",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("description", NAME),
        sa.Column("extra", JSON),
        sa.UniqueConstraint("uuid", name="uniq_chassis_uuid"),
    )


def _create_conductors() -> None:
    _create(
        "conductors",
        sa.Column("hostname", NAME, nullable=False),
        sa.Column("conductor_group", NAME, nullable=False),
        sa.Column("drivers", sa.Text),
        sa.Column("incarnation", NAME, nullable=False),
        sa.Column("online", sa.Boolean, nullable=False),
        sa.UniqueConstraint("hostname", name="uniq_conductors_hostname"),
    )


def _create_data_keys() -> None:
    _create(
        "data_keys",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("wrapped_by", NAME, nullable=False),
        sa.Column("wrapped", sa.Text, nullable=False),
        sa.Column("in_rekey", sa.Boolean, nullable=False),
        sa.UniqueConstraint("uuid", name="uniq_data_keys_uuid"),
    )


def _create_deploy_templates() -> None:
    _create(
        "deploy_templates",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("steps", JSON),
        sa.Column("extra", JSON),
        sa.UniqueConstraint("name", name="uniq_deploy_templates_name"),
        sa.UniqueConstraint("uuid", name="uniq_deploy_templates_uuid"),
    )


def _create_inspection_rules() -> None:
    _create(
        "inspection_rules",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("description", NAME),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("sensitive", sa.Boolean, nullable=False),
        sa.Column("conditions", JSON),
        sa.Column("actions", JSON),
        sa.UniqueConstraint("uuid", name="uniq_inspection_rules_uuid"),
    )


def _create_mutexes() -> None:
    _create(
        "mutexes",
        sa.Column("name", STATE, nullable=False),
        sa.Column("holder", NAME),
        sa.Column("held_at", MOMENT),
        sa.UniqueConstraint("name", name="uniq_mutexes_name"),
    )


def _create_notifications() -> None:
    _create(
        "notifications",
        sa.Column("message_id", UUID, nullable=False),
        sa.Column("lane", STATE, nullable=False),
        sa.Column("message", JSON, nullable=False),
        sa.UniqueConstraint("message_id", name="uniq_notifications_message_id"),
        number=sa.BigInteger().with_variant(sa.Integer, "sqlite"),
    )
    op.create_index("ix_notifications_lane_id", "notifications", ["lane", "id"])


def _create_runbooks() -> None:
    _create(
        "runbooks",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("description", NAME),
        sa.Column("steps", JSON),
        sa.Column("disable_ramdisk", sa.Boolean, nullable=False),
        sa.Column("extra", JSON),
        sa.Column("public", sa.Boolean, nullable=False),
        sa.Column("owner", NAME),
        sa.UniqueConstraint("name", name="uniq_runbooks_name"),
        sa.UniqueConstraint("uuid", name="uniq_runbooks_uuid"),
    )
    op.create_index("ix_runbooks_owner", "runbooks", ["owner"])


def _create_conductor_hardware_interfaces() -> None:
    _create(
        "conductor_hardware_interfaces",
        sa.Column(
            "conductor_id",
            sa.Integer,
            sa.ForeignKey(
                "conductors.id",
                name="fk_conductor_hardware_interfaces_conductor",
                ondelete="CASCADE",
            ),
            nullable=False,
        ),
        sa.Column("hardware_type", sa.String(64), nullable=False),
        sa.Column("interface_type", sa.String(16), nullable=False),
        sa.Column("interface_name", sa.String(64), nullable=False),
        sa.Column("default", sa.Boolean, nullable=False),
        sa.UniqueConstraint(
            "conductor_id",
            "hardware_type",
            "interface_type",
            "interface_name",
            name="uniq_conductor_hardware_interfaces",
        ),
    )


def _create_nodes() -> None:
    _create(
        "nodes",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("name", NAME),
        sa.Column("instance_uuid", UUID),
        sa.Column("instance_name", NAME),
        sa.Column("description", sa.Text),
        sa.Column("driver", NAME),
        sa.Column("driver_info", JSON),
        sa.Column("driver_internal_info", JSON),
        sa.Column("properties", JSON),
        sa.Column("extra", JSON),
        sa.Column("instance_info", JSON),
        sa.Column("network_data", JSON),
        sa.Column("resource_class", sa.String(80)),
        sa.Column("reservation", NAME),
        sa.Column("reservation_token", UUID),
        sa.Column("reserved_at", MOMENT),
        sa.Column("conductor_group", NAME, nullable=False),
        sa.Column("conductor_affinity", sa.Integer),
        sa.Column("power_state", STATE),
        sa.Column("target_power_state", STATE),
        sa.Column("provision_state", STATE, nullable=False),
        sa.Column("target_provision_state", STATE),
        sa.Column("provision_updated_at", MOMENT),
        sa.Column("operation", UUID),
        sa.Column("last_error", sa.Text),
        sa.Column("fault", NAME),
        sa.Column("health", STATE),
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
        sa.Column("boot_mode", STATE),
        sa.Column("secure_boot", sa.Boolean),
        sa.Column("disable_power_off", sa.Boolean, nullable=False),
        sa.Column("protected", sa.Boolean, nullable=False),
        sa.Column("protected_reason", sa.Text),
        sa.Column("retired", sa.Boolean, nullable=False),
        sa.Column("retired_reason", sa.Text),
        sa.Column("owner", NAME),
        sa.Column("lessee", NAME),
        sa.Column("shard", NAME),
        sa.Column("parent_node", UUID),
        sa.Column("bios_interface", NAME),
        sa.Column("boot_interface", NAME),
        sa.Column("console_interface", NAME),
        sa.Column("deploy_interface", NAME),
        sa.Column("firmware_interface", NAME),
        sa.Column("inspect_interface", NAME),
        sa.Column("management_interface", NAME),
        sa.Column("network_interface", NAME),
        sa.Column("power_interface", NAME),
        sa.Column("raid_interface", NAME),
        sa.Column("rescue_interface", NAME),
        sa.Column("storage_interface", NAME),
        sa.Column("vendor_interface", NAME),
        sa.Column("agent_url", sa.Text),
        sa.Column("agent_version", NAME),
        sa.Column("agent_last_heartbeat", MOMENT),
        sa.Column("agent_verify_ca", sa.Text),
        sa.Column("agent_secret_token", NAME),
        sa.Column(
            "chassis_id", sa.Integer, sa.ForeignKey("chassis.id", name="fk_nodes_chassis_id")
        ),
        sa.Column("revision", sa.String(16)),
        sa.UniqueConstraint("instance_uuid", name="uniq_nodes_instance_uuid"),
        sa.UniqueConstraint("name", name="uniq_nodes_name"),
        sa.UniqueConstraint("uuid", name="uniq_nodes_uuid"),
    )
    op.create_index("ix_nodes_chassis_id", "nodes", ["chassis_id"])
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


def _create_runbook_traits() -> None:
    _create(
        "runbook_traits",
        sa.Column(
            "runbook_id",
            sa.Integer,
            sa.ForeignKey("runbooks.id", name="fk_runbook_traits_runbook_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("trait", NAME, nullable=False),
        sa.UniqueConstraint("runbook_id", "trait", name="uniq_runbook_traits_runbook_id_trait"),
    )


def _create_allocations() -> None:
    _create(
        "allocations",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("name", NAME),
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_allocations_node_id", ondelete="CASCADE"),
        ),
        sa.Column("state", STATE, nullable=False),
        sa.Column("owner", NAME),
        sa.Column("last_error", sa.Text),
        sa.Column("resource_class", sa.String(80)),
        sa.Column("traits", JSON),
        sa.Column("candidate_nodes", JSON),
        sa.Column("extra", JSON),
        sa.Column("conductor_affinity", sa.Integer),
        sa.UniqueConstraint("name", name="uniq_allocations_name"),
        sa.UniqueConstraint("node_id", name="uniq_allocations_node_id"),
        sa.UniqueConstraint("uuid", name="uniq_allocations_uuid"),
    )
    op.create_index("ix_allocations_owner", "allocations", ["owner"])
    op.create_index("ix_allocations_state", "allocations", ["state"])


def _create_bios_settings() -> None:
    _create(
        "bios_settings",
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_bios_settings_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("name", NAME, nullable=False),
        sa.Column("value", sa.Text),
        sa.Column("attribute_type", NAME),
        sa.Column("allowable_values", sa.Text),
        sa.Column("lower_bound", sa.BigInteger),
        sa.Column("upper_bound", sa.BigInteger),
        sa.Column("min_length", sa.Integer),
        sa.Column("max_length", sa.Integer),
        sa.Column("read_only", sa.Boolean),
        sa.Column("reset_required", sa.Boolean),
        sa.Column("unique", sa.Boolean),
        sa.UniqueConstraint("node_id", "name", name="uniq_bios_settings_node_id_name"),
    )


def _create_firmware_components() -> None:
    _create(
        "firmware_components",
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_firmware_components_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("component", NAME, nullable=False),
        sa.Column("initial_version", NAME),
        sa.Column("current_version", NAME),
        sa.Column("last_version_flashed", NAME),
        sa.Column("vendor", NAME),
        sa.Column("model", NAME),
        sa.Column("serial_number", NAME),
        sa.UniqueConstraint(
            "node_id", "component", name="uniq_firmware_components_node_id_component"
        ),
    )


def _create_node_history() -> None:
    _create(
        "node_history",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_node_history_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("conductor", NAME),
        sa.Column("severity", NAME),
        sa.Column("event_type", NAME),
        sa.Column("event", sa.Text),
        sa.Column("user", NAME),
        sa.Column("project", NAME),
        sa.Column("state", NAME),
        sa.Column("target_provision_state", NAME),
        sa.Column("duration_seconds", sa.Integer),
        sa.UniqueConstraint("uuid", name="uniq_node_history_uuid"),
    )
    op.create_index("ix_node_history_created_at", "node_history", ["created_at"])
    op.create_index("ix_node_history_node_id", "node_history", ["node_id"])


def _create_node_inventory() -> None:
    _create(
        "node_inventory",
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_node_inventory_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("inventory_data", JSON),
        sa.Column("plugin_data", JSON),
        sa.UniqueConstraint("node_id", name="uniq_node_inventory_node_id"),
    )


def _create_node_journal() -> None:
    _create(
        "node_journal",
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_node_journal_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("operation", UUID),
        sa.Column("kind", STATE, nullable=False),
        sa.Column("subject", NAME),
        sa.Column("outcome", STATE, nullable=False),
        sa.Column("detail", sa.Text),
        sa.Column("state", STATE),
        sa.Column("until", MOMENT),
        sa.Column("conductor", NAME),
        sa.Column("user", NAME),
        sa.Column("project", NAME),
        sa.Column("request_id", NAME),
    )
    op.create_index("ix_node_journal_node_id_id", "node_journal", ["node_id", "id"])


def _create_node_traits() -> None:
    _create(
        "node_traits",
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_node_traits_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("trait", NAME, nullable=False),
        sa.UniqueConstraint("node_id", "trait", name="uniq_node_traits_node_id_trait"),
    )
    op.create_index("ix_node_traits_trait", "node_traits", ["trait"])


def _create_portgroups() -> None:
    _create(
        "portgroups",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_portgroups_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("name", NAME),
        sa.Column("address", sa.String(64)),
        sa.Column("mode", NAME),
        sa.Column("properties", JSON),
        sa.Column("extra", JSON),
        sa.Column("internal_info", JSON),
        sa.Column("standalone_ports_supported", sa.Boolean, nullable=False),
        sa.Column("physical_network", sa.String(64)),
        sa.Column("category", sa.String(80)),
        sa.Column("dynamic_portgroup", sa.Boolean, nullable=False),
        sa.UniqueConstraint("address", name="uniq_portgroups_address"),
        sa.UniqueConstraint("name", name="uniq_portgroups_name"),
        sa.UniqueConstraint("uuid", name="uniq_portgroups_uuid"),
    )
    op.create_index("ix_portgroups_node_id", "portgroups", ["node_id"])


def _create_received_inventory() -> None:
    _create(
        "received_inventory",
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_received_inventory_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("inventory_data", JSON),
        sa.Column("plugin_data", JSON),
        sa.UniqueConstraint("node_id", name="uniq_received_inventory_node_id"),
    )


def _create_volume_connectors() -> None:
    _create(
        "volume_connectors",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_volume_connectors_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("type", STATE),
        sa.Column("connector_id", NAME),
        sa.Column("extra", JSON),
        sa.UniqueConstraint(
            "type", "connector_id", name="uniq_volume_connectors_type_connector_id"
        ),
        sa.UniqueConstraint("uuid", name="uniq_volume_connectors_uuid"),
    )
    op.create_index("ix_volume_connectors_node_id", "volume_connectors", ["node_id"])


def _create_volume_targets() -> None:
    _create(
        "volume_targets",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_volume_targets_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("volume_type", sa.String(64)),
        sa.Column("volume_id", NAME),
        sa.Column("boot_index", sa.Integer),
        sa.Column("properties", JSON),
        sa.Column("extra", JSON),
        sa.UniqueConstraint("node_id", "boot_index", name="uniq_volume_targets_node_id_boot_index"),
        sa.UniqueConstraint("uuid", name="uniq_volume_targets_uuid"),
    )


def _create_ports() -> None:
    _create(
        "ports",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_ports_node_id", ondelete="CASCADE"),
            nullable=False,
        ),
        sa.Column("address", sa.String(64), nullable=False),
        sa.Column("name", NAME),
        sa.Column("description", NAME),
        sa.Column("extra", JSON),
        sa.Column("internal_info", JSON),
        sa.Column("local_link_connection", JSON),
        sa.Column("physical_network", sa.String(64)),
        sa.Column("pxe_enabled", sa.Boolean, nullable=False),
        sa.Column("is_smartnic", sa.Boolean, nullable=False),
        sa.Column("vendor", STATE),
        sa.Column("category", sa.String(80)),
        sa.Column("available_for_dynamic_portgroup", sa.Boolean, nullable=False),
        sa.Column(
            "portgroup_id",
            sa.Integer,
            sa.ForeignKey("portgroups.id", name="fk_ports_portgroup_id", ondelete="SET NULL"),
        ),
        sa.Column("revision", sa.String(16)),
        sa.UniqueConstraint("address", name="uniq_ports_address"),
        sa.UniqueConstraint("name", name="uniq_ports_name"),
        sa.UniqueConstraint("uuid", name="uniq_ports_uuid"),
    )
    op.create_index("ix_ports_node_id", "ports", ["node_id"])
    op.create_index("ix_ports_portgroup_id", "ports", ["portgroup_id"])
