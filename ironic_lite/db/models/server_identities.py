# SPDX-License-Identifier: Apache-2.0
"""What inspections have learned about which server a node is."""

import sqlalchemy as sa

from ironic_lite.db.models.base import MAC, NAME, UUID, belongs_to, column, table
from ironic_lite.db.types import UTCDateTime

_ADDRESS = sa.String(45)

SERVER_IDENTITIES = table(
    "server_identities",
    belongs_to("nodes", "node_id", unique=True),
    column("system_uuid", UUID, index=True),
    column("serial", NAME, index=True),
    column("bmc_mac", MAC, index=True),
    column("bmc_address", _ADDRESS, index=True),
    column("bmc_v6address", _ADDRESS, index=True),
    column("discovered_at", UTCDateTime),
    record="node_id",
)
"""The identity of a node's server, as its ramdisk reported it. ``serial`` begins with the manufacturer.
``discovered_at``: when the server was discovered; NULL: somebody else has enrolled the node."""
