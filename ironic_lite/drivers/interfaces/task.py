# SPDX-License-Identifier: Apache-2.0
"""What a driver sees of the task it works for.

Drivers never import the conductor. All that they may do to a node reaches them through an object of this shape.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ironic_lite.common import context as ironic_context
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port

if TYPE_CHECKING:
    # It is made of the interfaces, whose methods take a task.
    from ironic_lite.drivers.interfaces.driver import Driver


class Task(Protocol):
    """One locked visit to one node."""

    context: ironic_context.RequestContext
    node: Node
    shared: bool

    @property
    def driver(self) -> "Driver":
        """The node's interfaces."""

    @property
    def ports(self) -> Sequence[Port]:
        """The ports of the node, read once."""

    def set_power(self, state: str, timeout: int | None = None) -> None:
        """Change power and record it on the node.

        :param state: a power target of :mod:`ironic_lite.common.states`.
        :param timeout: seconds the change may take; None takes the configured time.
        :raises PowerStateFailure: when the server does not reach the state.
        :raises NodeLockLost: when this task no longer holds the node; nothing is sent to the BMC then.
        """

    def set_boot_device(self, device: str, persistent: bool = False) -> None:
        """Set the boot device through the management interface.

        :raises InvalidParameterValue: when the server does not offer the device.
        :raises NodeLockLost: as above.
        """

    def note_retry(self, what: str, why: str) -> None:
        """Write into the node's journal, with its next save, that something is tried again."""

    def ensure_locked(self) -> None:
        """Ask the database whether this task still holds the node.

        :raises NodeLockLost: when it does not.
        """

    def upgrade_lock(self, purpose: str | None = None) -> None:
        """Turn a shared lock into an exclusive one.

        :raises NodeLocked: when somebody else holds the node.
        """

    def process_event(
        self,
        event: str,
        callback: Callable[..., Any] | None = None,
        call_args: tuple[Any, ...] = (),
        call_kwargs: dict[str, Any] | None = None,
        target_state: str | None = None,
    ) -> None:
        """Move the node along the state machine and save it.

        :raises InvalidStateRequested: when the machine has no such transition.
        """
