# SPDX-License-Identifier: Apache-2.0
"""Deployment of the fake hardware."""

from ironic_lite.common import states
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.deploy import DeployInterface
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.modules.fake.delay import pause


class FakeDeploy(DeployInterface):
    """One step that powers the server on, so that a deployed node shows power on."""

    def prepare(self, task: Task) -> None:
        pause("deploy")

    def clean_up(self, task: Task) -> None:
        pause("deploy")

    def tear_down(self, task: Task) -> None:
        pause("deploy")
        task.set_power(states.POWER_OFF)

    @steps.deploy_step(priority=100, repeatable=True)
    def deploy(self, task: Task) -> None:
        """Power the server on: there is no image to write."""
        pause("deploy")
        task.set_power(states.POWER_ON)
