# SPDX-License-Identifier: Apache-2.0
"""Reports nodes in the middle of an operation whose conductor group has no conductor left.

Nobody owns such a node, so any conductor may write the message to ``last_error``. The operation continues once a
conductor is there, which removes the message.
"""

from typing import Any

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.common.operations import provision_states
from ironic_lite.common.operations.declaration import Kind
from ironic_lite.conductor.cluster import identity
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

_BEGIN = "No conductor works on this node: "


def report(context: ironic_context.RequestContext) -> None:
    """Write the message on nodes without an owner, and remove it from nodes that have one again."""
    ring = identity.current().ring
    columns = ("uuid", "driver", "conductor_group", "last_error")
    under_way = provision_states.names(Kind.WORKING, Kind.WAITING)
    filters = {"provision_state_in": under_way, "reserved": False}
    for row in Node.rows(context, columns, filters=filters):
        before = row["last_error"] or ""
        try:
            ring.host_for(row["driver"], row["conductor_group"], row["uuid"])
            message = None if before.startswith(_BEGIN) else row["last_error"]
        except exception.NoValidHost as exc:
            message = f"{_BEGIN}{exc.kwargs['reason']} The operation continues once there is one."
        if message != row["last_error"]:
            _write_message(context, row["uuid"], row["last_error"], message)


def _write_message(
    context: ironic_context.RequestContext, node_uuid: str, before: str | None, message: str | None
) -> None:
    try:
        node: Any = Node.get_by_uuid(context, node_uuid)
        if node.reservation is not None or node.last_error != before:
            return
        node.last_error = message
        node.save()
    except exception.NodeNotFound:
        return
    if message:
        LOG.error("Node %s, '%s': %s", node_uuid, node.provision_state, message)
