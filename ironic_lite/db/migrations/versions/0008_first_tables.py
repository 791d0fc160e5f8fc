# SPDX-License-Identifier: Apache-2.0
"""The tables of the first release.

Its number is 8 because it replaces eight migrations of development versions, which no release had.
"""

import datetime
from collections.abc import Sequence
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
    _create_conductors()
    _create_nodes()
    _create_node_records()
    _create_ports_and_volumes()
    _create_allocations()
    _create_templates_and_rules()
    _create_keys_and_outbox()
    _insert_mutexes()


Columns = Sequence[str]


def _create(
    name: str,
    *items: Any,
    unique: Sequence[Columns] = (),
    indexes: Sequence[Columns] = (),
    number: Any = sa.Integer,
) -> None:
    # The collations of MariaDB and MySQL that compare all bytes, trailing blanks included.
    mariadb = getattr(op.get_bind().dialect, "is_mariadb", False)
    op.create_table(
        name,
        sa.Column("id", number, primary_key=True, autoincrement=True),
        sa.Column("created_at", MOMENT, nullable=False),
        sa.Column("updated_at", MOMENT),
        *items,
        *(sa.UniqueConstraint(*names, name="_".join(("uniq", name, *names))) for names in unique),
        mysql_engine="InnoDB",
        mysql_charset="utf8mb4",
        mysql_collate="utf8mb4_nopad_bin" if mariadb else "utf8mb4_0900_bin",
        sqlite_autoincrement=True,
    )
    for names in indexes:
        op.create_index("_".join(("ix", name, *names)), name, list(names))


def _belongs_to(owner: str, name: str, of: str) -> sa.Column[int]:
    key = sa.ForeignKey(f"{owner}.id", name=f"fk_{of}_{name}", ondelete="CASCADE")
    return sa.Column(name, sa.Integer, key, nullable=False)


def _insert_mutexes() -> None:
    mutexes = sa.table(
        "mutexes", sa.column("created_at", sa.DateTime), sa.column("name", sa.String)
    )
    now = datetime.datetime.now(datetime.UTC).replace(tzinfo=None)
    op.bulk_insert(mutexes, [{"created_at": now, "name": name} for name in MUTEXES])


def _create_conductors() -> None:
    _create(
        "conductors",
        sa.Column("hostname", NAME, nullable=False),
        sa.Column("conductor_group", NAME, nullable=False),
        sa.Column("drivers", sa.Text),
        sa.Column("incarnation", NAME, nullable=False),
        sa.Column("online", sa.Boolean, nullable=False),
        unique=[["hostname"]],
    )
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
        "chassis",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("description", NAME),
        sa.Column("extra", JSON),
        unique=[["uuid"]],
    )
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
        unique=[["instance_uuid"], ["name"], ["uuid"]],
        indexes=[
            ["chassis_id"],
            ["conductor_group"],
            ["created_at"],
            ["driver"],
            ["lessee"],
            ["owner"],
            ["parent_node"],
            ["provision_state"],
            ["reservation"],
            ["resource_class"],
            ["shard"],
        ],
    )
    _create(
        "node_traits",
        _belongs_to("nodes", "node_id", of="node_traits"),
        sa.Column("trait", NAME, nullable=False),
        unique=[["node_id", "trait"]],
        indexes=[["trait"]],
    )


