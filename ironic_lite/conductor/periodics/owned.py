# SPDX-License-Identifier: Apache-2.0
"""The nodes that the hash ring gives to this conductor."""

from collections.abc import Iterable
from typing import Any

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor.cluster import identity
from ironic_lite.objects.node import Node

_FOR_THE_RING = ("uuid", "driver", "conductor_group")


def nodes(
    context: ironic_context.RequestContext, filters: dict[str, Any], columns: Iterable[str] = ()
) -> list[dict[str, Any]]:
    """Return the rows of this conductor's nodes that match the filters.

    :param columns: columns to read besides ``uuid``, ``driver`` and ``conductor_group``.
    """
    wanted = (*_FOR_THE_RING, *columns)
    return [row for row in Node.rows(context, wanted, filters=filters) if _is_ours(row)]


def _is_ours(row: dict[str, Any]) -> bool:
    me = identity.current()
    try:
        return me.ring.host_for(row["driver"], row["conductor_group"], row["uuid"]) == me.host
    except exception.NoValidHost:
        return False
