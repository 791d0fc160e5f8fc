# SPDX-License-Identifier: Apache-2.0
"""Remote storage of a node: how it presents itself, and what it is to be connected to."""

from ironic_lite.db import volumes
from ironic_lite.objects import base, secrets
from ironic_lite.objects.record import OfNode


@base.register
class VolumeConnector(OfNode):
    """No two connectors have one type and one ``connector_id``."""

    REPOSITORY = volumes.volume_connectors


@secrets.register
class VolumeTarget(secrets.Secretive, OfNode):
    """No two targets of a node have one ``boot_index``."""

    GUARDED = volumes.volume_targets.guarded
    REPOSITORY = volumes.volume_targets
