# SPDX-License-Identifier: Apache-2.0
"""How an image gets onto a server's disk."""

import abc
from typing import Any, ClassVar

from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class DeployInterface(BaseInterface):
    """Deploys, cleans and gives back a server.

    The work itself is in the steps; these methods surround them. They run under the exclusive lock, on the worker pool,
    where nothing else is said. After a crash the one that was cut off is called again. What they raise ends the
    operation, with the message in ``last_error``.
    """

    interface_type = "deploy"

    uses_agent: ClassVar[bool] = False
    """Whether it works through an agent on the server, which brings steps of its own."""

    boot_step: ClassVar[str | None] = None
    """Name of the step, declared for each kind, that boots the ramdisk and waits for its agent; None where there is
    none."""

    boots_ramdisk: ClassVar[bool] = False
    """Whether what it deploys is a ramdisk that the server boots each time."""

    def expect_steps(self, task: Task, kind: str) -> None:
        """An operation with steps of this kind begins: what an agent told before does not count any more."""

    def awaits_steps(self, task: Task, kind: str) -> bool:
        """Whether there are steps of this kind that are known only when the agent has told them."""
        return False

    def prepare(self, task: Task) -> None:
        """What has to be there before the first deployment step (next boot, network)."""

    def clean_up(self, task: Task) -> None:
        """Forget what :meth:`prepare` left, after deployment and before a new one."""

    @abc.abstractmethod
    def tear_down(self, task: Task) -> None:
        """Take the instance off the server: normally, power it off."""

    def prepare_cleaning(self, task: Task) -> str | None:
        """Bring up what cleaning steps need.

        :returns: ``states.CLEANWAIT`` while the ramdisk boots, None where none is needed.
        """
        return None

    def tear_down_cleaning(self, task: Task) -> None:
        """Undo :meth:`prepare_cleaning`."""

    def prepare_service(self, task: Task) -> str | None:
        """Bring up what servicing steps need; ``states.SERVICEWAIT`` or None."""
        return None

    def tear_down_service(self, task: Task) -> str | None:
        """Bring the instance back after servicing."""
        return None

    def take_over(self, task: Task) -> None:
        """Called by a conductor that has just become responsible for a node with an instance. Sends nothing to it."""

    def heartbeat(self, task: Task) -> bool:
        """The agent of a waiting node has called.

        :returns: True when the step the node waits for has ended and the flow may go on.
        :raises AgentLost: when the agent knows nothing of the step.
        :raises IronicLiteError: when the step has failed; the flow fails with this error's message.
        """
        return True

    def has_ended(self, task: Task) -> bool:
        """Ask the agent of a waiting node, which has called before, whether what the node waits for has ended.

        Takes a few seconds at most, and changes nothing.

        :raises AgentConnectionFailed, AgentAPIError: when it does not answer, or not as the node's agent does.
        """
        return False

    def works_in_agent(self, node: Any) -> bool:
        """Whether the step that a waiting node is at runs in its agent; else the node waits for the agent itself."""
        return False

    def forget_agent(self, task: Task) -> None:
        """The agent is gone: its token is void, and nothing is asked of it any more."""
        task.node.forget_agent()
