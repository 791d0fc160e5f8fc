# SPDX-License-Identifier: Apache-2.0
"""Deploy interface for servers whose operating system is managed elsewhere."""

from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.deploy import DeployInterface
from ironic_lite.drivers.interfaces.task import Task


class NoDeploy(DeployInterface):
    """Passes through all states and changes neither power nor disk."""

    def tear_down(self, task: Task) -> None:
        return None

    @steps.deploy_step(priority=100, repeatable=True)
    def deploy(self, task: Task) -> None:
        """Do nothing."""
