# SPDX-License-Identifier: Apache-2.0
"""Nodes, chassis, and the traits of nodes."""

import sqlalchemy as sa

from ironic_lite.common import redaction, states
from ironic_lite.db.encryption.guards import LATE, Guard
from ironic_lite.db.models.base import (
    NAME,
    STATE,
    UUID,
    belongs_to,
    column,
    identity,
    revision,
    table,
)
from ironic_lite.db.types import FailureText, JSONDict, LowerCase, Remark, UTCDateTime

CHASSIS = table(
    "chassis",
    identity(),
    column("description", NAME, notified=True),
    column("extra", JSONDict, notified=True),
)
"""A chassis, which groups servers."""

NODES = table(
    "nodes",
    identity(),
    column("name", NAME, notified=True, unique=True),
    column("instance_uuid", UUID, notified=True, unique=True),
    column("instance_name", NAME),
    column("description", sa.Text, notified=True),
    column("driver", NAME, notified=True, index=True),
    column("driver_info", JSONDict, secret=LATE),
    column("driver_internal_info", JSONDict, secret=LATE),
    column("properties", JSONDict, notified=True),
    column("extra", JSONDict, notified=True),
    column("instance_info", JSONDict, secret=Guard(late=True, also=redaction.SECRET_INSTANCE_KEYS)),
    column("network_data", JSONDict),
    column("resource_class", sa.String(80), notified=True, index=True),
    column("reservation", NAME, fixed=True, index=True),
    column("reservation_token", UUID, hidden=True, internal=True),
    column("reserved_at", UTCDateTime, fixed=True),
    column(
        "conductor_group", LowerCase(255), nullable=False, default="", notified=True, index=True
    ),
    column("conductor_affinity", sa.Integer),
    column("power_state", STATE, notified=True),
    column("target_power_state", STATE, notified=True),
    column(
        "provision_state", STATE, nullable=False, default=states.ENROLL, notified=True, index=True
    ),
    column("target_provision_state", STATE, notified=True),
    column("provision_updated_at", UTCDateTime, notified=True),
    column("operation", UUID),
    column("last_error", FailureText, notified=True),
    column("fault", NAME, notified=True),
    column("health", STATE),
    column("maintenance", sa.Boolean, nullable=False, default=False, notified=True),
    column("maintenance_reason", FailureText, notified=True),
    column("console_enabled", sa.Boolean, nullable=False, default=False, notified=True),
    column("inspection_started_at", UTCDateTime, notified=True),
    column("inspection_finished_at", UTCDateTime, notified=True),
    column("clean_step", JSONDict, notified=True),
    column("deploy_step", JSONDict, notified=True),
    column("service_step", JSONDict),
    column("raid_config", JSONDict),
    column("target_raid_config", JSONDict),
    column("automated_clean", sa.Boolean),
    column("boot_mode", STATE, notified=True),
    column("secure_boot", sa.Boolean, notified=True),
    column("disable_power_off", sa.Boolean, nullable=False, default=False, notified=True),
    column("protected", sa.Boolean, nullable=False, default=False, notified=True),
    column("protected_reason", Remark, notified=True),
    column("retired", sa.Boolean, nullable=False, default=False, notified=True),
    column("retired_reason", Remark, notified=True),
    column("owner", NAME, notified=True, index=True),
    column("lessee", NAME, notified=True, index=True),
    column("shard", NAME, index=True),
    column("parent_node", UUID, index=True),
    column("bios_interface", NAME, notified=True),
    column("boot_interface", NAME, notified=True),
    column("console_interface", NAME, notified=True),
    column("deploy_interface", NAME, notified=True),
    column("firmware_interface", NAME),
    column("inspect_interface", NAME, notified=True),
    column("management_interface", NAME, notified=True),
    column("network_interface", NAME, notified=True),
    column("power_interface", NAME, notified=True),
    column("raid_interface", NAME, notified=True),
    column("rescue_interface", NAME, notified=True),
    column("storage_interface", NAME, notified=True),
    column("vendor_interface", NAME, notified=True),
    column("agent_url", sa.Text),
    column("agent_version", NAME),
    column("agent_last_heartbeat", UTCDateTime),
    column("agent_verify_ca", sa.Text),
    column("agent_secret_token", NAME, secret=Guard(whole=True, late=True), hidden=True),
    column("chassis_id", sa.Integer, sa.ForeignKey("chassis.id"), index=True),
    revision(),
    sa.Index(None, "created_at"),
)
"""A server. The ``agent_*`` columns are separate because heartbeats write them without the node's lock."""

NODE_TRAITS = table(
    "node_traits",
    belongs_to("nodes", "node_id"),
    column("trait", NAME, nullable=False, index=True),
    sa.UniqueConstraint("node_id", "trait"),
)
"""A trait of a node, which allocations can require."""
