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


def _columns(kind: Any, names: str, nullable: bool = True) -> list[sa.Column[Any]]:
    """Return columns of one type; their names are separated by blanks."""
    return [sa.Column(name, kind, nullable=nullable) for name in names.split()]


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
        *_columns(NAME, "hostname conductor_group incarnation", nullable=False),
        sa.Column("drivers", sa.Text),
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
        *_columns(sa.String(64), "hardware_type interface_name", nullable=False),
        sa.Column("interface_type", sa.String(16), nullable=False),
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
        *_columns(
            NAME,
            "name instance_name driver reservation fault owner lessee shard bios_interface "
            "boot_interface console_interface deploy_interface firmware_interface inspect_interface "
            "management_interface network_interface power_interface raid_interface rescue_interface "
            "storage_interface vendor_interface agent_version agent_secret_token",
        ),
        *_columns(UUID, "instance_uuid reservation_token operation parent_node"),
        *_columns(
            sa.Text,
            "description last_error maintenance_reason protected_reason retired_reason agent_url "
            "agent_verify_ca",
        ),
        *_columns(
            JSON,
            "driver_info driver_internal_info properties extra instance_info network_data "
            "clean_step deploy_step service_step raid_config target_raid_config",
        ),
        sa.Column("resource_class", sa.String(80)),
        *_columns(
            MOMENT,
            "reserved_at provision_updated_at inspection_started_at inspection_finished_at "
            "agent_last_heartbeat",
        ),
        sa.Column("conductor_group", NAME, nullable=False),
        sa.Column("conductor_affinity", sa.Integer),
        *_columns(STATE, "power_state target_power_state target_provision_state health boot_mode"),
        sa.Column("provision_state", STATE, nullable=False),
        *_columns(
            sa.Boolean,
            "maintenance console_enabled disable_power_off protected retired",
            nullable=False,
        ),
        *_columns(sa.Boolean, "automated_clean secure_boot"),
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
        *_columns(sa.Text, "value allowable_values"),
        sa.Column("attribute_type", NAME),
        *_columns(sa.BigInteger, "lower_bound upper_bound"),
        *_columns(sa.Integer, "min_length max_length"),
        *_columns(sa.Boolean, "read_only reset_required unique"),
        unique=[["node_id", "name"]],
    )
    _create(
        "firmware_components",
        _belongs_to("nodes", "node_id", of="firmware_components"),
        sa.Column("component", NAME, nullable=False),
        *_columns(
            NAME, "initial_version current_version last_version_flashed vendor model serial_number"
        ),
        unique=[["node_id", "component"]],
    )
    _create(
        "node_history",
        sa.Column("uuid", UUID, nullable=False),
        _belongs_to("nodes", "node_id", of="node_history"),
        *_columns(NAME, "conductor severity event_type user project state target_provision_state"),
        sa.Column("event", sa.Text),
        sa.Column("duration_seconds", sa.Integer),
        unique=[["uuid"]],
        indexes=[["created_at"], ["node_id"]],
    )
    _create(
        "node_inventory",
        _belongs_to("nodes", "node_id", of="node_inventory"),
        *_columns(JSON, "inventory_data plugin_data"),
        unique=[["node_id"]],
    )
    _create(
        "received_inventory",
        _belongs_to("nodes", "node_id", of="received_inventory"),
        *_columns(JSON, "inventory_data plugin_data"),
        unique=[["node_id"]],
    )
    _create(
        "node_journal",
        _belongs_to("nodes", "node_id", of="node_journal"),
        sa.Column("operation", UUID),
        *_columns(STATE, "kind outcome", nullable=False),
        *_columns(NAME, "subject conductor user project request_id"),
        sa.Column("detail", sa.Text),
        sa.Column("state", STATE),
        sa.Column("until", MOMENT),
        indexes=[["node_id", "id"]],
    )


def _create_ports_and_volumes() -> None:
    _create(
        "portgroups",
        sa.Column("uuid", UUID, nullable=False),
        _belongs_to("nodes", "node_id", of="portgroups"),
        *_columns(NAME, "name mode"),
        *_columns(sa.String(64), "address physical_network"),
        *_columns(JSON, "properties extra internal_info"),
        *_columns(sa.Boolean, "standalone_ports_supported dynamic_portgroup", nullable=False),
        sa.Column("category", sa.String(80)),
        unique=[["address"], ["name"], ["uuid"]],
        indexes=[["node_id"]],
    )
    _create(
        "ports",
        sa.Column("uuid", UUID, nullable=False),
        _belongs_to("nodes", "node_id", of="ports"),
        sa.Column("address", sa.String(64), nullable=False),
        *_columns(NAME, "name description"),
        *_columns(JSON, "extra internal_info local_link_connection"),
        sa.Column("physical_network", sa.String(64)),
        *_columns(
            sa.Boolean, "pxe_enabled is_smartnic available_for_dynamic_portgroup", nullable=False
        ),
        sa.Column("vendor", STATE),
        sa.Column("category", sa.String(80)),
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
        *_columns(JSON, "properties extra"),
        unique=[["node_id", "boot_index"], ["uuid"]],
    )


def _create_allocations() -> None:
    _create(
        "allocations",
        sa.Column("uuid", UUID, nullable=False),
        *_columns(NAME, "name owner"),
        sa.Column(
            "node_id",
            sa.Integer,
            sa.ForeignKey("nodes.id", name="fk_allocations_node_id", ondelete="CASCADE"),
        ),
        sa.Column("state", STATE, nullable=False),
        sa.Column("last_error", sa.Text),
        sa.Column("resource_class", sa.String(80)),
        *_columns(JSON, "traits candidate_nodes extra"),
        sa.Column("conductor_affinity", sa.Integer),
        unique=[["name"], ["node_id"], ["uuid"]],
        indexes=[["owner"], ["state"]],
    )


def _create_templates_and_rules() -> None:
    _create(
        "deploy_templates",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        *_columns(JSON, "steps extra"),
        unique=[["name"], ["uuid"]],
    )
    _create(
        "runbooks",
        sa.Column("uuid", UUID, nullable=False),
        sa.Column("name", NAME, nullable=False),
        *_columns(NAME, "description owner"),
        *_columns(JSON, "steps extra"),
        *_columns(sa.Boolean, "disable_ramdisk public", nullable=False),
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
        *_columns(JSON, "conditions actions"),
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
