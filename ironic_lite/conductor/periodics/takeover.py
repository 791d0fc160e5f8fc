# SPDX-License-Identifier: Apache-2.0
"""Prepares the nodes that the hash ring has moved to this conductor."""

from ironic_lite.common import context as ironic_context
from ironic_lite.common.operations import provision_states
from ironic_lite.conductor import task_manager
from ironic_lite.conductor.periodics import owned


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

        def take_over(row: owned.Row) -> None:
            if row["conductor_affinity"] == self._conductor_id:
                return
            with task_manager.acquire(
                context, row["uuid"], purpose="takeover", retry=False
            ) as task:
                if provision_states.is_live(task.node.provision_state):
                    task.driver.deploy.take_over(task)
                    task.node.conductor_affinity = self._conductor_id
                    task.node.save()

        owned.each(context, "taking it over", take_over, filters, ["conductor_affinity"])
