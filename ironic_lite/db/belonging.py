# SPDX-License-Identifier: Apache-2.0
"""Records that belong to a node: the node's UUID as a column, and filters by fields of the node."""

from typing import Any

import sqlalchemy as sa

from ironic_lite.db.models import NODES
from ironic_lite.db.repository import Filter, among, among_in_any_case


def node_uuid(table: sa.Table) -> sa.Label[Any]:
    """Return the UUID of the record's node, as a derived column."""
    return (
        sa.select(NODES.c.uuid)
        .where(NODES.c.id == table.c.node_id)
        .scalar_subquery()
        .label("node_uuid")
    )


def filters(table: sa.Table) -> dict[str, Filter]:
    """Return the filters by the node's id, UUID, owner and lessee, shard and conductor group.

    The values of node_id_in, shard and conductor_group_in are lists.
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
