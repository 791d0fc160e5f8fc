# SPDX-License-Identifier: Apache-2.0
"""A conductor is killed at every boundary while it works on VIFs and on the service's ports, and the next one goes on.

Only requests that change something in Neutron are boundaries, because nothing changes between the others.
"""

import contextlib
import itertools
from collections.abc import Callable
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import exception, states
from ironic_lite.drivers.interfaces.network import Purpose
from ironic_lite.drivers.modules.network import client
from ironic_lite.drivers.modules.network.neutron import NeutronNetwork
from tests.functional.flows.conductor_core import ConductorCore
from tests.functional.flows.killing import Boundary
from tests.functional.network.plugged import link, mac
from tests.functional.servers.neutron import Neutron

_CHANGES = ("create_port", "update_port", "delete_port")
_numbers = itertools.count(0x100000)


@pytest.fixture
def boundary(monkeypatch: pytest.MonkeyPatch) -> Boundary:
    made = Boundary()
    records = (objects.Node, objects.Port, objects.Portgroup)
    made.guard(monkeypatch, client.Neutron, _CHANGES, records)
    return made


def _tried(work: Callable[[], object]) -> None:
    """Do some work; errors of Neutron are an acceptable end of it."""
    with contextlib.suppress(exception.NetworkError):
        work()


class Scene:
    """A node with two ports, and two VIFs."""

    def __init__(
        self, core: ConductorCore, neutron: Neutron, state: str, switch: str = "tor1"
    ) -> None:
        self.core, self.neutron = core, neutron
        self.node = core.create_node(state, network_interface="neutron")
        for number in itertools.islice(_numbers, 2):
            port = core.create_port(self.node, mac(number))
            port.local_link_connection = {**link(f"Eth1/{number}"), "switch_info": switch}
            if switch != "tor1":
                port.local_link_connection["switch_id"] = "00:00:00:00:00:cc"
            port.pxe_enabled = True
            port.save()
        tenant = neutron.create_network(cidr="10.99.0.0/16")
        self.vif, self.other = (neutron.create_port(tenant)["id"] for _ in range(2))

    def call(self, method: str, *args: Any) -> None:
        """What a conductor does under the node's lock."""
        with self.core.task(self.node) as task:
            getattr(NeutronNetwork(), method)(task, *args)

    def attach(self, vif: str | None = None) -> None:
        """Attach a VIF; by default, the first one."""
        self.call("vif_attach", {"id": vif or self.vif})

    def detach(self, vif: str | None = None) -> None:
        """Detach a VIF, if it is attached."""
        with contextlib.suppress(exception.VifNotAttached):
            self.call("vif_detach", vif or self.vif)

    def ports(self) -> list[Any]:
        """The node's ports."""
        return objects.Port.list_by_node_id(self.core.context, self.node.id)

    def made(self) -> list[dict[str, Any]]:
        """The service's ports in Neutron."""
        found = self.neutron.ports(**{"binding:host_id": self.node.uuid})
        return [port for port in found if port["device_owner"] == "baremetal:none"]

    def is_attached(self, vif: str) -> None:
        """This VIF is attached, to one port; the service has no ports, and no other VIF is attached."""
        seen = self.neutron.port(vif)
        (holder,) = [port for port in self.ports() if port.internal_info]
        assert holder.internal_info == {"tenant_vif_port_id": vif}
        assert (seen["mac_address"], seen["binding:host_id"]) == (holder.address, self.node.uuid)
        for other in {self.vif, self.other} - {vif}:
            self.is_free(other)
        assert self.made() == []

    def is_free(self, vif: str) -> None:
        """This VIF is not bound, and has a MAC address of its own."""
        seen = self.neutron.port(vif)
        assert seen["binding:host_id"] == ""
        assert seen["binding:profile"] == {}
        assert seen["mac_address"] not in [port.address for port in self.ports()]

    def is_clean(self) -> None:
        """Nothing is left, in Neutron and on record."""
        assert [port.internal_info or {} for port in self.ports()] == [{}, {}]
        for vif in (self.vif, self.other):
            self.is_free(vif)
        assert self.made() == []

    def is_in(self, purpose: str) -> None:
        """Each port has one port of the service in Neutron, in this network."""
        made = {port["id"]: port for port in self.made()}
        assert len(made) == 2
        for port in self.ports():
            ((key, ident),) = port.internal_info.items()
            assert key == f"{purpose}_vif_port_id"
            assert made.pop(ident)["mac_address"] == port.address
        assert {p["name"].partition(" ")[0] for p in self.made()} == {purpose}

    def has_no_strays(self) -> None:
        """The sweep leaves only ports that are noted."""
        self.call("remove_strays")
        noted = {ident for port in self.ports() for ident in (port.internal_info or {}).values()}
        assert {port["id"] for port in self.made()} <= noted

    # -- what may follow, each with its check ----------------------------------------------------------------------

    def then_attached(self) -> None:
        """The same request again; if the first one was complete, it is attached already."""
        with contextlib.suppress(exception.VifAlreadyAttached):
            self.attach()
        self.is_attached(self.vif)

    def then_detached(self) -> None:
        """The client has changed its mind."""
        self.detach()
        self.is_clean()

    def then_nothing(self) -> None:
        """The client does not come again: only a VIF that is bound is shown as attached."""
        with self.core.task(self.node) as task:
            shown = NeutronNetwork().vif_list(task)
        for each in shown:
            assert self.neutron.port(each["id"])["binding:host_id"] == self.node.uuid

    def then_the_other(self) -> None:
        """The client uses another VIF, after it has detached the first one if it is shown as attached."""
        with self.core.task(self.node) as task:
            shown = [each["id"] for each in NeutronNetwork().vif_list(task)]
        if shown:
            self.detach(shown[0])
        self.attach(self.other)
        self.is_attached(self.other)

    def then_released(self) -> None:
        """The node is torn down or deleted."""
        self.call("release")
        self.is_clean()

    def then_cleaning(self) -> None:
        """The operation goes on in the same network."""
        self.call("connect", Purpose.CLEANING)
        self.is_in("cleaning")

    def then_provisioning(self) -> None:
        """Another operation begins."""
        self.call("connect", Purpose.PROVISIONING)
        self.call("disconnect", Purpose.CLEANING)
        self.is_in("provisioning")

    def then_left(self) -> None:
        """The operation ends."""
        self.call("disconnect", Purpose.CLEANING)
        self.is_clean()

    def then_swept(self) -> None:
        """No operation follows; ports without a note are removed."""
        self.has_no_strays()


