# SPDX-License-Identifier: Apache-2.0
"""Which server a node is: what inspections have learned, and the search for a server that may be known."""

from collections.abc import Callable, Collection, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_utils import timeutils, uuidutils

from ironic_lite.common import exception, states
from ironic_lite.db import engine, mutexes, retry
from ironic_lite.db.models import NODES, PORTS, SERVER_IDENTITIES
from ironic_lite.db.ports import ports
from ironic_lite.db.repository import Also, Row

MUTEX = "discovery"

_c = SERVER_IDENTITIES.c

KEYS = ("system_uuid", "serial", "bmc_mac", "bmc_address", "bmc_v6address")
"""The columns that identify a server."""

_BMC_ADDRESSES = ("bmc_address", "bmc_v6address")

_MOST = 20
"""Nodes that a search returns at most."""


@retry.on_transient_error
def store(node_id: int, identity: Row) -> None:
    """Replace what is known about the identity of a node's server; the system UUID stays if the new one is not known.

    :param identity: values of ``KEYS``.
    :raises NodeNotFound: when there is no such node.
    """
    now = timeutils.utcnow(with_timezone=True)
    values = {name: identity.get(name) for name in KEYS}
    with engine.writer() as connection:
        node = sa.select(NODES.c.id).where(NODES.c.id == node_id).with_for_update()
        if connection.execute(node).first() is None:
            raise exception.NodeNotFound(node=node_id)
        changed = sa.update(SERVER_IDENTITIES).where(_c.node_id == node_id)
        # Only the firmware tells it, at some boots.
        kept = {key: value for key, value in values.items() if value or key != "system_uuid"}
        if connection.execute(changed.values(**kept, updated_at=now)).rowcount == 0:
            connection.execute(
                sa.insert(SERVER_IDENTITIES), {**values, "node_id": node_id, "created_at": now}
            )


@retry.on_transient_error
def alike(identity: Row, macs: Collection[str]) -> list[Row]:
    """Return the nodes that have one of these MAC addresses, or share a part of this identity.

    :returns: for each node ``node_id``, ``uuid``, ``provision_state``, the columns of its identity, ``discovered_at``,
        ``macs``: those of the given ones that it has ports with, and ``named``: whether its ``driver_info`` names an
        address of the BMC.
    """
    with engine.reader() as connection:
        return _alike(connection, identity, macs)


def _alike(
    connection: sa.Connection, identity: Row, macs: Collection[str], but: int | None = None
) -> list[Row]:
    of_macs = sa.select(PORTS.c.node_id, PORTS.c.address).where(PORTS.c.address.in_(list(macs)))
    owners = connection.execute(of_macs).all()
    shared = [_c[name] == identity[name] for name in KEYS if identity.get(name)]
    bmcs = {identity[name] for name in _BMC_ADDRESSES if identity.get(name)}
    text = sa.type_coerce(NODES.c.driver_info, sa.Text)
    # Finds few rows, whose keys are looked at below.
    mentioned = [text.contains(f'"{address}"', autoescape=True) for address in sorted(bmcs)]
    statement = (
        sa.select(
            NODES.c.id.label("node_id"),
            *(NODES.c[name] for name in ("uuid", "provision_state", "driver_info")),
            *(_c[name] for name in (*KEYS, "discovered_at")),
        )
        .select_from(sa.outerjoin(NODES, SERVER_IDENTITIES, NODES.c.id == _c.node_id))
        .where(
            NODES.c.id.is_distinct_from(but),
            sa.or_(NODES.c.id.in_({node_id for node_id, _ in owners}), *shared, *mentioned),
        )
        .order_by(NODES.c.id)
        .limit(_MOST)
    )
    found = []
    for row in connection.execute(statement).mappings():
        one = dict(row)
        one["named"] = bool(bmcs & bmc_addresses(one.pop("driver_info")))
        one["macs"] = {address for node_id, address in owners if node_id == one["node_id"]}
        if one["named"] or one["macs"] or _shares(one, identity):
            found.append(one)
    return found


def _shares(row: Row, identity: Row) -> bool:
    """Tell whether a part of the identity is the same. The blades of a chassis may all report its serial number."""
    same = {name for name in KEYS if identity.get(name) and row[name] == identity[name]}
    if row["system_uuid"] and identity.get("system_uuid") and "system_uuid" not in same:
        same.discard("serial")
    return bool(same)


def bmc_addresses(driver_info: Row) -> set[str]:
    """Return the addresses that a node's ``driver_info`` names."""
    return {
        value
        for key, value in driver_info.items()
        if key.endswith("_address") and isinstance(value, str)
    }


def waiting_condition() -> sa.ColumnElement[bool]:
    """Return the condition, on nodes joined with identities, that a discovered server waits to be accepted."""
    return sa.and_(NODES.c.provision_state == states.ENROLL, _c.discovered_at.is_not(None))


def _waiting() -> sa.Select[Any]:
    joined = sa.join(NODES, SERVER_IDENTITIES, NODES.c.id == _c.node_id)
    return sa.select(sa.func.count()).select_from(joined).where(waiting_condition())


@retry.on_transient_error
def waiting() -> int:
    """Return the number of discovered servers that wait to be accepted."""
    with engine.reader() as connection:
        return int(connection.execute(_waiting()).scalar_one())


def enrolment(
    identity: Row, nics: Sequence[Row], most: int, known: Exception, too_many: Exception
) -> Also:
    """Return the work that belongs to the creation of a discovered server's node: its identity and its ports.

    Only one server at a time is enrolled in the cluster, so that two inventories of one server make one node.

    :param nics: ``address``, ``pxe_enabled`` and ``extra`` of the ports.
    :param known: raised when a node like it exists already.
    :param too_many: raised when more than ``most`` discovered servers would wait.
    """
    now = timeutils.utcnow(with_timezone=True)
    values = {name: identity.get(name) for name in KEYS}
    made = [{**ports.defaults, "uuid": uuidutils.generate_uuid(), **nic} for nic in nics]

    def also(connection: sa.Connection, read: Callable[[], Row]) -> None:
        mutexes.lock(connection, MUTEX)
        node_id = read()["id"]
        if _alike(connection, identity, [nic["address"] for nic in nics], but=node_id):
            raise known
        row = {**values, "node_id": node_id, "created_at": now, "discovered_at": now}
        connection.execute(sa.insert(SERVER_IDENTITIES), row)
        if connection.execute(_waiting()).scalar_one() > most:
            raise too_many
        for port in made:
            connection.execute(sa.insert(PORTS), {**port, "node_id": node_id, "created_at": now})

    return also
