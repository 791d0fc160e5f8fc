# SPDX-License-Identifier: Apache-2.0
"""The rows of chassis."""

from ironic_lite.common import exception
from ironic_lite.db.models import CHASSIS, NODES
from ironic_lite.db.repository import Repository

chassis = Repository(
    CHASSIS, "chassis", exception.ChassisNotFound, content=(NODES.c.chassis_id, "nodes")
)
