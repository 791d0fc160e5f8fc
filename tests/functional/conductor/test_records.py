# SPDX-License-Identifier: Apache-2.0
"""Parts of a node are written under the node's lock, and never overwrite another change."""

from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite.common import exception
from ironic_lite.conductor.service import RPCService
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port, Portgroup
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget
from tests.functional.conductor.conftest import Cloud

pytestmark = pytest.mark.usefixtures("conductor")


class Parts:
    """One record of each kind that belongs to a node."""

    def __init__(self, cloud: Cloud):
        self.node = cloud.create_node()
        self.conductor = cloud.of(self.node)
        of_node = {"node_id": self.node.id}
        self.portgroup = Portgroup(cloud.context, **of_node, extra={"a": 1})
        self.portgroup.create()
        self.connector = VolumeConnector(
            cloud.context, **of_node, type="ip", connector_id="x", extra={"a": 1}
        )
        self.connector.create()
        self.target = VolumeTarget(
            cloud.context, **of_node, volume_type="x", volume_id="v", boot_index=0, extra={"a": 1}
        )
        self.target.create()

    def port(self, cloud: Cloud, **fields: Any) -> Port:
        """Not stored yet."""
        return Port(cloud.context, node_id=self.node.id, address="52:54:00:00:00:01", **fields)


@pytest.fixture
def parts(cloud: Cloud, conductor: RPCService) -> Parts:
    return Parts(cloud)


Act = Callable[[Cloud, Parts], Any]

ACTS: dict[str, Act] = {
    "create_port": lambda c, p: p.conductor.create_port(c.context, p.port(c)),
    "update_portgroup": lambda c, p: p.conductor.update_portgroup(c.context, p.portgroup),
    "destroy_portgroup": lambda c, p: p.conductor.destroy_portgroup(c.context, p.portgroup),
    "update_connector": lambda c, p: p.conductor.update_volume(c.context, p.connector),
    "destroy_connector": lambda c, p: p.conductor.destroy_volume(c.context, p.connector),
    "update_target": lambda c, p: p.conductor.update_volume(c.context, p.target),
    "destroy_target": lambda c, p: p.conductor.destroy_volume(c.context, p.target),
    "add_traits": lambda c, p: p.conductor.add_node_traits(c.context, p.node.id, ["CUSTOM_A"]),
    "remove_traits": lambda c, p: p.conductor.remove_node_traits(c.context, p.node.id, None),
}


@pytest.mark.parametrize("act", ACTS.values(), ids=ACTS)
def test_waits_for_the_lock(cloud: Cloud, parts: Parts, act: Act) -> None:
    """A locked node refuses the change; once it is free, the change succeeds."""
    held = Node.reserve(cloud.context, "somebody", parts.node.id)
    with pytest.raises(exception.NodeLocked):
        act(cloud, parts)
    held.release()
    act(cloud, parts)
    assert cloud.node(parts.node).reservation is None


@pytest.mark.parametrize("kind", ["portgroup", "connector", "target"])
def test_a_lost_race_writes_nothing(cloud: Cloud, parts: Parts, kind: str) -> None:
    """Of two changes computed from the same state, the second is refused and the first stays."""
    record = getattr(parts, kind)
    update = (
        parts.conductor.update_portgroup if kind == "portgroup" else parts.conductor.update_volume
    )
    first, second = record.obj_clone(), record.obj_clone()
    first.extra = {"a": 1, "b": 2}
    update(cloud.context, first, expected={"extra": {"a": 1}})
    second.extra = {"a": 1, "c": 3}
    with pytest.raises(exception.ConcurrentUpdate):
        update(cloud.context, second, expected={"extra": {"a": 1}})
    assert type(record).get(cloud.context, record.id).extra == {"a": 1, "b": 2}


def test_a_port_that_cannot_be_stored_leaves_its_group_alone(cloud: Cloud, parts: Parts) -> None:
    """The first port gives its network to the group, but only if it can be stored."""
    member = {"portgroup_id": parts.portgroup.id, "physical_network": "front"}
    other = parts.port(cloud)
    other.create()
    with pytest.raises(exception.AlreadyExists):
        parts.conductor.create_port(cloud.context, parts.port(cloud, **member))
    assert Portgroup.get(cloud.context, parts.portgroup.id).physical_network is None
    other.destroy()
    parts.conductor.create_port(cloud.context, parts.port(cloud, **member))
    assert Portgroup.get(cloud.context, parts.portgroup.id).physical_network == "front"


def test_traits_are_all_or_none(cloud: Cloud, parts: Parts) -> None:
    """With one trait too many none is added; with a missing one none is removed."""
    many = [f"CUSTOM_{number}" for number in range(50)]
    parts.conductor.add_node_traits(cloud.context, parts.node.id, many[:49])
    with pytest.raises(exception.InvalidParameterValue, match="50"):
        parts.conductor.add_node_traits(cloud.context, parts.node.id, ["CUSTOM_X", "CUSTOM_Y"])
    assert cloud.node(parts.node).traits == sorted(many[:49])
    with pytest.raises(exception.NodeTraitNotFound):
        parts.conductor.remove_node_traits(
            cloud.context, parts.node.id, ["CUSTOM_0", "CUSTOM_NONE"]
        )
    assert cloud.node(parts.node).traits == sorted(many[:49])
