# SPDX-License-Identifier: Apache-2.0
"""What belongs to a node, over RPC: its ports, port groups, volumes and traits.

Each is written under the lock of its node, so that no flow at work on the node sees it change.
"""

from typing import Any

import oslo_messaging

from ironic_lite.common import context as ironic_context
from ironic_lite.conductor import (
    port_records,
    portgroup_records,
    rpcapi,
    task_manager,
    trait_records,
    volume_records,
)
from ironic_lite.conductor.surface import Endpoint, exposed
from ironic_lite.objects.port import Port, Portgroup
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget

Context = ironic_context.RequestContext
Volume = VolumeConnector | VolumeTarget
Expected = dict[str, Any] | None


class RecordEndpoint(Endpoint):
    """The conductor's side of :class:`ironic_lite.conductor.record_calls.RecordCalls`."""

    target = oslo_messaging.Target(version=rpcapi.RPC_API_VERSION)

    @exposed
    def create_port(self, context: Context, port_obj: Port) -> Port:
        with task_manager.acquire(context, port_obj.node_id, purpose="port creation") as task:
            return port_records.create(task, port_obj)

    @exposed
    def update_port(self, context: Context, port_obj: Port, expected: Expected = None) -> Port:
        with task_manager.acquire(context, port_obj.node_id, purpose="port update") as task:
            return port_records.update(task, port_obj, expected)

    @exposed
    def destroy_port(self, context: Context, port: Port) -> None:
        with task_manager.acquire(context, port.node_id, purpose="port deletion") as task:
            port_records.destroy(task, port)

    @exposed
    def update_portgroup(
        self, context: Context, portgroup_obj: Portgroup, expected: Expected = None
    ) -> Portgroup:
        purpose = "port group update"
        with task_manager.acquire(context, portgroup_obj.node_id, purpose=purpose) as task:
            return portgroup_records.update(task, portgroup_obj, expected)

    @exposed
    def destroy_portgroup(self, context: Context, portgroup: Portgroup) -> None:
        purpose = "port group deletion"
        with task_manager.acquire(context, portgroup.node_id, purpose=purpose) as task:
            portgroup_records.destroy(task, portgroup)

    @exposed
    def update_volume(
        self, context: Context, volume_obj: Volume, expected: Expected = None
    ) -> Volume:
        purpose = f"{volume_records.called(volume_obj)} update"
        with task_manager.acquire(context, volume_obj.node_id, purpose=purpose) as task:
            return volume_records.update(task, volume_obj, expected)

    @exposed
    def destroy_volume(self, context: Context, volume: Volume) -> None:
        purpose = f"{volume_records.called(volume)} deletion"
        with task_manager.acquire(context, volume.node_id, purpose=purpose) as task:
            volume_records.destroy(task, volume)

    @exposed
    def add_node_traits(
        self, context: Context, node_id: int, traits: list[str], replace: bool = False
    ) -> None:
        with task_manager.acquire(context, node_id, purpose="adding traits") as task:
            trait_records.add(task, traits, replace)

    @exposed
    def remove_node_traits(self, context: Context, node_id: int, traits: list[str] | None) -> None:
        with task_manager.acquire(context, node_id, purpose="removing traits") as task:
            trait_records.remove(task, traits)
