# SPDX-License-Identifier: Apache-2.0
"""The root of all hardware interfaces."""

import abc
import functools
from typing import Any, ClassVar

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.refused_fields import Refused


class BaseInterface(abc.ABC):
    """One way to do one kind of work on a server.

    Instances are shared by all threads of a conductor and hold no state of a node.
    """

    interface_type: ClassVar[str]
    """``power``, ``management``, ``boot``, ..."""

    supported: ClassVar[bool] = True
    """False on the ``no-*`` implementations: the node does without this kind of work."""

    properties_prefix: ClassVar[str] = ""
    """Where it is set, fields of ``driver_info`` that begin so are this interface's, and there are no others."""

    @abc.abstractmethod
    def get_properties(self) -> dict[str, str]:
        """``{name in driver_info: what it means}``.

        Forms are made from the texts: each ends in "Required." or "Optional.", and says "default is X." and
        "One of A, B." where there is a default or a choice.
        """

    def refused_properties(self) -> dict[str, Refused]:
        """``{name in driver_info: what to do instead}`` of what Ironic reads, and this interface does not."""
        return {}

    def command_timeout(self) -> float:
        """Seconds that one command to the server's hardware may take, repetitions included; 0: it sends none.

        A client that waits for the answer is given longer: ``[DEFAULT] hardware_call_timeout``.
        """
        return 0.0

    @abc.abstractmethod
    def validate(self, task: Task) -> None:
        """Check that the node has what this interface needs. Asks no hardware.

        :raises InvalidParameterValue: naming the field that is wrong.
        :raises MissingParameterValue: naming the field that is missing.
        """

    @classmethod
    @functools.cache
    def _specs(cls, kind: str) -> dict[str, steps.StepSpec]:
        return {spec.name: spec for spec in steps.declared_steps(cls, kind)}

    def step_spec(self, kind: str, name: str) -> steps.StepSpec | None:
        """The declaration of one of this interface's own steps; None where it has no such step."""
        return self._specs(kind).get(name)

    def get_clean_steps(self, task: Task) -> list[dict[str, Any]]:
        """The cleaning steps this interface offers to the node."""
        return [s.as_step(self.interface_type) for s in self._specs(steps.CLEAN).values()]

    def get_deploy_steps(self, task: Task) -> list[dict[str, Any]]:
        """The deployment steps this interface offers to the node."""
        return [s.as_step(self.interface_type) for s in self._specs(steps.DEPLOY).values()]

    def get_service_steps(self, task: Task) -> list[dict[str, Any]]:
        """The servicing steps this interface offers to the node."""
        return [s.as_step(self.interface_type) for s in self._specs(steps.SERVICE).values()]

    def execute_clean_step(self, task: Task, step: dict[str, Any]) -> str | None:
        """Run a cleaning step.

        :returns: ``states.CLEANWAIT`` when it goes on in the agent, None when it is done.
        """
        return self._execute(steps.CLEAN, task, step)

    def execute_deploy_step(self, task: Task, step: dict[str, Any]) -> str | None:
        """Run a deployment step; ``states.DEPLOYWAIT`` or None, as above."""
        return self._execute(steps.DEPLOY, task, step)

    def execute_service_step(self, task: Task, step: dict[str, Any]) -> str | None:
        """Run a servicing step; ``states.SERVICEWAIT`` or None, as above."""
        return self._execute(steps.SERVICE, task, step)

    def _execute(self, kind: str, task: Task, step: dict[str, Any]) -> str | None:
        spec = self.step_spec(kind, step["step"])
        if spec is None:
            raise exception.InvalidParameterValue(
                err=f"The {self.interface_type} interface has no {kind} step '{step['step']}'."
            )
        args = step.get("args") or {}
        steps.check_arguments(spec, args)
        waits_in: str | None = getattr(self, spec.name)(task, **args)
        return waits_in
