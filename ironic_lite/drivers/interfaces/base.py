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

    What all implementations owe, in this package and in others:

    * Instances are shared by all threads of a conductor and hold no state of a node. What is to be remembered goes onto
      ``task.node``, by its ``set_`` methods; who calls saves the node, unless the method says otherwise.
    * What changes a server is called under the exclusive lock, and asks for it again at the last moment: hand
      ``task.ensure_locked`` down to where the command is sent, for a conductor may have been paused, and its node taken
      over, since the method began. What only reads may be called under a shared lock, by several threads at a time.
    * A conductor may die anywhere, and another one calls the method again. Methods that prepare, clean up or tear down
      bear that. Steps say whether they do (``repeatable``), or how to find out what they did (``happened``).
    * Every wait ends. A command to a BMC takes no longer than :meth:`command_timeout`.
    * Errors are classes of ``common.exception``, whose messages say what was wrong and what to do, and hold no secret.
      Subclasses of another package reach clients as the class of ours that they come from, with their message and
      status (``code``); any other error of such a package does as a ``DriverFailure``, status 500.
    """

    interface_type: ClassVar[str]
    """``power``, ``management``, ``boot``, ..."""

    supported: ClassVar[bool] = True
    """False on the ``no-*`` implementations: the node does without this kind of work."""

    properties_prefix: ClassVar[str] = ""
    """Where it is set, fields of ``driver_info`` that begin so are this interface's, and there are no others."""

    # -- settings ------------------------------------------------------------------------------------------------

    def get_properties(self) -> dict[str, str]:
        """Return ``{name in driver_info: what it means}``; by default nothing is read from there.

        Forms are made from the texts: each ends in "Required." or "Optional.", and says "default is X." and
        "One of A, B." where there is a default or a choice.
        """
        return {}

    def refused_properties(self) -> dict[str, Refused]:
        """Return ``{name in driver_info: what to do instead}`` of what Ironic reads, and this interface does not."""
        return {}

    def command_timeout(self) -> float:
        """Return the seconds that one command to the hardware may take, repetitions included; 0 where there is none.

        A client that waits for the answer is given longer: ``[DEFAULT] hardware_call_timeout``.
        """
        return 0.0

    def validate(self, task: Task) -> None:
        """Check that the node has what this interface needs. Asks no hardware; any lock. By default nothing is needed.

        :raises InvalidParameterValue: naming the field that is wrong.
        :raises MissingParameterValue: naming the field that is missing.
        """
        return

    # -- steps ---------------------------------------------------------------------------------------------------

    @classmethod
    @functools.cache
    def _specs(cls, kind: str) -> dict[str, steps.StepSpec]:
        return {spec.name: spec for spec in steps.declared_steps(cls, kind)}

    def step_spec(self, kind: str | None, name: str) -> steps.StepSpec | None:
        """Return the declaration of one of this interface's own steps; None where it has no such step."""
        return self._specs(kind).get(name) if kind else None

    def get_steps(self, task: Task, kind: str) -> list[dict[str, Any]]:
        """Return the steps of a kind that this interface offers to the node; by default those that it declares.

        :param kind: ``steps.CLEAN``, ``DEPLOY`` or ``SERVICE``.
        """
        return [spec.as_step(self.interface_type) for spec in self._specs(kind).values()]

    def execute_step(self, task: Task, kind: str, step: dict[str, Any]) -> str | None:
        """Run a step; by default the method that declares it, with the step's ``args``. Exclusive lock.

        :returns: the wait state of the node's operation when the step goes on in the agent, None when it is done.
        :raises InvalidParameterValue: when there is no such step, or it does not take the arguments.
        """
        spec = self.step_spec(kind, step["step"])
        if spec is None:
            raise exception.InvalidParameterValue(
                err=f"The {self.interface_type} interface has no {kind} step '{step['step']}'."
            )
        args = step.get("args") or {}
        steps.check_arguments(spec, args)
        waits_in: str | None = getattr(self, spec.name)(task, **args)
        return waits_in
