# SPDX-License-Identifier: Apache-2.0
"""Manual cleaning and servicing: they run steps that a client names, with or without the ramdisk."""

import dataclasses

from ironic_lite.common.operations.declaration import Operation
from ironic_lite.conductor.operations import child_node_steps, engine, steps
from ironic_lite.conductor.operations.flows import checks
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.conductor.task_manager import TaskManager


@dataclasses.dataclass(frozen=True)
class ByRequest:
    """The functions of a flow whose steps a client names.

    :param operation: the flow's declaration.
    :param fault: the node's ``fault`` after a step that failed or was aborted.
    """

    operation: Operation
    fault: str

    @property
    def kind(self) -> str:
        assert self.operation.step_kind is not None
        return self.operation.step_kind

    @property
    def _no_ramdisk(self) -> str:
        return f"{self.operation.name}_disable_ramdisk"

    def start(
        self,
        task: TaskManager,
        flow: engine.Flow,
        event: str,
        requested: list[Step],
        disable_ramdisk: bool | None,
    ) -> None:
        """Check the settings and the steps, and start the flow.

        :param disable_ramdisk: whether to run without booting the ramdisk; all steps have to allow that.
        :raises InvalidParameterValue: when the settings for power, network or ramdisk, or a step, are wrong.
            A step of the agent is checked once the ramdisk is up; if it does not fit, the flow fails.
        """
        task.driver.power.validate(task)
        task.driver.network.validate(task)
        child_node_steps.check(task, self.kind, requested)
        task.driver.deploy.expect_steps(task, self.kind)
        no_ramdisk = bool(disable_ramdisk)
        steps.check_requested(task, self.kind, requested, not no_ramdisk, no_ramdisk)
        if not no_ramdisk:
            checks.ramdisk(task)
        self.leave_ramdisk(task, no_ramdisk)
        engine.start(task, flow, event, requested=requested)

    def leave_ramdisk(self, task: TaskManager, alone: bool) -> None:
        """Save on the node whether the flow runs without the ramdisk."""
        task.node.set_driver_internal_info(self._no_ramdisk, alone)

    def without_ramdisk(self, task: TaskManager) -> bool:
        """Return whether the client asked for a run without the ramdisk."""
        return bool(task.node.driver_internal_info.get(self._no_ramdisk))

    def steps(self, task: TaskManager, flow: engine.Flow) -> list[Step]:
        """Return the requested steps, checked against those that the node offers.

        :raises InvalidParameterValue: naming the step that does not fit.
        """
        requested = task.node.driver_internal_info.get(flow.requested_key) or []
        return steps.check_requested(
            task, self.kind, requested, disable_ramdisk=self.without_ramdisk(task)
        )

    def forget(self, task: TaskManager) -> None:
        """Delete what :meth:`start` saved on the node."""
        task.node.del_driver_internal_info(self._no_ramdisk)

    def put_aside(self, task: TaskManager, step: Step, message: str) -> None:
        """Put the node into maintenance after a failed step, whose effect on the server an operator has to check."""
        if step:
            task.node.maintenance = True
            task.node.fault = self.fault
            if not task.node.maintenance_reason:
                task.node.maintenance_reason = message
