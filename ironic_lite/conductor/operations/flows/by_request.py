# SPDX-License-Identifier: Apache-2.0
"""What manual cleaning and servicing share: steps that a client names, with or without the ramdisk."""

import dataclasses

from ironic_lite.common.operations.declaration import Operation
from ironic_lite.conductor.operations import child_node_steps, engine, steps
from ironic_lite.conductor.operations.flows import checks
from ironic_lite.conductor.operations.steps import Step
from ironic_lite.conductor.task_manager import TaskManager


@dataclasses.dataclass(frozen=True)
class ByRequest:
    """One flow whose steps a client names.

    :param operation: its declaration.
    :param fault: the node's fault when one of its steps has broken off.
    """

    operation: Operation
    fault: str

    @property
    def kind(self) -> str:
        """Kind of its steps."""
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
        """Check what can be checked by now, and start the flow.

        :param disable_ramdisk: run without booting the ramdisk; all steps have to allow that.
        :raises InvalidParameterValue: when power, network or the boot of the ramdisk are not set up, or a step does not
            fit. Whether it is the agent's and does not fit is known only later, and ends in the failed state.
        """
        checks.power(task)
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
        """Put on record whether the ramdisk is left alone."""
        task.node.set_driver_internal_info(self._no_ramdisk, alone)

    def without_ramdisk(self, task: TaskManager) -> bool:
        """Whether the client wants the ramdisk left alone."""
        return bool(task.node.driver_internal_info.get(self._no_ramdisk))

    def steps(self, task: TaskManager, flow: engine.Flow) -> list[Step]:
        """The requested steps, compared with what the node offers.

        :raises InvalidParameterValue: naming the step that does not fit.
        """
        requested = task.node.driver_internal_info.get(flow.requested_key) or []
        return steps.check_requested(
            task, self.kind, requested, disable_ramdisk=self.without_ramdisk(task)
        )

    def forget(self, task: TaskManager) -> None:
        """Drop what :meth:`start` has put on record."""
        if self._no_ramdisk in task.node.driver_internal_info:
            task.node.del_driver_internal_info(self._no_ramdisk)

    def put_aside(self, task: TaskManager, step: Step, message: str) -> None:
        """Nobody knows what a step that broke off has left behind: a person has to look."""
        if step:
            task.node.maintenance = True
            task.node.fault = self.fault
            if not task.node.maintenance_reason:
                task.node.maintenance_reason = message
