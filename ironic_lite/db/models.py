# SPDX-License-Identifier: Apache-2.0
"""The tables. Migrations make them; a test holds both against each other.

They are plain tables without mapped classes: nothing here needs an ORM, which takes 6 MB of every process.
"""

from typing import Any

import sqlalchemy as sa

from ironic_lite.db.types import JSONDict, JSONList, UTCDateTime

METADATA = sa.MetaData()

NAME = sa.String(255)
UUID = sa.String(36)
STATE = sa.String(32)

_OPTIONS: dict[str, Any] = {
    # Text compares by bytes everywhere, so that names are as unique on MariaDB as elsewhere.
    "mysql_engine": "InnoDB",
    "mysql_charset": "utf8mb4",
    "mysql_collate": "utf8mb4_bin",
    # An id is never given to a second record: markers and locks may still name the first.
    "sqlite_autoincrement": True,
}


def _table(name: str, *items: Any) -> sa.Table:
    return sa.Table(
        name,
        METADATA,
        sa.Column("id", sa.Integer, primary_key=True, autoincrement=True),
        sa.Column("created_at", UTCDateTime, nullable=False),
        sa.Column("updated_at", UTCDateTime),
        *items,
        **_OPTIONS,
    )


NODES = _table(
    "nodes",
    sa.Column("uuid", UUID, nullable=False),
    sa.Column("name", NAME),
    sa.Column("instance_uuid", UUID),
    sa.Column("instance_name", NAME),
    sa.Column("description", sa.Text),
    sa.Column("driver", NAME),
    sa.Column("driver_info", JSONDict),
    sa.Column("driver_internal_info", JSONDict),
    sa.Column("properties", JSONDict),
    sa.Column("extra", JSONDict),
    sa.Column("instance_info", JSONDict),
    sa.Column("network_data", JSONDict),
    sa.Column("resource_class", sa.String(80)),
    sa.Column("reservation", NAME),
    sa.Column("reservation_token", UUID),
    sa.Column("conductor_group", NAME, nullable=False),
    sa.Column("conductor_affinity", sa.Integer),
    sa.Column("power_state", STATE),
    sa.Column("target_power_state", STATE),
    sa.Column("provision_state", STATE, nullable=False),
    sa.Column("target_provision_state", STATE),
    sa.Column("provision_updated_at", UTCDateTime),
    sa.Column("last_error", sa.Text),
    sa.Column("fault", NAME),
    sa.Column("health", STATE),
    sa.Column("maintenance", sa.Boolean, nullable=False),
    sa.Column("maintenance_reason", sa.Text),
    sa.Column("console_enabled", sa.Boolean, nullable=False),
    sa.Column("inspection_started_at", UTCDateTime),
    sa.Column("inspection_finished_at", UTCDateTime),
    sa.Column("clean_step", JSONDict),
    sa.Column("deploy_step", JSONDict),
    sa.Column("service_step", JSONDict),
    sa.Column("raid_config", JSONDict),
    sa.Column("target_raid_config", JSONDict),
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
    sa.Column("agent_last_heartbeat", UTCDateTime),
    sa.Column("agent_verify_ca", sa.Text),
    sa.Column("agent_secret_token", NAME),
    sa.UniqueConstraint("uuid", name="uniq_nodes_uuid"),
    sa.UniqueConstraint("name", name="uniq_nodes_name"),
    sa.UniqueConstraint("instance_uuid", name="uniq_nodes_instance_uuid"),
    sa.Index("ix_nodes_created_at", "created_at"),
    sa.Index("ix_nodes_provision_state", "provision_state"),
    sa.Index("ix_nodes_driver", "driver"),
    sa.Index("ix_nodes_conductor_group", "conductor_group"),
    sa.Index("ix_nodes_reservation", "reservation"),
    sa.Index("ix_nodes_owner", "owner"),
    sa.Index("ix_nodes_lessee", "lessee"),
    sa.Index("ix_nodes_shard", "shard"),
    sa.Index("ix_nodes_parent_node", "parent_node"),
    sa.Index("ix_nodes_resource_class", "resource_class"),
)
"""A server. ``agent_*`` are columns of their own because heartbeats write them beside the lock's holder."""

PORTS = _table(
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
    sa.Column("extra", JSONDict),
    sa.Column("internal_info", JSONDict),
    sa.Column("local_link_connection", JSONDict),
    sa.Column("physical_network", sa.String(64)),
    sa.Column("pxe_enabled", sa.Boolean, nullable=False),
    sa.Column("is_smartnic", sa.Boolean, nullable=False),
    sa.Column("vendor", sa.String(32)),
    sa.Column("category", sa.String(80)),
    sa.Column("available_for_dynamic_portgroup", sa.Boolean, nullable=False),
    sa.UniqueConstraint("uuid", name="uniq_ports_uuid"),
    sa.UniqueConstraint("address", name="uniq_ports_address"),
    sa.UniqueConstraint("name", name="uniq_ports_name"),
    sa.Index("ix_ports_node_id", "node_id"),
)
"""A network interface of a node."""

CONDUCTORS = _table(
    "conductors",
    sa.Column("hostname", NAME, nullable=False),
    sa.Column("conductor_group", NAME, nullable=False),
    sa.Column("drivers", JSONList),
    sa.Column("incarnation", NAME, nullable=False),
    sa.Column("online", sa.Boolean, nullable=False),
    sa.UniqueConstraint("hostname", name="uniq_conductors_hostname"),
)
"""A conductor process; ``updated_at`` is its last sign of life by the database server's clock."""

INTERFACES = _table(
    "conductor_hardware_interfaces",
    sa.Column(
        "conductor_id",
        sa.Integer,
        sa.ForeignKey(
            "conductors.id", name="fk_conductor_hardware_interfaces_conductor", ondelete="CASCADE"
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
"""An implementation that a conductor has enabled for a hardware type."""