def _create_node_records() -> None:
    _create(
        "bios_settings",
        _belongs_to("nodes", "node_id", of="bios_settings"),
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
        unique=[["node_id", "name"]],
    )
    _create(
        "firmware_components",
        _belongs_to("nodes", "node_id", of="firmware_components"),
        sa.Column("component", NAME, nullable=False),
        sa.Column("initial_version", NAME),
        sa.Column("current_version", NAME),
        sa.Column("last_version_flashed", NAME),
        sa.Column("vendor", NAME),
        sa.Column("model", NAME),
        sa.Column("serial_number", NAME),
        unique=[["node_id", "component"]],
    )
    _create(
        "node_history",
        sa.Column("uuid", UUID, nullable=False),
        _belongs_to("nodes", "node_id", of="node_history"),
        sa.Column("conductor", NAME),
        sa.Column("severity", NAME),
        sa.Column("event_type", NAME),
        sa.Column("event", sa.Text),
        sa.Column("user", NAME),
        sa.Column("project", NAME),
        sa.Column("state", NAME),
        sa.Column("target_provision_state", NAME),
        sa.Column("duration_seconds", sa.Integer),
        unique=[["uuid"]],
        indexes=[["created_at"], ["node_id"]],
    )
    _create(
        "node_inventory",
        _belongs_to("nodes", "node_id", of="node_inventory"),
        sa.Column("inventory_data", JSON),
        sa.Column("plugin_data", JSON),
        unique=[["node_id"]],
    )
    _create(
        "received_inventory",
        _belongs_to("nodes", "node_id", of="received_inventory"),
        sa.Column("inventory_data", JSON),
        sa.Column("plugin_data", JSON),
        unique=[["node_id"]],
    )
    _create(
        "node_journal",
        _belongs_to("nodes", "node_id", of="node_journal"),
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
        indexes=[["node_id", "id"]],
    )


def _create_ports_and_volumes() -> None:
    _create(
        "portgroups",
        sa.Column("uuid", UUID, nullable=False),
        _belongs_to("nodes", "node_id", of="portgroups"),
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
        unique=[["address"], ["name"], ["uuid"]],
        indexes=[["node_id"]],
    )
    _create(
        "ports",
        sa.Column("uuid", UUID, nullable=False),
        _belongs_to("nodes", "node_id", of="ports"),
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
        unique=[["address"], ["name"], ["uuid"]],
        indexes=[["node_id"], ["portgroup_id"]],
    )
    _create(
        "volume_connectors",
        sa.Column("uuid", UUID, nullable=False),
        _belongs_to("nodes", "node_id", of="volume_connectors"),
        sa.Column("type", STATE),
        sa.Column("connector_id", NAME),
        sa.Column("extra", JSON),
        unique=[["type", "connector_id"], ["uuid"]],
        indexes=[["node_id"]],
    )
    _create(
        "volume_targets",
        sa.Column("uuid", UUID, nullable=False),
        _belongs_to("nodes", "node_id", of="volume_targets"),
        sa.Column("volume_type", sa.String(64)),
        sa.Column("volume_id", NAME),
        sa.Column("boot_index", sa.Integer),
        sa.Column("properties", JSON),
        sa.Column("extra", JSON),
        unique=[["node_id", "boot_index"], ["uuid"]],
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
        unique=[["name"], ["node_id"], ["uuid"]],
        indexes=[["owner"], ["state"]],
    )


def _create_templates_and_rules() -> None:
    _create(
        "deploy_templates",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        sa.Column("steps", JSON),
        sa.Column("extra", JSON),
        unique=[["name"], ["uuid"]],
    )
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
        unique=[["name"], ["uuid"]],
        indexes=[["owner"]],
    )
    _create(
        "runbook_traits",
        _belongs_to("runbooks", "runbook_id", of="runbook_traits"),
        sa.Column("trait", NAME, nullable=False),
        unique=[["runbook_id", "trait"]],
    )
    _create(
        "inspection_rules",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("description", NAME),
        sa.Column("phase", sa.String(16), nullable=False),
        sa.Column("priority", sa.Integer, nullable=False),
        sa.Column("sensitive", sa.Boolean, nullable=False),
        sa.Column("conditions", JSON),
        sa.Column("actions", JSON),
        unique=[["uuid"]],
    )


def _create_keys_and_outbox() -> None:
    _create(
        "data_keys",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("wrapped_by", NAME, nullable=False),
        sa.Column("wrapped", sa.Text, nullable=False),
        sa.Column("in_rekey", sa.Boolean, nullable=False),
        unique=[["uuid"]],
    )
    _create(
        "mutexes",
        sa.Column("name", STATE, nullable=False),
        sa.Column("holder", NAME),
        sa.Column("held_at", MOMENT),
        unique=[["name"]],
    )
    _create(
        "notifications",
        sa.Column("message_id", UUID, nullable=False),
        sa.Column("lane", STATE, nullable=False),
        sa.Column("message", JSON, nullable=False),
        unique=[["message_id"]],
        indexes=[["lane", "id"]],
        number=sa.BigInteger().with_variant(sa.Integer, "sqlite"),
    )
