# SPDX-License-Identifier: Apache-2.0
"""Volume connectors, a node's identities in a storage network, and volume targets, its remote volumes."""

from ironic_lite.db import volumes
from ironic_lite.objects import base, secrets
from ironic_lite.objects.record import OfNode


@base.register
class VolumeConnector(OfNode):
    """No two connectors have the same type and ``connector_id``."""

    REPOSITORY = volumes.volume_connectors


@secrets.register
class VolumeTarget(secrets.Secretive, OfNode):
    """No two targets of a node have the same ``boot_index``."""

    GUARDED = volumes.volume_targets.guarded
    REPOSITORY = volumes.volume_targets
