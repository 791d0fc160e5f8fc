# SPDX-License-Identifier: Apache-2.0
"""Ports in a network service that a given-up request has made after all, when its operation had ended already.

An operation works on a node under its lock, and notes its ports before it releases the lock. So under the lock, a port
without a note belongs to nobody.
"""

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.periodics import owned
from ironic_lite.objects.port import Port

LOG = log.getLogger(__name__)


def run(context: ironic_context.RequestContext) -> None:
    """Remove such ports of this conductor's nodes. A network service that does not answer is asked next time."""
    for interface in identity.current().drivers.networks():
        try:
            made = interface.made_for_nodes()
        except exception.IronicLiteError as exc:
            LOG.warning("Ports that nobody uses are looked for later: %s", exc.message)
            return
        if made:
            _remove(context, made)


def _remove(context: ironic_context.RequestContext, made: dict[str, set[str]]) -> None:
    for row in owned.nodes(context, {"reserved": False}, ("id",)):
        ports = made.get(row["uuid"])
        if not ports or ports <= _noted(context, row["id"]):
            continue
        try:
            with task_manager.acquire(context, row["uuid"], purpose="removing stray ports") as task:
                task.driver.network.remove_strays(task)
        except (exception.NodeLocked, exception.NodeNotFound):
            LOG.debug("Node %s is locked or gone", row["uuid"])
        except exception.IronicLiteError as exc:
            LOG.warning("Node %s: ports of it are left: %s", row["uuid"], exc.message)


def _noted(context: ironic_context.RequestContext, node_id: int) -> set[str]:
    return {
        value
        for port in Port.list_by_node_id(context, node_id)
        for value in (port.internal_info or {}).values()
        if isinstance(value, str)
    }
