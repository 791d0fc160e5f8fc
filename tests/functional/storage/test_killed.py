# SPDX-License-Identifier: Apache-2.0
"""A conductor is killed at every boundary while it attaches or detaches volumes, and the next one ends its work."""

import functools
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ironic_lite import objects
from ironic_lite.common import exception, openstack_services, states
from ironic_lite.conf import CONF
from ironic_lite.drivers.modules.storage import cinder as storage
from ironic_lite.drivers.modules.storage import cinder_client
from tests.functional.flows import killing
from tests.functional.flows.conductor_core import ConductorCore
from tests.functional.flows.killing import Boundary
from tests.functional.servers import cinder as cinders
from tests.functional.servers.cinder import Cinder

_REQUESTS = ("volume", "attachments", "reserve", "connect", "connection", "complete", "disconnect")


@pytest.fixture
def core(tmp_path: Path, cinder: Cinder) -> Iterator[ConductorCore]:
    """A conductor's core, with the credentials of Cinder."""
    options = {**cinders.credentials(cinder.keystone), "action_retries": 0}
    with killing.core_with("cinder", options, tmp_path) as made:
        yield made


@pytest.fixture
def boundary(monkeypatch: pytest.MonkeyPatch) -> Boundary:
    made = Boundary()
    records = (objects.Node, objects.VolumeTarget)
    made.guard(monkeypatch, cinder_client.Cinder, _REQUESTS, records)
    return made


class Scene:
    """A node with two volumes."""

    def __init__(self, core: ConductorCore, cinder: Cinder, **fields: Any) -> None:
        self.core, self.cinder = core, cinder
        self.node = core.create_node(
            states.DEPLOYING,
            power_state=states.POWER_OFF,
            instance_uuid=str(uuid.uuid4()),
            **fields,
        )
        self.volumes = [cinder.create_volume() for _ in range(2)]
        context = core.context
        objects.VolumeConnector(
            context,
            node_id=self.node.id,
            type="iqn",
            connector_id=f"iqn.x:{self.node.uuid}",
            uuid=str(uuid.uuid4()),
        ).create()
        for index, volume in enumerate(self.volumes):
            objects.VolumeTarget(
                context,
                node_id=self.node.id,
                volume_type="iscsi",
                volume_id=volume,
                boot_index=index,
                properties={},
                uuid=str(uuid.uuid4()),
            ).create()

    def call(self, method: str) -> None:
        """What a conductor does under the node's lock."""
        with self.core.task(self.node) as task:
            getattr(storage.CinderStorage(), method)(task)

    def is_attached(self) -> None:
        """Each volume has one attachment, complete, and its target says how to reach it."""
        found = objects.VolumeTarget.list_by_node_id(self.core.context, self.node.id)
        for target in found:
            (attachment,) = self.cinder.attachments(target.volume_id)
            assert attachment["status"] == "attached"
            assert target.properties["attachment_id"] == attachment["id"]
            assert target.properties["auth_password"]
            assert self.cinder.show(target.volume_id)["status"] == "in-use"
        assert set(self.volumes) <= self.cinder.connections()

    def is_detached(self) -> None:
        """Nothing is left, in Cinder, at the storage, or with us."""
        for volume in self.volumes:
            assert not self.cinder.attachments(volume)
            assert self.cinder.show(volume)["status"] == "available"
            assert volume not in self.cinder.connections()
        for target in objects.VolumeTarget.list_by_node_id(self.core.context, self.node.id):
            assert not target.properties
        assert storage.ATTACHED_BEFORE not in self.core.node(self.node).driver_internal_info


def test_killed_at_every_boundary(core: ConductorCore, cinder: Cinder, boundary: Boundary) -> None:
    scene = Scene(core, cinder)
    reached = {}
    for method, other, check in (
        ("attach_volumes", "detach_volumes", scene.is_attached),
        ("detach_volumes", "attach_volumes", scene.is_detached),
    ):
        at = 0
        while boundary.kills(at, functools.partial(scene.call, method)):
            scene.call(method)
            check()
            scene.call(other)
            at += 1
        check()
        # Again, when there is nothing to do.
        scene.call(method)
        check()
        reached[method] = at
    scene.is_detached()
    # The requests about each volume, before and after, and the writes.
    assert reached["attach_volumes"] >= 25
    assert reached["detach_volumes"] >= 8


