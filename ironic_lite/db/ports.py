# SPDX-License-Identifier: Apache-2.0
"""The rows of ports and portgroups."""

import sqlalchemy as sa

from ironic_lite.common import exception
from ironic_lite.db import belonging
from ironic_lite.db.models import PORTGROUPS, PORTS
from ironic_lite.db.repository import Condition, Repository, contains


def _in_portgroup(uuid: str) -> Condition:
    group = sa.select(PORTGROUPS.c.id).where(PORTGROUPS.c.uuid == uuid).scalar_subquery()
    return PORTS.c.portgroup_id == group


ports = Repository(
    PORTS,
    "port",
    exception.PortNotFound,
    known_by=("uuid", "address", "name"),
    derived=(
        belonging.node_uuid(PORTS),
        sa.select(PORTGROUPS.c.uuid)
        .where(PORTGROUPS.c.id == PORTS.c.portgroup_id)
        .scalar_subquery()
        .label("portgroup_uuid"),
    ),
    filters={
        **belonging.filters(PORTS),
        "address": lambda value: PORTS.c.address == value.lower(),
        "portgroup_uuid": _in_portgroup,
        "description_contains": lambda text: contains(PORTS.c.description, text),
    },
)

portgroups = Repository(
    PORTGROUPS,
    "portgroup",
    exception.PortgroupNotFound,
    known_by=("uuid", "name"),
    derived=(belonging.node_uuid(PORTGROUPS),),
    filters={
        **belonging.filters(PORTGROUPS),
        "address": lambda value: PORTGROUPS.c.address == value.lower(),
    },
    content=(PORTS.c.portgroup_id, "ports"),
)
