# SPDX-License-Identifier: Apache-2.0
"""The rows of chassis."""

from ironic_lite.common import exception
from ironic_lite.db.models import CHASSIS, NODES
from ironic_lite.db.repository import Repository

chassis = Repository(
    CHASSIS,
    "Chassis",
    lambda ident: exception.ChassisNotFound(chassis=ident),
    taken={"uuid": lambda row: exception.ChassisAlreadyExists(uuid=row["uuid"])},
    content=(NODES.c.chassis_id, lambda row: exception.ChassisNotEmpty(chassis=row["uuid"])),
)
