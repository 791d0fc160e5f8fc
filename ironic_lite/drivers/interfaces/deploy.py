# SPDX-License-Identifier: Apache-2.0
"""Writing an image to a server's disk."""

import abc
from typing import Any, ClassVar

from ironic_lite.common import exception
from ironic_lite.drivers.interfaces.base import BaseInterface
from ironic_lite.drivers.interfaces.task import Task


class DeployInterface(BaseInterface):
    """Deploys, cleans and tears down a server.

    The steps do the work; these methods run before and after them, under the exclusive lock and on the worker pool,
    unless they say otherwise. After a crash the method that was cut off is called again. An error fails the operation,
    with the error's message in ``last_error``.
    """

    interface_type = "deploy"

    uses_agent: ClassVar[bool] = False
    """Whether the interface works through an agent on the server, which may offer further steps."""

    boot_step: ClassVar[str | None] = None
    """Name of the step, declared for each kind, that boots the ramdisk and waits for its agent; None: no such step."""

    boots_ramdisk: ClassVar[bool] = False
    """Whether the deployed instance is a ramdisk or an ISO image that the server boots each time."""

    def look_up_images(self, task: Task) -> None:
        """Record in ``instance_info`` what the images' sources say about them. Called before :meth:`validate`.

        Runs while the request waits; changes nothing but the record, which the caller saves.

        :raises IronicLiteError: when there is no such image, the client may not use it, or its source does not answer.
        """

    def expect_steps(self, task: Task, kind: str) -> None:
        """Discard the steps of this kind that an earlier agent reported, because a new operation begins."""

    def awaits_steps(self, task: Task, kind: str) -> bool:
        """Return whether the agent has yet to report its steps of this kind."""
        return False

    def prepare(self, task: Task) -> None:
        """Prepare the server for the first deployment step (next boot, network)."""

    def clean_up(self, task: Task) -> None:
        """Undo :meth:`prepare`, after a deployment and before a new one."""

    @abc.abstractmethod
    def tear_down(self, task: Task) -> None:
        """Stop the instance: normally, power the server off."""

    def prepare_cleaning(self, task: Task) -> str | None:
        """Prepare the server for cleaning steps.

        :returns: ``states.CLEANWAIT`` while the ramdisk boots, None if no ramdisk is needed.
        """
        return None

    def tear_down_cleaning(self, task: Task) -> None:
        """Undo :meth:`prepare_cleaning`."""

    def prepare_service(self, task: Task) -> str | None:
        """Prepare the server for servicing steps; return ``states.SERVICEWAIT`` while the ramdisk boots, else None."""
        return None

    def tear_down_service(self, task: Task) -> str | None:
        """Boot the instance again after servicing."""
        return None

    def take_over(self, task: Task) -> None:
        """Prepare this conductor for a node with an instance that it takes over. Sends nothing to the server."""

    def heartbeat(self, task: Task) -> bool:
        """Handle a heartbeat of a waiting node's agent.

        :returns: True when the step that the node waits for has ended and the flow may continue.
        :raises AgentLost: when the agent does not know the step.
        :raises IronicLiteError: when the step has failed; the flow fails with this error's message.
        """
        return True

    def has_ended(self, task: Task) -> bool:
        """Ask the agent of a waiting node, which has sent a heartbeat before, whether its work has ended.

        Takes a few seconds at most, and changes nothing.

        :raises AgentConnectionFailed, AgentAPIError: when no agent answers, or another node's agent does.
        """
        return False

    def collect_logs(self, task: Task) -> bytes:
        """Return the logs of the ramdisk, as a gzipped tar archive, if :attr:`uses_agent`. Asks once.

        :raises AgentConnectionFailed, AgentAPIError, AgentInProgress: when the agent does not send them.
        """
        raise exception.UnsupportedDriverExtension(
            driver=task.node.driver, extension="collect_logs"
        )

    def works_in_agent(self, node: Any) -> bool:
        """Return whether a waiting node's step runs in the agent; otherwise the node waits for the agent to start."""
        return False

    def forget_agent(self, task: Task) -> None:
        """Delete the agent's token and address, because the agent is gone."""
        task.node.forget_agent()
