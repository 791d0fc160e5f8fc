# SPDX-License-Identifier: Apache-2.0
"""Records that belong to a node: its UUID beside each, and filters by what is known about it."""

from typing import Any

import sqlalchemy as sa

from ironic_lite.db.models import NODES
from ironic_lite.db.repository import Filter, among, among_in_any_case


def node_uuid(table: sa.Table) -> sa.Label[Any]:
    """The UUID of the record's node, as a derived column."""
    return (
        sa.select(NODES.c.uuid)
        .where(NODES.c.id == table.c.node_id)
        .scalar_subquery()
        .label("node_uuid")
    )


def filters(table: sa.Table) -> dict[str, Filter]:
    """By the node's UUID, whose it is, and where it is managed, beside ``node_id`` itself.

    Lists: node_id_in, shard, conductor_group_in.
    """

    def of_nodes(condition: Filter) -> Filter:
        def narrow(value: Any) -> sa.ColumnElement[bool]:
            return table.c.node_id.in_(sa.select(NODES.c.id).where(condition(value)))  # type: ignore[arg-type]

        return narrow

    return {
        "node_id_in": among(table.c.node_id),
        "node_uuid": of_nodes(lambda value: NODES.c.uuid == value),
        "owner": of_nodes(lambda value: NODES.c.owner == value),
        "lessee": of_nodes(lambda value: NODES.c.lessee == value),
        "project": of_nodes(lambda value: sa.or_(NODES.c.owner == value, NODES.c.lessee == value)),
        "shard": of_nodes(among(NODES.c.shard)),
        "conductor_group_in": of_nodes(among_in_any_case(NODES.c.conductor_group)),
    }
