# SPDX-License-Identifier: Apache-2.0
"""Prepares the nodes that the hash ring has moved to this conductor."""

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.periodics import owned

LOG = log.getLogger(__name__)


class Takeover:
    """Finds nodes that another conductor prepared last.

    :param conductor_id: id of this conductor's record.
    """

    def __init__(self, conductor_id: int):
        self._conductor_id = conductor_id

    def run(self, context: ironic_context.RequestContext) -> None:
        """Take over the nodes that became ours since the last run."""
        filters = {
            "provision_state_in": provision_states.live(),
            "reserved": False,
            "maintenance": False,
        }
        for row in owned.nodes(context, filters, ["conductor_affinity"]):
            if row["conductor_affinity"] != self._conductor_id:
                self._take_over(context, row["uuid"])

    def _take_over(self, context: ironic_context.RequestContext, node_uuid: str) -> None:
        try:
            with task_manager.acquire(context, node_uuid, purpose="takeover", retry=False) as task:
                if provision_states.is_live(task.node.provision_state):
                    task.driver.deploy.take_over(task)
                    task.node.conductor_affinity = self._conductor_id
                    task.node.save()
        except (exception.NodeLocked, exception.NodeNotFound):
            LOG.debug("Node %s is locked or gone", node_uuid)
        except exception.IronicLiteError as exc:
            LOG.error("Node %s could not be taken over, trying again: %s", node_uuid, exc)
