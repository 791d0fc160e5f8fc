# SPDX-License-Identifier: Apache-2.0
"""The rows of volume connectors and volume targets."""

from ironic_lite.db import belonging
from ironic_lite.db.models import VOLUME_CONNECTORS, VOLUME_TARGETS
from ironic_lite.db.repository import Repository

volume_connectors = Repository(
    VOLUME_CONNECTORS,
    "volume connector",
    unique={"type_connector_id": "type {type} and connector ID {connector_id}"},
    derived=(belonging.node_uuid(VOLUME_CONNECTORS),),
    filters=belonging.filters(VOLUME_CONNECTORS),
)

volume_targets = Repository(
    VOLUME_TARGETS,
    "volume target",
    unique={"node_id_boot_index": "boot index '{boot_index}' for the same node"},
    derived=(belonging.node_uuid(VOLUME_TARGETS),),
    filters=belonging.filters(VOLUME_TARGETS),
)
