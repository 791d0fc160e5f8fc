# SPDX-License-Identifier: Apache-2.0
"""What lists of nodes can be narrowed by."""

from collections.abc import Callable
from typing import Any

import sqlalchemy as sa

from ironic_lite.common import exception
from ironic_lite.db.models import NODES
from ironic_lite.db.types import server_time_ago

Condition = sa.ColumnElement[bool]

_c = NODES.c


def _equals(name: str) -> Callable[[Any], Condition]:
    return lambda value: _c[name] == value


def _given(name: str) -> Callable[[Any], Condition]:
    return lambda wanted: _c[name].is_not(None) if wanted else _c[name].is_(None)


def _among(name: str) -> Callable[[Any], Condition]:
    return lambda values: _c[name].in_(list(values))


def contains(column: sa.ColumnElement[Any], text: str) -> Condition:
    """Case-insensitive search for ``text``, in which % and _ mean themselves."""
    return sa.func.lower(column).contains(text.lower(), autoescape=True)


FILTERS: dict[str, Callable[[Any], Condition | None]] = {
    **{
        name: _equals(name)
        for name in (
            "name",
            "instance_uuid",
            "instance_name",
            "maintenance",
            "provision_state",
            "driver",
            "resource_class",
            "fault",
            "conductor_group",
            "owner",
            "lessee",
            "retired",
            "parent_node",
        )
    },
    "associated": _given("instance_uuid"),
    "reserved": _given("reservation"),
    "sharded": _given("shard"),
    "shard": _among("shard"),
    "uuid_in": _among("uuid"),
    "id_in": _among("id"),
    "provision_state_in": _among("provision_state"),
    "reserved_by_any_of": _among("reservation"),
    "description_contains": lambda text: contains(_c.description, text),
    "project": lambda project: sa.or_(_c.owner == project, _c.lessee == project),
    # Children are left out only when somebody says so.
    "include_children": lambda wanted: None if wanted else _c.parent_node.is_(None),
    "provisioned_before": lambda seconds: _c.provision_updated_at < server_time_ago(int(seconds)),
}
"""Filter name -> condition from its value. Lists: shard, *_in, reserved_by_any_of. Seconds: provisioned_before."""


def apply(statement: sa.Select[Any], filters: dict[str, Any] | None) -> sa.Select[Any]:
    """Narrow the statement by all of the filters.

    :raises InvalidParameterValue: for a filter that is not in ``FILTERS``.
    """
    for name, value in (filters or {}).items():
        if name not in FILTERS:
            raise exception.InvalidParameterValue(
                err=f"Nodes cannot be filtered by '{name}'. Filters are: {', '.join(sorted(FILTERS))}."
            )
        condition = FILTERS[name](value)
        if condition is not None:
            statement = statement.where(condition)
    return statement
