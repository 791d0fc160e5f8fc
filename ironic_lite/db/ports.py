# SPDX-License-Identifier: Apache-2.0
"""The rows of ports. Each row also has ``node_uuid``, of the node that it belongs to."""

import contextlib
import uuid as uuid_module
from collections.abc import Iterable
from typing import Any

import sqlalchemy as sa
from oslo_utils import netutils, timeutils, uuidutils
from sqlalchemy import exc

from ironic_lite.common import exception
from ironic_lite.db import engine, errors, paging, retry
from ironic_lite.db.models import NODES, PORTS

Row = dict[str, Any]

_NODE_UUID = NODES.c.uuid.label("node_uuid")
_JOINED = PORTS.join(NODES, PORTS.c.node_id == NODES.c.id)
_DEFAULTS: Row = {
    "pxe_enabled": True,
    "is_smartnic": False,
    "available_for_dynamic_portgroup": True,
}

FILTERS = {
    "address": lambda value: PORTS.c.address == value.lower(),
    "name": lambda value: PORTS.c.name == value,
    "node_id": lambda value: PORTS.c.node_id == value,
    "node_uuid": lambda value: NODES.c.uuid == value,
    "owner": lambda value: NODES.c.owner == value,
    "project": lambda value: sa.or_(NODES.c.owner == value, NODES.c.lessee == value),
    "uuid_in": lambda values: PORTS.c.uuid.in_(list(values)),
    "shard": lambda values: NODES.c.shard.in_(list(values)),
    "conductor_group_in": lambda values: NODES.c.conductor_group.in_(list(values)),
}
"""Filter name -> condition from its value."""


def _one(connection: sa.Connection, condition: sa.ColumnElement[bool], ident: object) -> Row:
    statement = sa.select(PORTS, _NODE_UUID).select_from(_JOINED).where(condition)
    row = connection.execute(statement).mappings().first()
    if row is None:
        raise exception.PortNotFound(port=ident)
    return dict(row)


def create(values: Row) -> Row:
    """Insert a port.

    :raises MACAlreadyExists: ``PortAlreadyExists`` and ``PortDuplicateName`` likewise.
    :raises NodeNotFound: when there is no node of its ``node_id``.
    """
    own = {"uuid": uuidutils.generate_uuid(), "created_at": timeutils.utcnow(with_timezone=True)}
    return _insert({**_DEFAULTS, **own, **values})


@retry.on_transient_error
def _insert(values: Row) -> Row:
    try:
        with engine.writer() as connection:
            connection.execute(sa.insert(PORTS).values(values))
            return _one(connection, PORTS.c.uuid == values["uuid"], values["uuid"])
    except exc.IntegrityError as error:
        if retry.is_repeated() and (row := _own_insert(values)):
            return row
        raise _translate_violation(error, values) from None


def _own_insert(values: Row) -> Row | None:
    """What a former try of this insert committed though its answer was lost."""
    with contextlib.suppress(exception.PortNotFound):
        row = get(values["uuid"])
        if row["created_at"] == values["created_at"]:
            return row
    return None


def _translate_violation(error: exc.IntegrityError, values: Row) -> Exception:
    match errors.violated_column(error, "ports"):
        case "uuid":
            return exception.PortAlreadyExists(uuid=values.get("uuid"))
        case "name":
            return exception.PortDuplicateName(name=values.get("name"))
        case "address":
            return exception.MACAlreadyExists(mac=values.get("address"))
    if "node_id" in values and errors.is_foreign_key(error):
        return exception.NodeNotFound(node=values["node_id"])
    return errors.translate(error)


@retry.on_transient_error
def get(ident: int | str) -> Row:
    """The port of this id (an int), UUID, MAC address or name.

    :raises PortNotFound:
    """
    if isinstance(ident, int):
        condition = PORTS.c.id == ident
    elif uuidutils.is_uuid_like(ident):
        condition = PORTS.c.uuid == str(uuid_module.UUID(ident))
    elif netutils.is_valid_mac(ident):
        condition = PORTS.c.address == ident.lower()
    else:
        condition = PORTS.c.name == ident
    with engine.reader() as connection:
        return _one(connection, condition, ident)


@retry.on_transient_error
def rows(
    columns: Iterable[str] | None = None,
    limit: int | None = None,
    marker: str | None = None,
    sort_key: str = "id",
    sort_dir: str = "asc",
    filters: Row | None = None,
    text_moments: bool = False,
) -> list[Row]:
    """A page of ports, as ``nodes.rows``; ``node_uuid`` counts as a column."""
    names = [*PORTS.c.keys(), "node_uuid"] if columns is None else list(columns)
    selected = [_column(name) for name in names]
    if text_moments:
        selected = paging.with_text_moments(selected)
    sort_column = paging.sort_column(PORTS, sort_key)
    with engine.reader() as connection:
        behind = None
        if marker is not None:
            found = connection.execute(
                sa.select(sort_column, PORTS.c.id).where(PORTS.c.uuid == marker)
            ).first()
            if found is None:
                raise exception.PortNotFound(port=marker)
            behind = (found[0], found[1])
        statement = _narrow(sa.select(*selected).select_from(_JOINED), filters)
        statement = paging.apply(
            statement, connection.dialect.name, sort_column, sort_dir, limit, behind
        )
        return [dict(zip(names, row, strict=True)) for row in connection.execute(statement)]


def _column(name: str) -> Any:
    if name == "node_uuid":
        return _NODE_UUID
    if name not in PORTS.c:
        raise exception.InvalidParameterValue(err=f"Ports have no column '{name}'.")
    return PORTS.c[name]


def _narrow(statement: sa.Select[Any], filters: Row | None) -> sa.Select[Any]:
    for name, value in (filters or {}).items():
        if name not in FILTERS:
            raise exception.InvalidParameterValue(
                err=f"Ports cannot be filtered by '{name}'. Filters are: {', '.join(sorted(FILTERS))}."
            )
        statement = statement.where(FILTERS[name](value))
    return statement


@retry.on_transient_error
def update(port_id: int, values: Row) -> Row:
    """Write these columns; returns all that were written. Raises as ``create`` does, and PortNotFound."""
    written = {**values, "updated_at": timeutils.utcnow(with_timezone=True)}
    statement = sa.update(PORTS).where(PORTS.c.id == port_id).values(written)
    try:
        with engine.writer() as connection:
            if connection.execute(statement).rowcount == 0:
                raise exception.PortNotFound(port=port_id)
    except exc.IntegrityError as error:
        raise _translate_violation(error, values) from None
    return written


@retry.on_transient_error
def destroy(port_id: int) -> None:
    """Delete the port.

    :raises PortNotFound:
    """
    with engine.writer() as connection:
        deleted = connection.execute(sa.delete(PORTS).where(PORTS.c.id == port_id)).rowcount
        if deleted == 0 and not retry.is_repeated():
            raise exception.PortNotFound(port=port_id)
