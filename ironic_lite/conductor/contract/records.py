# SPDX-License-Identifier: Apache-2.0
"""The RPCs about the ports, port groups, volumes and traits of a node."""

from typing import Any, Protocol

from ironic_lite.conductor.contract.declaration import Context, NodeId, exclusive
from ironic_lite.objects.port import Port, Portgroup
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget

Expected = dict[str, Any] | None
Volume = VolumeConnector | VolumeTarget


class RecordCalls(Protocol):
    """Each record is written under the lock of its node, so that it does not change while an operation uses it.

    All calls raise ``NodeLocked`` when another task holds the node's lock. ``expected`` holds the values of the changed
    fields when the change was computed; ``ConcurrentUpdate`` is raised when one of them has another value now.
    """

    @exclusive("port creation", since="1.1")
    def create_port(self, context: Context, port_obj: Port) -> Port:
        """Store a new port.

        :raises AlreadyExists: when another port has its address, UUID or name.
        :raises Invalid, Conflict: when it does not fit its port group.
        """

    @exclusive("port update", since="1.0")
    def update_port(self, context: Context, port_obj: Port, expected: Expected = None) -> Port:
        """Store the changes of a port. Raises as :meth:`create_port` does.

        :raises InvalidState: when the state of its node forbids the change.
        """

    @exclusive("port deletion", since="1.0")
    def destroy_port(self, context: Context, port: Port) -> None:
        """Delete a port."""

    @exclusive("port group update", since="1.1")
    def update_portgroup(
        self, context: Context, portgroup_obj: Portgroup, expected: Expected = None
    ) -> Portgroup:
        """Store the changes of a port group; its ports get its physical network.

        :raises AlreadyExists: when another port group has its address or name.
        :raises NotEmpty: when it would move to another node and has ports.
        :raises InvalidState: when the state of its new node forbids the move.
        :raises Conflict: when its ports would no longer fit.
        """

    @exclusive("port group deletion", since="1.1")
    def destroy_portgroup(self, context: Context, portgroup: Portgroup) -> None:
        """Delete a port group.

        :raises NotEmpty: when it has ports.
        """

    @exclusive("volume update", since="1.1")
    def update_volume(
        self, context: Context, volume_obj: Volume, expected: Expected = None
    ) -> Volume:
        """Store the changes of a volume connector or target.

        :raises InvalidStateRequested: when the server is not off.
        :raises AlreadyExists: when another record has its type and id, or its boot index.
        """

    @exclusive("volume deletion", since="1.1")
    def destroy_volume(self, context: Context, volume: Volume) -> None:
        """Delete a volume connector or target.

        :raises InvalidStateRequested: when the server is in use and not off.
        """

    @exclusive("adding traits", since="1.1")
    def add_node_traits(
        self, context: Context, node_id: NodeId, traits: list[str], replace: bool = False
    ) -> None:
        """Add traits to a node.

        :param replace: whether to remove the node's other traits.
        :raises InvalidParameterValue: when the node would have too many traits.
        """

    @exclusive("removing traits", since="1.1")
    def remove_node_traits(
        self, context: Context, node_id: NodeId, traits: list[str] | None
    ) -> None:
        """Remove these traits from a node; None: all traits.

        :raises NodeTraitNotFound: when the node lacks one of them.
        """
