# SPDX-License-Identifier: Apache-2.0
"""The RPCs about what belongs to a node: its ports, port groups, volumes and traits.

All of them wait for the lock of the node, and raise ``NodeLocked`` when somebody works on it.
"""

from typing import TYPE_CHECKING, Any, TypeVar

from ironic_lite.common import context as ironic_context
from ironic_lite.objects.port import Port, Portgroup
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget

Context = ironic_context.RequestContext
Expected = dict[str, Any] | None
Volume = TypeVar("Volume", VolumeConnector, VolumeTarget)

SINCE = "1.1"
"""The version of the surface that brought most of these."""


class RecordCalls:
    """A part of ``rpcapi.ConductorAPI``.

    ``expected`` is, for each, what the changed fields were when the change was computed; ``ConcurrentUpdate`` is raised
    when one of them is something else by now.
    """

    if TYPE_CHECKING:
        # Brought by the class that this is a part of.
        def _call(self, *args: Any, **kwargs: Any) -> Any: ...

    def create_port(self, context: Context, port_obj: Port, topic: str) -> Port:
        """Store a new port.

        :raises MACAlreadyExists, PortAlreadyExists, PortDuplicateName: when it clashes with another one.
        :raises Invalid, Conflict: when it does not fit into its port group.
        """
        return self._call(context, topic, "create_port", SINCE, port_obj=port_obj)

    def update_port(
        self, context: Context, port_obj: Port, topic: str, expected: Expected = None
    ) -> Port:
        """Store the changes of a port. Raises as :meth:`create_port` does.

        :raises InvalidState: when the state of its node forbids the change.
        """
        return self._call(context, topic, "update_port", port_obj=port_obj, expected=expected)

    def destroy_port(self, context: Context, port: Port, topic: str) -> None:
        """Delete a port."""
        self._call(context, topic, "destroy_port", port=port)

    def update_portgroup(
        self, context: Context, portgroup_obj: Portgroup, topic: str, expected: Expected = None
    ) -> Portgroup:
        """Store the changes of a port group; its ports follow it into another physical network.

        :raises PortgroupMACAlreadyExists, PortgroupDuplicateName: when it clashes with another one.
        :raises PortgroupNotEmpty: when it is to leave its node with ports in it.
        :raises InvalidState: when the state of its new node forbids the move.
        :raises Conflict: when its ports do not fit into it any longer.
        """
        return self._call(
            context,
            topic,
            "update_portgroup",
            SINCE,
            portgroup_obj=portgroup_obj,
            expected=expected,
        )

    def destroy_portgroup(self, context: Context, portgroup: Portgroup, topic: str) -> None:
        """Delete a port group.

        :raises PortgroupNotEmpty: when ports are in it.
        """
        self._call(context, topic, "destroy_portgroup", SINCE, portgroup=portgroup)

    def update_volume(
        self, context: Context, volume_obj: Volume, topic: str, expected: Expected = None
    ) -> Volume:
        """Store the changes of a volume connector or target.

        :raises InvalidStateRequested: when its server is not off.
        :raises VolumeConnectorTypeAndIdAlreadyExists, VolumeTargetBootIndexAlreadyExists: when it clashes.
        """
        return self._call(
            context, topic, "update_volume", SINCE, volume_obj=volume_obj, expected=expected
        )

    def destroy_volume(
        self, context: Context, volume: VolumeConnector | VolumeTarget, topic: str
    ) -> None:
        """Delete a volume connector or target.

        :raises InvalidStateRequested: when its server is in use and not off.
        """
        self._call(context, topic, "destroy_volume", SINCE, volume=volume)

    def add_node_traits(
        self, context: Context, node_id: int, traits: list[str], topic: str, replace: bool = False
    ) -> None:
        """Give a node traits.

        :param replace: these only; what else it has goes.
        :raises InvalidParameterValue: when it would have too many.
        """
        self._call(
            context,
            topic,
            "add_node_traits",
            SINCE,
            node_id=node_id,
            traits=traits,
            replace=replace,
        )

    def remove_node_traits(
        self, context: Context, node_id: int, traits: list[str] | None, topic: str
    ) -> None:
        """Take these traits from a node, or all when None.

        :raises NodeTraitNotFound: when it does not have one of them.
        """
        self._call(context, topic, "remove_node_traits", SINCE, node_id=node_id, traits=traits)
