# SPDX-License-Identifier: Apache-2.0
"""The RPCs about what belongs to a node: its ports, port groups, volumes and traits."""

from typing import Any, Protocol

from ironic_lite.conductor.contract.declaration import Context, NodeId, exclusive
from ironic_lite.objects.port import Port, Portgroup
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget

Expected = dict[str, Any] | None
Volume = VolumeConnector | VolumeTarget


class RecordCalls(Protocol):
    """Each is written under the lock of its node, so that no flow at work on the node sees it change.

    All raise ``NodeLocked`` when somebody works on the node. ``expected`` is what the changed fields were when the
    change was computed; ``ConcurrentUpdate`` is raised when one of them is something else by now.
    """

    @exclusive("port creation", since="1.1")
    def create_port(self, context: Context, port_obj: Port) -> Port:
        """Store a new port.

        :raises MACAlreadyExists, PortAlreadyExists, PortDuplicateName: when it clashes with another one.
        :raises Invalid, Conflict: when it does not fit into its port group.
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
        """Store the changes of a port group; its ports follow it into another physical network.

        :raises PortgroupMACAlreadyExists, PortgroupDuplicateName: when it clashes with another one.
        :raises PortgroupNotEmpty: when it is to leave its node with ports in it.
        :raises InvalidState: when the state of its new node forbids the move.
        :raises Conflict: when its ports do not fit into it any longer.
        """

    @exclusive("port group deletion", since="1.1")
    def destroy_portgroup(self, context: Context, portgroup: Portgroup) -> None:
        """Delete a port group.

        :raises PortgroupNotEmpty: when ports are in it.
        """

    @exclusive("volume update", since="1.1")
    def update_volume(
        self, context: Context, volume_obj: Volume, expected: Expected = None
    ) -> Volume:
        """Store the changes of a volume connector or target.

        :raises InvalidStateRequested: when its server is not off.
        :raises VolumeConnectorTypeAndIdAlreadyExists, VolumeTargetBootIndexAlreadyExists: when it clashes.
        """

    @exclusive("volume deletion", since="1.1")
    def destroy_volume(self, context: Context, volume: Volume) -> None:
        """Delete a volume connector or target.

        :raises InvalidStateRequested: when its server is in use and not off.
        """

    @exclusive("adding traits", since="1.1")
    def add_node_traits(
        self, context: Context, node_id: NodeId, traits: list[str], replace: bool = False
    ) -> None:
        """Give a node traits.

        :param replace: these only; what else it has goes.
        :raises InvalidParameterValue: when it would have too many.
        """

    @exclusive("removing traits", since="1.1")
    def remove_node_traits(
        self, context: Context, node_id: NodeId, traits: list[str] | None
    ) -> None:
        """Take these traits from a node, or all when None.

        :raises NodeTraitNotFound: when it does not have one of them.
        """
