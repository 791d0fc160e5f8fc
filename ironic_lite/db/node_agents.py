# SPDX-License-Identifier: Apache-2.0
"""The agent of a node: whose server it runs on, its token, and its heartbeats, which take no lock."""

import hmac
from collections.abc import Iterable, Sequence
from typing import Any

import sqlalchemy as sa
from oslo_utils import timeutils

from ironic_lite.common import exception
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind
from ironic_lite.db import engine, retry
from ironic_lite.db.models import NODES, PORTS
from ironic_lite.db.nodes import SAME_REVISION, nodes

Row = dict[str, Any]

_c = NODES.c

_TOKEN_TRIES = 5
"""How often a heartbeat's token is compared with the stored one if that is encrypted again meanwhile."""


@retry.on_transient_error
def get_by_port_addresses(addresses: Iterable[str], node_uuid: str | None = None) -> Row:
    """Return the one node that has ports with any of these MAC addresses.

    The network adapters of management processors have the same address on every server. Of several nodes with such
    ports, the one that expects an agent is chosen; of several such nodes, the one whose ports are all among the
    addresses.

    :raises NodeNotFound: when there is no such node, or more than one.
    """
    macs = [address.lower() for address in addresses]
    owners = sa.select(PORTS.c.node_id).where(PORTS.c.address.in_(macs))
    statement = nodes.select.where(NODES.c.id.in_(owners))
    if node_uuid is not None:
        statement = statement.where(NODES.c.uuid == node_uuid)
    with engine.reader() as connection:
        rows = connection.execute(statement).mappings().all()
        if len(rows) > 1:
            rows = _likeliest(connection, rows, macs)
    if len(rows) != 1:
        found = "several nodes have" if rows else "no node has"
        raise exception.NodeNotFound(
            f"Node could not be found: {found} ports with the addresses {', '.join(macs) or '(none)'}."
        )
    return nodes.guarded.decrypt(dict(rows[0]))


def _likeliest(connection: sa.Connection, rows: Sequence[Any], macs: list[str]) -> list[Any]:
    """Return those nodes that the agent with these addresses may run on."""
    expecting = [row for row in rows if provision_states.expects_agent(row["provision_state"])]
    if len(expecting) == 1:
        return expecting
    ids = [row["id"] for row in expecting]
    foreign = sa.select(PORTS.c.node_id).where(
        PORTS.c.node_id.in_(ids), PORTS.c.address.not_in(macs)
    )
    incomplete = set(connection.execute(foreign).scalars())
    return [row for row in expecting if row["id"] not in incomplete] or list(rows)


def record_heartbeat(node_id: int, agent_token: str, values: Row) -> Row | None:
    """Write the values of a heartbeat, if the token is the node's.

    If the node waits for its agent, its wait timeout starts again.

    :returns: ``provision_state`` and ``maintenance`` after the write; None when the token is not the node's.
    :raises ServiceUnavailable: when the stored token changed during each comparison.
    """
    for _ in range(_TOKEN_TRIES):
        kept = _kept_token(node_id)
        if kept is None or not _is_token(kept, agent_token):
            return None
        recorded = _record_heartbeat(node_id, kept["agent_secret_token"], values)
        if recorded is not None:
            return recorded
    raise exception.ServiceUnavailable(
        err=f"Node {kept['uuid']}: its agent's token is being changed"
    )


@retry.on_transient_error
def _kept_token(node_id: int) -> Any:
    """Return ``uuid`` and the stored ``agent_secret_token``; None when there is no token."""
    statement = sa.select(_c.uuid, _c.agent_secret_token).where(_c.id == node_id)
    with engine.reader() as connection:
        kept = connection.execute(statement).mappings().first()
    return kept if kept and kept["agent_secret_token"] else None


def _is_token(kept: Any, token: str) -> bool:
    plain = str(nodes.guarded.plain(kept, "agent_secret_token"))
    return hmac.compare_digest(plain.encode(), token.encode())


@retry.on_transient_error
def _record_heartbeat(node_id: int, kept: str, values: Row) -> Row | None:
    """Write the values if the stored token is still ``kept``; it changes when it is encrypted again with a new key."""
    now = timeutils.utcnow(with_timezone=True)
    waiting = _c.provision_state.in_(provision_states.names(Kind.WAITING))
    written = (
        sa.update(NODES)
        .where(_c.id == node_id, _c.agent_secret_token == kept)
        .values(
            **values,
            agent_last_heartbeat=now,
            provision_updated_at=sa.case((waiting, now), else_=_c.provision_updated_at),
            **SAME_REVISION,
        )
    )
    found = sa.select(_c.provision_state, _c.maintenance).where(_c.id == node_id)
    with engine.writer() as connection:
        if connection.execute(written).rowcount == 0:
            return None
        return dict(connection.execute(found).mappings().one())


@retry.on_transient_error
def claim_agent_token(node_id: int, token: str) -> bool:
    """See ``Node.claim_agent_token``.

    :raises NodeNotFound: when there is no such node.
    """
    written = nodes.encrypted(node_id, None, {"agent_secret_token": token})
    statement = (
        sa.update(NODES)
        .where(
            NODES.c.id == node_id,
            NODES.c.agent_secret_token.is_(None),
            NODES.c.target_power_state.is_(None),
        )
        .values(**written, **SAME_REVISION)
    )
    with engine.writer() as connection:
        connection.execute(statement)
    kept = _kept_token(node_id)
    return kept is not None and _is_token(kept, token)
