# SPDX-License-Identifier: Apache-2.0
"""Creates any number of records of every kind, directly in the database."""

from typing import Any

from ironic_lite.common import context
from ironic_lite.objects.allocation import Allocation
from ironic_lite.objects.chassis import Chassis
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node
from ironic_lite.objects.node_items import BIOSSetting, FirmwareComponent
from ironic_lite.objects.node_records import NodeHistory
from ironic_lite.objects.port import Port, Portgroup
from ironic_lite.objects.templates_and_rules import DeployTemplate, InspectionRule, Runbook
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget

_INTERFACES: dict[str, Any] = {"fake-hardware": {"power": {"enabled": ["fake"], "default": "fake"}}}


class Population:
    """The records in lists, with the chassis, node and port group whose parts are listed."""

    def __init__(self) -> None:
        self.context = context.admin_context()
        self.count = 0
        self.chassis = Chassis(self.context, description="home")
        self.chassis.create()
        self.node = self._node(name="home")
        self.portgroup = Portgroup(self.context, node_id=self.node.id, name="home")
        self.portgroup.create()

    def grow(self, count: int) -> None:
        """Create ``count`` more records of every kind that lists show."""
        while self.count < count:
            self._add(self.count)
            self.count += 1
        for record, key in ((BIOSSetting, "name"), (FirmwareComponent, "component")):
            items = [{key: f"item-{number}"} for number in range(self.count)]
            record.replace(self.context, self.node.id, items)

    def _node(self, **fields: Any) -> Node:
        node = Node(
            self.context,
            driver="fake-hardware",
            conductor_group="",
            chassis_id=self.chassis.id,
            **fields,
        )
        node.create()
        node.set_traits(["CUSTOM_A", "CUSTOM_B"])
        return node

    def _add(self, number: int) -> None:
        Conductor.register(
            self.context,
            f"conductor-{number}",
            ["fake-hardware"],
            "",
            Conductor.new_incarnation(),
            _INTERFACES,
        )
        Chassis(self.context, extra={"number": number}).create()
        self._node(name=f"node-{number}", shard=f"shard-{number}")
        self._node(name=f"child-{number}", parent_node=self.node.uuid)
        of_node = {"node_id": self.node.id}
        for record in (
            NodeHistory(self.context, **of_node, event=f"event {number}"),
            Portgroup(self.context, **of_node, name=f"group-{number}"),
            Port(
                self.context,
                **of_node,
                address=f"52:54:00:00:00:{number:02x}",
                portgroup_id=self.portgroup.id,
            ),
            VolumeConnector(self.context, **of_node, type="ip", connector_id=str(number)),
            VolumeTarget(
                self.context, **of_node, volume_type="x", volume_id="v", boot_index=number
            ),
        ):
            record.create()
        self._add_recipes(number)

    def _add_recipes(self, number: int) -> None:
        Allocation(self.context, name=f"allocation-{number}", resource_class="x").create()
        DeployTemplate(self.context, name=f"CUSTOM_{number}", steps=[]).create()
        InspectionRule(self.context, actions=[]).create()
        runbook = Runbook(self.context, name=f"runbook-{number}", steps=[])
        runbook.create()
        runbook.set_traits(["CUSTOM_A", "CUSTOM_B"])
