# SPDX-License-Identifier: Apache-2.0
"""The nodes that the hash ring gives to this conductor."""

from collections.abc import Callable, Iterable
from typing import Any

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor.cluster import identity
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

_FOR_THE_RING = ("uuid", "driver", "conductor_group")

Row = dict[str, Any]


def nodes(
    context: ironic_context.RequestContext, filters: Row, columns: Iterable[str] = ()
) -> list[Row]:
    """Return the rows of this conductor's nodes that match the filters.

    :param columns: columns to read besides ``uuid``, ``driver`` and ``conductor_group``.
    """
    wanted = (*_FOR_THE_RING, *columns)
    return [row for row in Node.rows(context, wanted, filters=filters) if _is_ours(row)]


def each(
    context: ironic_context.RequestContext,
    purpose: str,
    work: Callable[[Row], None],
    filters: Row,
    columns: Iterable[str] = (),
) -> None:
    """Do the work for each row of :func:`nodes`, until no worker is free.

    It skips nodes that another task has locked, and goes on after an error with one node.

    :param purpose: the purpose of the work, for the log.
    """
    for row in nodes(context, filters, columns):
        try:
            work(row)
        except (exception.NodeLocked, exception.NodeNotFound):
            LOG.debug("Node %s is locked or gone", row["uuid"])
        except exception.NoFreeConductorWorker:
            LOG.info("No worker is free for %s; the next run continues", purpose)
            return
        except exception.IronicLiteError as exc:
            LOG.error("Node %s: %s failed, trying again: %s", row["uuid"], purpose, exc.message)


def _is_ours(row: Row) -> bool:
    me = identity.current()
    try:
        return me.ring.host_for(row["driver"], row["conductor_group"], row["uuid"]) == me.host
    except exception.NoValidHost:
        return False