def test_what_a_killed_conductor_attached_is_detached_too(
    core: ConductorCore, cinder: Cinder, boundary: Boundary
) -> None:
    scene = Scene(core, cinder)
    for at in range(5, 25, 4):
        assert boundary.kills(at, lambda: scene.call("attach_volumes"))
        scene.call("detach_volumes")
        scene.is_detached()


def test_a_volume_target_that_is_gone(core: ConductorCore, cinder: Cinder) -> None:
    scene = Scene(core, cinder)
    scene.call("attach_volumes")
    _boot, data = objects.VolumeTarget.list_by_node_id(core.context, scene.node.id)
    data.destroy()
    scene.call("attach_volumes")
    assert not cinder.attachments(data.volume_id)
    scene.call("detach_volumes")
    scene.is_detached()


def test_a_running_server_keeps_the_volumes_that_it_has(
    core: ConductorCore, cinder: Cinder
) -> None:
    scene = Scene(core, cinder)
    scene.call("attach_volumes")
    node = core.node(scene.node)
    node.provision_state = states.ACTIVE
    node.save()
    boot, data = scene.volumes
    (lost,) = cinder.attachments(data)
    with core.task(scene.node) as task:
        cinder_client.Cinder().disconnect(lost["id"], data)
        cinder.fail(initialize_connection="no path to the array")
        with pytest.raises(exception.StorageError, match="Connecting the volume"):
            storage.CinderStorage().attach_volumes(task)
    cinder.fail()
    assert cinder.show(boot)["status"] == "in-use"
    assert not cinder.attachments(data)
    scene.call("attach_volumes")
    scene.is_attached()
    scene.call("detach_volumes")
    scene.is_detached()


def test_wrong_credentials(core: ConductorCore, cinder: Cinder) -> None:
    scene = Scene(core, cinder)
    CONF.set_override("password", "wrong-one", group="cinder")
    openstack_services.forget()
    with pytest.raises(exception.StorageError) as told:
        scene.call("attach_volumes")
    assert "refuses the credentials in [cinder]" in told.value.message
    assert "wrong-one" not in str(told.value)
    scene.is_detached()


@pytest.mark.parametrize("status", ["reserved", "attached"])
def test_the_attachments_of_another_server(
    core: ConductorCore, cinder: Cinder, status: str
) -> None:
    """A project gives its node the `instance_uuid` of another project's server, and names that server's volume."""
    scene = Scene(core, cinder, owner="another-project")
    node = core.node(scene.node)
    victim = scene.volumes[0]
    connector = (
        {"initiator": "iqn.of-the-victim", "host": "victim"} if status == "attached" else None
    )
    body = {"volume_uuid": victim, "instance_uuid": node.instance_uuid, "connector": connector}
    made = cinder.call("POST", "/attachments", {"attachment": body})["attachment"]
    if status == "attached":
        cinder.call("POST", f"/attachments/{made['id']}/action", {"os-complete": None})
    with pytest.raises(exception.StorageError, match="Cinder has no volume"):
        scene.call("attach_volumes")
    scene.call("detach_volumes")
    assert [each["id"] for each in cinder.attachments(victim)] == [made["id"]]
    for target in objects.VolumeTarget.list_by_node_id(core.context, node.id):
        assert not target.properties


def test_a_cinder_that_ignores_the_filter(
    core: ConductorCore, cinder: Cinder, monkeypatch: pytest.MonkeyPatch
) -> None:
    scene, other = Scene(core, cinder), Scene(core, cinder)
    other.call("attach_volumes")
    proxy = cinder_client.Cinder()._cinder
    asked = type(proxy).attachments
    monkeypatch.setattr(
        type(proxy), "attachments", lambda self, **_query: asked(self, all_projects=True)
    )
    scene.call("attach_volumes")
    scene.call("detach_volumes")
    other.is_attached()
    scene.is_detached()
    other.call("detach_volumes")
    other.is_detached()
