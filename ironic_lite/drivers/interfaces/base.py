# SPDX-License-Identifier: Apache-2.0
"""The base of all hardware interfaces."""

import abc
import functools
from typing import Any, ClassVar

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces import steps
from ironic_lite.drivers.interfaces.task import Task
from ironic_lite.drivers.refused_fields import Refused


class BaseInterface(abc.ABC):
    """An implementation of one kind of work on a server: power, boot, RAID, ...

    The duties of every implementation, in this package and in others:

    * All threads of a conductor share one instance, so it keeps no state of a node. It stores such state on
      ``task.node``, by the node's ``set_`` methods; the caller saves the node, unless the method says otherwise.
    * A method that changes a server runs under the exclusive lock. It calls ``task.ensure_locked`` immediately before
      it sends each command, because the conductor may have been paused, and another one may have locked the node, since
      the method began. A method that only reads may run under a shared lock, in several threads at a time.
    * A conductor may die at any point, and another one calls the method again. Methods that prepare, clean up or tear
      down bear that. Steps declare whether they do (``repeatable``), or how to find out what they did (``happened``).
    * Every wait is bounded. A command to a BMC takes no longer than :meth:`command_timeout`.
    * Errors are classes of ``common.exception``; their messages say what is wrong and what to do, and hold no secret.
      A subclass from another package reaches clients as its base class in ``common.exception``, with its message and
      status (``code``); any other error from such a package becomes a ``DriverFailure``, status 500.
    """

    interface_type: ClassVar[str]
    """``power``, ``management``, ``boot``, ..."""

    supported: ClassVar[bool] = True
    """False on the ``no-*`` implementations, which do none of this work."""

    properties_prefix: ClassVar[str] = ""
    """The prefix of this interface's ``driver_info`` fields; if set, an unknown field with it is an error."""

    # -- settings ------------------------------------------------------------------------------------------------

    def get_properties(self) -> dict[str, str]:
        """Return ``{field of driver_info: its meaning}``; empty by default.

        Clients make forms from the texts: each text ends in "Required." or "Optional.", and says "default is X." or
        "One of A, B." for a field with a default or a choice.
        """
        return {}

    def refused_properties(self) -> dict[str, Refused]:
        """Return ``{field of driver_info: what to do instead}`` for fields of Ironic that are not supported here."""
        return {}

    def command_timeout(self) -> float:
        """Return the seconds that one command to the hardware may take, retries included; 0 if there are no commands.

        ``[DEFAULT] hardware_call_timeout``, for which clients wait, has to be longer.
        """
        return 0.0

    def validate(self, task: Task) -> None:
        """Check the node's settings for this interface; by default there are none. Asks no hardware; any lock.

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
        """Return the declaration of a step of this interface; None if it has no such step."""
        return self._specs(kind).get(name) if kind else None

    def get_steps(self, task: Task, kind: str) -> list[dict[str, Any]]:
        """Return the steps of a kind that this interface offers for the node; by default all that it declares.

        :param kind: ``steps.CLEAN``, ``DEPLOY`` or ``SERVICE``.
        """
        return [spec.as_step(self.interface_type) for spec in self._specs(kind).values()]

    def execute_step(self, task: Task, kind: str, step: dict[str, Any]) -> str | None:
        """Run a step; by default, call the method that declares it with the step's ``args``. Exclusive lock.

        :returns: the wait state of the node's operation when the step continues in the agent, None when it has ended.
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

    def step_ended(self, task: Task, step: dict[str, Any], result: Any) -> None:
        """Take the result of a step of this interface that ran in the agent; does nothing by default. Exclusive lock.

        It may be called again for the same result, after a conductor died. The caller saves the node.

        :param result: what the agent's hardware manager returned.
        :raises IronicLiteError: the result means that the step failed.
        """
        return
