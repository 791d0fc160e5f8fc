# SPDX-License-Identifier: Apache-2.0
"""The tables. Migrations make them; a test compares the two.

They have no mapped classes: no code needs an ORM, which takes 6 MB in every process.
"""

from ironic_lite.db.models.allocations import ALLOCATIONS
from ironic_lite.db.models.base import METADATA
from ironic_lite.db.models.conductors import CONDUCTORS, INTERFACES
from ironic_lite.db.models.data_keys import DATA_KEYS
from ironic_lite.db.models.images import IMAGE_LOCATIONS, IMAGES
from ironic_lite.db.models.node_records import (
    BIOS_SETTINGS,
    FIRMWARE_COMPONENTS,
    NODE_HISTORY,
    NODE_INVENTORY,
    NODE_JOURNAL,
    RECEIVED_INVENTORY,
)
from ironic_lite.db.models.nodes import CHASSIS, NODE_TRAITS, NODES
from ironic_lite.db.models.outbox import MUTEXES, NOTIFICATIONS
from ironic_lite.db.models.ports import PORTGROUPS, PORTS
from ironic_lite.db.models.server_identities import SERVER_IDENTITIES
from ironic_lite.db.models.templates_and_rules import (
    DEPLOY_TEMPLATES,
    INSPECTION_RULES,
    RUNBOOK_TRAITS,
    RUNBOOKS,
)
from ironic_lite.db.models.volumes import VOLUME_CONNECTORS, VOLUME_TARGETS
