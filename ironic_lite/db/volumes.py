# SPDX-License-Identifier: Apache-2.0
"""The rows of volume connectors and volume targets."""

from ironic_lite.common import exception
from ironic_lite.db import belonging
from ironic_lite.db.models import VOLUME_CONNECTORS, VOLUME_TARGETS
from ironic_lite.db.repository import Repository

volume_connectors = Repository(
    VOLUME_CONNECTORS,
    "Volume connectors",
    lambda ident: exception.VolumeConnectorNotFound(connector=ident),
    taken={
        "uuid": lambda row: exception.VolumeConnectorAlreadyExists(uuid=row["uuid"]),
        "type_connector_id": lambda row: exception.VolumeConnectorTypeAndIdAlreadyExists(
            type=row["type"], connector_id=row["connector_id"]
        ),
    },
    derived=(belonging.node_uuid(VOLUME_CONNECTORS),),
    filters=belonging.filters(VOLUME_CONNECTORS),
)

volume_targets = Repository(
    VOLUME_TARGETS,
    "Volume targets",
    lambda ident: exception.VolumeTargetNotFound(target=ident),
    taken={
        "uuid": lambda row: exception.VolumeTargetAlreadyExists(uuid=row["uuid"]),
        "node_id_boot_index": lambda row: exception.VolumeTargetBootIndexAlreadyExists(
            boot_index=row["boot_index"]
        ),
    },
    derived=(belonging.node_uuid(VOLUME_TARGETS),),
    filters=belonging.filters(VOLUME_TARGETS),
)
