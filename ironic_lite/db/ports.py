# SPDX-License-Identifier: Apache-2.0
"""The rows of ports and portgroups."""

import sqlalchemy as sa

from ironic_lite.common import exception
from ironic_lite.db import belonging
from ironic_lite.db.models import PORTGROUPS, PORTS
from ironic_lite.db.repository import Condition, Repository, among, contains, equals


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
    defaults={
        "pxe_enabled": True,
        "is_smartnic": False,
        "available_for_dynamic_portgroup": True,
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
        **equals(PORTS.c.name, PORTS.c.portgroup_id, PORTS.c.physical_network),
        "address": lambda value: PORTS.c.address == value.lower(),
        "portgroup_uuid": _in_portgroup,
        "description_contains": lambda text: contains(PORTS.c.description, text),
        "uuid_in": among(PORTS.c.uuid),
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
    defaults={"standalone_ports_supported": True, "dynamic_portgroup": False},
    derived=(belonging.node_uuid(PORTGROUPS),),
    filters={
        **belonging.filters(PORTGROUPS),
        **equals(PORTGROUPS.c.name),
        "address": lambda value: PORTGROUPS.c.address == value.lower(),
        "uuid_in": among(PORTGROUPS.c.uuid),
    },
    content=(
        PORTS.c.portgroup_id,
        lambda row: exception.PortgroupNotEmpty(portgroup=row["uuid"]),
    ),
)
