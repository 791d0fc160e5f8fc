# SPDX-License-Identifier: Apache-2.0
"""The part of a conductor's task that drivers use.

Drivers never import the conductor; they work on a node through an object of this type.
"""

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Protocol

from ironic_lite.common import context as ironic_context
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port, Portgroup
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget

if TYPE_CHECKING:
    # A real import would be circular: a Driver consists of interfaces, whose methods take a Task.
    from ironic_lite.drivers.interfaces.driver import Driver


class Task(Protocol):
    """The work on one node, under a shared or an exclusive lock."""

    context: ironic_context.RequestContext
    node: Node
    shared: bool

    @property
    def driver(self) -> "Driver":
        """The node's interfaces."""

    @property
    def ports(self) -> Sequence[Port]:
        """The ports of the node, read once."""

    @property
    def portgroups(self) -> Sequence[Portgroup]:
        """The port groups of the node, read once."""

    @property
    def volume_connectors(self) -> Sequence[VolumeConnector]:
        """The volume connectors of the node, read once."""

    @property
    def volume_targets(self) -> Sequence[VolumeTarget]:
        """The volume targets of the node by boot index, read once."""

    def set_power(self, state: str, timeout: int | None = None) -> None:
        """Change the power state and record it on the node.

        :param state: a power target of :mod:`ironic_lite.common.states`.
        :param timeout: seconds that the change may take; None: the configured time.
        :raises PowerStateFailure: when the server does not reach the state.
        :raises NodeLockLost: when this task no longer holds the lock; no command is sent to the BMC.
        """

    def set_boot_device(self, device: str, persistent: bool = False) -> None:
        """Set the boot device through the management interface.

        :raises InvalidParameterValue: when the server does not offer the device.
        :raises NodeLockLost: as :meth:`set_power` does.
        """

    def note_retry(self, what: str, why: str) -> None:
        """Note a retry in the node's journal, with the node's next save."""

    def keep_ramdisk_logs(self) -> None:
        """Collect the logs of the ramdisk, which is about to end, if they are always collected. Raises nothing."""

    def ensure_locked(self) -> None:
        """Check in the database that this task still holds the lock.

        :raises NodeLockLost: when it does not.
        """

    def upgrade_lock(self, purpose: str | None = None) -> None:
        """Turn a shared lock into an exclusive one.

        :raises NodeLocked: when another task holds the lock.
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

        :raises InvalidStateRequested: when the state does not allow the event.
        """
