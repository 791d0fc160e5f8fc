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
    "Ports",
    lambda ident: exception.PortNotFound(port=ident),
    known_by=("uuid", "address", "name"),
    taken={
        "uuid": lambda row: exception.PortAlreadyExists(uuid=row["uuid"]),
        "name": lambda row: exception.PortDuplicateName(name=row["name"]),
        "address": lambda row: exception.MACAlreadyExists(mac=row["address"]),
    },
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
    "Portgroups",
    lambda ident: exception.PortgroupNotFound(portgroup=ident),
    known_by=("uuid", "name"),
    taken={
        "uuid": lambda row: exception.PortgroupAlreadyExists(uuid=row["uuid"]),
        "name": lambda row: exception.PortgroupDuplicateName(name=row["name"]),
        "address": lambda row: exception.PortgroupMACAlreadyExists(mac=row["address"]),
    },
    derived=(belonging.node_uuid(PORTGROUPS),),
    filters={
        **belonging.filters(PORTGROUPS),
        "address": lambda value: PORTGROUPS.c.address == value.lower(),
    },
    content=(
        PORTS.c.portgroup_id,
        lambda row: exception.PortgroupNotEmpty(portgroup=row["uuid"]),
    ),
)
