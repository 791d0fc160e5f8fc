# SPDX-License-Identifier: Apache-2.0
"""The tables. Migrations make them; a test holds both against each other."""

from typing import cast

import sqlalchemy as sa
from sqlalchemy.orm import DeclarativeBase, declared_attr, mapped_column

from ironic_lite.db.types import JSONDict, JSONList, UTCDateTime

NAME = sa.String(255)
UUID = sa.String(36)
STATE = sa.String(32)


class Base(DeclarativeBase):
    """What all tables have. Text compares by bytes everywhere, so that names are as unique on MariaDB as elsewhere."""

    table_options = {
        "mysql_engine": "InnoDB",
        "mysql_charset": "utf8mb4",
        "mysql_collate": "utf8mb4_bin",
        # An id is never given to a second record: markers and locks may still name the first.
        "sqlite_autoincrement": True,
    }

    @declared_attr.directive
    @classmethod
    def __table_args__(cls):
        return (*getattr(cls, "constraints", ()), cls.table_options)

    id = mapped_column(sa.Integer, primary_key=True, autoincrement=True)
    created_at = mapped_column(UTCDateTime)
    updated_at = mapped_column(UTCDateTime)


class Node(Base):
    """A server. ``agent_*`` are columns of their own because heartbeats write them beside the lock's holder."""

    __tablename__ = "nodes"
    constraints = (
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

    uuid = mapped_column(UUID, nullable=False)
    name = mapped_column(NAME)
    instance_uuid = mapped_column(UUID)
    instance_name = mapped_column(NAME)
    description = mapped_column(sa.Text)

    driver = mapped_column(NAME)
    driver_info = mapped_column(JSONDict)
    driver_internal_info = mapped_column(JSONDict)
    properties = mapped_column(JSONDict)
    extra = mapped_column(JSONDict)
    instance_info = mapped_column(JSONDict)
    network_data = mapped_column(JSONDict)
    resource_class = mapped_column(sa.String(80))

    reservation = mapped_column(NAME)
    reservation_token = mapped_column(UUID)
    conductor_group = mapped_column(NAME, nullable=False)
    conductor_affinity = mapped_column(sa.Integer)

    power_state = mapped_column(STATE)
    target_power_state = mapped_column(STATE)
    provision_state = mapped_column(STATE)
    target_provision_state = mapped_column(STATE)
    provision_updated_at = mapped_column(UTCDateTime)
    last_error = mapped_column(sa.Text)
    fault = mapped_column(NAME)
    health = mapped_column(STATE)
    maintenance = mapped_column(sa.Boolean, nullable=False)
    maintenance_reason = mapped_column(sa.Text)
    console_enabled = mapped_column(sa.Boolean, nullable=False)
    inspection_started_at = mapped_column(UTCDateTime)
    inspection_finished_at = mapped_column(UTCDateTime)

    clean_step = mapped_column(JSONDict)
    deploy_step = mapped_column(JSONDict)
    service_step = mapped_column(JSONDict)
    raid_config = mapped_column(JSONDict)
    target_raid_config = mapped_column(JSONDict)
    automated_clean = mapped_column(sa.Boolean)
    boot_mode = mapped_column(STATE)
    secure_boot = mapped_column(sa.Boolean)
    disable_power_off = mapped_column(sa.Boolean, nullable=False)

    protected = mapped_column(sa.Boolean, nullable=False)
    protected_reason = mapped_column(sa.Text)
    retired = mapped_column(sa.Boolean, nullable=False)
    retired_reason = mapped_column(sa.Text)
    owner = mapped_column(NAME)
    lessee = mapped_column(NAME)
    shard = mapped_column(NAME)
    parent_node = mapped_column(UUID)

    bios_interface = mapped_column(NAME)
    boot_interface = mapped_column(NAME)
    console_interface = mapped_column(NAME)
    deploy_interface = mapped_column(NAME)
    firmware_interface = mapped_column(NAME)
    inspect_interface = mapped_column(NAME)
    management_interface = mapped_column(NAME)
    network_interface = mapped_column(NAME)
    power_interface = mapped_column(NAME)
    raid_interface = mapped_column(NAME)
    rescue_interface = mapped_column(NAME)
    storage_interface = mapped_column(NAME)
    vendor_interface = mapped_column(NAME)

    agent_url = mapped_column(sa.Text)
    agent_version = mapped_column(NAME)
    agent_last_heartbeat = mapped_column(UTCDateTime)
    agent_verify_ca = mapped_column(sa.Text)
    agent_secret_token = mapped_column(NAME)


class Port(Base):
    """A network interface of a node."""

    __tablename__ = "ports"
    constraints = (
        sa.UniqueConstraint("uuid", name="uniq_ports_uuid"),
        sa.UniqueConstraint("address", name="uniq_ports_address"),
        sa.UniqueConstraint("name", name="uniq_ports_name"),
        sa.Index("ix_ports_node_id", "node_id"),
    )

    uuid = mapped_column(UUID, nullable=False)
    node_id = mapped_column(
        sa.Integer,
        sa.ForeignKey("nodes.id", name="fk_ports_node_id", ondelete="CASCADE"),
        nullable=False,
    )
    address = mapped_column(sa.String(64), nullable=False)
    name = mapped_column(NAME)
    description = mapped_column(NAME)
    extra = mapped_column(JSONDict)
    internal_info = mapped_column(JSONDict)
    local_link_connection = mapped_column(JSONDict)
    physical_network = mapped_column(sa.String(64))
    pxe_enabled = mapped_column(sa.Boolean, nullable=False)
    is_smartnic = mapped_column(sa.Boolean, nullable=False)
    vendor = mapped_column(sa.String(32))
    category = mapped_column(sa.String(80))
    available_for_dynamic_portgroup = mapped_column(sa.Boolean, nullable=False)


class Conductor(Base):
    """A conductor process; ``updated_at`` is its last sign of life by the database server's clock."""

    __tablename__ = "conductors"
    constraints = (sa.UniqueConstraint("hostname", name="uniq_conductors_hostname"),)

    hostname = mapped_column(NAME, nullable=False)
    conductor_group = mapped_column(NAME, nullable=False)
    drivers = mapped_column(JSONList)
    incarnation = mapped_column(NAME, nullable=False)
    online = mapped_column(sa.Boolean, nullable=False)


class ConductorHardwareInterface(Base):
    """An implementation that a conductor has enabled for a hardware type."""

    __tablename__ = "conductor_hardware_interfaces"
    constraints = (
        sa.UniqueConstraint(
            "conductor_id",
            "hardware_type",
            "interface_type",
            "interface_name",
            name="uniq_conductor_hardware_interfaces",
        ),
    )

    conductor_id = mapped_column(
        sa.Integer,
        sa.ForeignKey(
            "conductors.id", name="fk_conductor_hardware_interfaces_conductor", ondelete="CASCADE"
        ),
        nullable=False,
    )
    hardware_type = mapped_column(sa.String(64), nullable=False)
    interface_type = mapped_column(sa.String(16), nullable=False)
    interface_name = mapped_column(sa.String(64), nullable=False)
    default = mapped_column(sa.Boolean, nullable=False)


def table(model: type[Base]) -> sa.Table:
    """The table behind a model, for statements that need no ORM."""
    return cast(sa.Table, model.__table__)
