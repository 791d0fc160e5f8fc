# SPDX-License-Identifier: Apache-2.0
"""The rows of conductors: which are alive, and which hardware types and interfaces each has enabled.

A conductor is alive when it is online and its last keepalive (``updated_at``) is younger than
``[conductor] heartbeat_timeout``. Both times are from the database server's clock.
"""

from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from sqlalchemy import exc

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.db import engine, paging, retry
from ironic_lite.db.models import CONDUCTORS, INTERFACES
from ironic_lite.db.repository import holds_nul
from ironic_lite.db.types import server_time_ago

Row = dict[str, Any]
Interfaces = dict[str, dict[str, dict[str, Any]]]
"""``{hardware type: {interface type: {"enabled": [names], "default": name or None}}}``"""


def is_alive() -> sa.ColumnElement[bool]:
    """Return the condition, on rows of ``CONDUCTORS``, that the conductor is alive."""
    limit = server_time_ago(CONF.conductor.heartbeat_timeout)
    return sa.and_(CONDUCTORS.c.online.is_(sa.true()), CONDUCTORS.c.updated_at >= limit)


def _select() -> sa.Select[Any]:
    return sa.select(CONDUCTORS, is_alive().label("alive"), server_time_ago(0).label("server_time"))


def _as_row(mapping: Any) -> Row:
    """Return the row, with ``alive`` and ``silent_for`` (seconds since the last keepalive)."""
    row = dict(mapping)
    row["alive"] = bool(row["alive"])
    row["silent_for"] = (row.pop("server_time") - row["updated_at"]).total_seconds()
    return row


@retry.on_transient_error
def register(
    hostname: str,
    drivers: Iterable[str],
    conductor_group: str,
    incarnation: str,
    interfaces: Interfaces,
    replaces: str | None = None,
) -> Row:
    """Register a conductor that starts.

    :param replaces: an incarnation to replace even if it counts as alive.
    :raises ConductorAlreadyRegistered: when another incarnation of this host name is alive.
    """
    values = {
        "conductor_group": conductor_group,
        "drivers": sorted(drivers),
        "incarnation": incarnation,
        "online": True,
        "updated_at": server_time_ago(0),
    }
    named = CONDUCTORS.c.hostname == hostname
    may_replace = sa.or_(
        sa.not_(is_alive()), CONDUCTORS.c.incarnation.in_([incarnation, replaces or incarnation])
    )
    try:
        with engine.writer() as connection:
            if not connection.execute(
                sa.update(CONDUCTORS).where(named, may_replace).values(values)
            ).rowcount:
                if connection.execute(sa.select(CONDUCTORS.c.id).where(named)).first():
                    raise exception.ConductorAlreadyRegistered(conductor=hostname)
                connection.execute(
                    sa.insert(CONDUCTORS).values(
                        hostname=hostname, created_at=server_time_ago(0), **values
                    )
                )
            row = _as_row(connection.execute(_select().where(named)).mappings().one())
            _write_interfaces(connection, row["id"], interfaces)
            return row
    except exc.IntegrityError:
        # Another process with this host name registered at the same moment.
        raise exception.ConductorAlreadyRegistered(conductor=hostname) from None


def _write_interfaces(connection: sa.Connection, conductor_id: int, interfaces: Interfaces) -> None:
    connection.execute(sa.delete(INTERFACES).where(INTERFACES.c.conductor_id == conductor_id))
    rows = [
        {
            "conductor_id": conductor_id,
            "hardware_type": hardware_type,
            "interface_type": interface_type,
            "interface_name": name,
            "default": name == choice["default"],
            "created_at": server_time_ago(0),
        }
        for hardware_type, types in interfaces.items()
        for interface_type, choice in types.items()
        for name in choice["enabled"]
    ]
    for row in rows:
        connection.execute(sa.insert(INTERFACES).values(row))


@retry.on_transient_error
def touch(hostname: str, incarnation: str) -> None:
    """See ``Conductor.touch``."""
    named = CONDUCTORS.c.hostname == hostname
    statement = (
        sa.update(CONDUCTORS)
        .where(named, CONDUCTORS.c.incarnation == incarnation)
        .values(online=True, updated_at=server_time_ago(0))
    )
    with engine.writer() as connection:
        if connection.execute(statement).rowcount:
            return
        if connection.execute(sa.select(CONDUCTORS.c.id).where(named)).first():
            raise exception.ConductorSuperseded(conductor=hostname)
        raise exception.ConductorNotFound(conductor=hostname)


@retry.on_transient_error
def unregister(hostname: str, incarnation: str) -> None:
    """See ``Conductor.unregister``."""
    statement = (
        sa.update(CONDUCTORS)
        .where(CONDUCTORS.c.hostname == hostname, CONDUCTORS.c.incarnation == incarnation)
        .values(online=False)
    )
    with engine.writer() as connection:
        connection.execute(statement)


def _is_called(hostname: str) -> sa.ColumnElement[bool]:
    return sa.false() if holds_nul(hostname) else CONDUCTORS.c.hostname == hostname


@retry.on_transient_error
def get_by_hostname(hostname: str) -> Row:
    """See ``Conductor.get_by_hostname``."""
    with engine.reader() as connection:
        found = connection.execute(_select().where(_is_called(hostname)))
        row = found.mappings().first()
    if row is None:
        raise exception.ConductorNotFound(conductor=hostname)
    return _as_row(row)


@retry.on_transient_error
def rows(
    limit: int | None = None,
    marker: str | None = None,
    sort_key: str = "id",
    sort_dir: str = "asc",
) -> list[Row]:
    """Return a page of conductors; the marker is a host name."""
    sort_column = paging.sort_column(CONDUCTORS, sort_key)
    with engine.reader() as connection:
        behind = None
        if marker is not None:
            found = connection.execute(
                sa.select(sort_column, CONDUCTORS.c.id).where(_is_called(marker))
            ).first()
            if found is None:
                raise exception.ConductorNotFound(conductor=marker)
            behind = (found[0], found[1])
        statement = paging.apply(
            _select(), connection.dialect.name, sort_column, sort_dir, limit, behind
        )
        return [_as_row(row) for row in connection.execute(statement).mappings()]


@retry.on_transient_error
def interfaces() -> Interfaces:
    """See ``Conductor.interfaces``."""
    statement = (
        sa.select(
            INTERFACES.c.hardware_type,
            INTERFACES.c.interface_type,
            INTERFACES.c.interface_name,
            INTERFACES.c.default,
        )
        .join(CONDUCTORS, CONDUCTORS.c.id == INTERFACES.c.conductor_id)
        .where(is_alive())
        .order_by(INTERFACES.c.hardware_type, INTERFACES.c.interface_type, INTERFACES.c.id)
    )
    merged: Interfaces = {}
    with engine.reader() as connection:
        for hardware_type, interface_type, name, default in connection.execute(statement):
            choice = merged.setdefault(hardware_type, {}).setdefault(
                interface_type, {"enabled": [], "default": None}
            )
            if name not in choice["enabled"]:
                choice["enabled"].append(name)
            if default and choice["default"] is None:
                choice["default"] = name
    return merged