def _boundaries(
    boundary: Boundary,
    scene: Scene,
    prepare: Callable[[], None],
    work: Callable[[], None],
    follow: list[Callable[[], None]],
) -> int:
    """Kill the conductor at each boundary of some work, and check each thing that may follow; return their number."""
    for at in itertools.count():
        for then in follow:
            prepare()
            killed = boundary.kills(at, lambda: _tried(work))
            if killed:
                then()
            scene.call("release")
            scene.is_clean()
            if not killed:
                return at
    raise AssertionError("never ends")


def _nothing() -> None:
    return


@pytest.mark.parametrize("state", [states.AVAILABLE, states.ACTIVE])
def test_a_vif(core: ConductorCore, neutron: Neutron, boundary: Boundary, state: str) -> None:
    """Before the deployment it is reserved, during the life of the instance it is bound."""
    scene = Scene(core, neutron, state)
    # The MAC address, the host, and two writes.
    follow = [scene.then_attached]
    if state == states.AVAILABLE:
        follow.append(scene.then_the_other)
    assert _boundaries(boundary, scene, _nothing, scene.attach, follow) == 6
    # Unbinding, the MAC address, and two writes.
    follow = [scene.then_detached, scene.then_nothing, scene.then_the_other]
    assert _boundaries(boundary, scene, scene.attach, scene.detach, follow) == 6


def test_a_vif_that_cannot_be_bound(
    core: ConductorCore, neutron: Neutron, boundary: Boundary
) -> None:
    """The conductor is killed while it undoes the attachment, too."""
    scene = Scene(core, neutron, states.ACTIVE, switch="tor9")
    follow = [scene.then_released]
    assert _boundaries(boundary, scene, _nothing, scene.attach, follow) == 10


def test_the_vif_of_an_instance(core: ConductorCore, neutron: Neutron, boundary: Boundary) -> None:
    """It is bound at the deployment, and unbound at the tear-down."""
    scene = Scene(core, neutron, states.AVAILABLE)
    bind = "configure_tenant_networks"
    unbind = "unconfigure_tenant_networks"

    def bound() -> None:
        scene.attach()
        scene.call(bind)

    def then_bound() -> None:
        scene.call(bind)
        scene.is_attached(scene.vif)
        assert neutron.port(scene.vif)["status"] == "ACTIVE"

    def then_unbound() -> None:
        scene.call(unbind)
        scene.is_free(scene.vif)

    assert _boundaries(boundary, scene, scene.attach, lambda: scene.call(bind), [then_bound]) == 2
    assert _boundaries(boundary, scene, bound, lambda: scene.call(unbind), [then_unbound]) == 4


def test_the_address_of_a_port(core: ConductorCore, neutron: Neutron, boundary: Boundary) -> None:
    """It changes under a running instance; the client repeats its request."""
    scene = Scene(core, neutron, states.ACTIVE)
    wanted = ""

    def attached() -> None:
        nonlocal wanted
        scene.attach()
        wanted = mac(next(_numbers))

    def change() -> None:
        (stored,) = [port for port in scene.ports() if port.internal_info]
        changed = objects.Port.get(core.context, stored.uuid)
        changed.address = wanted
        scene.call("port_changes", stored, changed)
        changed.save()

    def then_changed() -> None:
        change()
        scene.is_attached(scene.vif)
        assert neutron.port(scene.vif)["status"] == "ACTIVE"

    # Unbinding, the MAC address, binding, and one write.
    assert _boundaries(boundary, scene, attached, change, [then_changed]) == 7


def test_ports_of_the_service(core: ConductorCore, neutron: Neutron, boundary: Boundary) -> None:
    scene = Scene(core, neutron, states.CLEANING)

    def add() -> None:
        scene.call("connect", Purpose.CLEANING)

    def remove() -> None:
        scene.call("disconnect", Purpose.CLEANING)

    # Two ports, each with one request and one write.
    follow = [scene.then_cleaning, scene.then_swept]
    assert _boundaries(boundary, scene, _nothing, add, follow) == 6
    assert _boundaries(boundary, scene, add, remove, [scene.then_left]) == 6


def test_from_network_to_network(core: ConductorCore, neutron: Neutron, boundary: Boundary) -> None:
    scene = Scene(core, neutron, states.CLEANING)

    def add() -> None:
        scene.call("connect", Purpose.CLEANING)

    def move() -> None:
        scene.call("connect", Purpose.PROVISIONING)

    # Two ports are removed, two are made, and two notes are written.
    assert _boundaries(boundary, scene, add, move, [scene.then_provisioning]) == 10
