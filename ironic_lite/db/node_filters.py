# SPDX-License-Identifier: Apache-2.0
"""The filters for lists of nodes."""

from typing import Any

import sqlalchemy as sa

from ironic_lite.common import exception, states
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind
from ironic_lite.db import traits
from ironic_lite.db.models import CHASSIS, NODE_TRAITS, NODES, RECEIVED_INVENTORY
from ironic_lite.db.repository import Condition, Filter, among, among_in_any_case, contains
from ironic_lite.db.types import server_time_ago

_c = NODES.c

node_traits = traits.Traits(
    NODE_TRAITS,
    NODE_TRAITS.c.node_id,
    lambda ident: exception.NodeNotFound(node=ident),
    lambda ident, trait: exception.NodeTraitNotFound(node_id=ident, trait=trait),
)


def _given(column: sa.ColumnElement[Any]) -> Filter:
    return lambda wanted: column.is_not(None) if wanted else column.is_(None)


def _in_chassis(uuid: str) -> Condition:
    return _c.chassis_id == sa.select(CHASSIS.c.id).where(CHASSIS.c.uuid == uuid).scalar_subquery()


def _unattended(_wanted: bool) -> Condition:
    """Return the condition that a conductor has begun an operation and no conductor continues it."""
    paused = _c.provision_state.in_(provision_states.names(Kind.WAITING, Kind.HELD))
    return sa.and_(
        _c.reservation.is_(None),
        sa.or_(
            _c.provision_state.in_(provision_states.names(Kind.WORKING)),
            _c.target_power_state.is_not(None),
            sa.and_(_c.operation.is_not(None), sa.not_(paused)),
            sa.and_(
                _c.provision_state.in_((states.INSPECTWAIT, states.ENROLL)),
                sa.exists().where(RECEIVED_INVENTORY.c.node_id == _c.id),
            ),
        ),
    )


FILTERS: dict[str, Filter] = {
    "chassis_uuid": _in_chassis,
    "conductor_group": lambda group: among_in_any_case(_c.conductor_group)([group]),
    "unattended": _unattended,
    "associated": _given(_c.instance_uuid),
    "operating": _given(_c.operation),
    "reserved": _given(_c.reservation),
    "sharded": _given(_c.shard),
    "powered": _given(_c.power_state),
    "agent_known": _given(_c.agent_url),
    "shard": among(_c.shard),
    "provision_state_in": among(_c.provision_state),
    "with_traits": node_traits.owners_with_all,
    "description_contains": lambda text: contains(_c.description, text),
    "project": lambda project: sa.or_(_c.owner == project, _c.lessee == project),
    # A list leaves out child nodes only on request.
    "include_children": lambda wanted: None if wanted else _c.parent_node.is_(None),
    "provisioned_before": lambda seconds: _c.provision_updated_at < server_time_ago(int(seconds)),
}
"""``{filter: function from its value to a condition}``, in addition to the filters for the value of a column.

The values of shard, with_traits and ``*_in`` are lists; provisioned_before is in seconds. ``powered``: whether the
power state is known. ``agent_known``: whether an agent has sent a heartbeat.
"""
