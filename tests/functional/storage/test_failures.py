# SPDX-License-Identifier: Apache-2.0
"""What cannot be attached or detached: a clear error, nothing left in Cinder, and a node that can be tried again."""

import uuid

import pytest

from tests.functional.rack.cloud import Cloud, Server
from tests.functional.servers.cinder import Cinder
from tests.functional.storage.volumes import add_connector, add_target, booted, enrol
from tests.waiting import wait_for


def fails(
    cloud: Cloud, server: Server, target: str = "active", state: str = "deploy failed"
) -> str:
    """Ask for a provision state that is not reached; return `last_error`."""
    path = f"/v1/nodes/{server.node}/states/provision"
    cloud.service.call("PUT", path, {"target": target})
    wait_for(
        lambda: (
            (node := cloud.show(server))["provision_state"] == state and not node["reservation"]
        ),
        f"the state {state}",
        timeout=120,
        describe=cloud.service.logs,
    )
    told: str = cloud.show(server)["last_error"]
    return told


def succeeds(cloud: Cloud, cinder: Cinder, server: Server, volume: str) -> None:
    """The same node is deployed and undeployed after the cause was removed."""
    cloud.provision(server, "active", "active")
    assert booted(server)["target"].endswith(volume)
    cloud.provision(server, "deleted", "available")
    assert not cinder.attachments(volume)
    assert volume not in cinder.connections()


def test_the_storage_refuses(cloud: Cloud, cinder: Cinder) -> None:
    server = enrol(cloud)
    first, second = cinder.create_volume(), cinder.create_volume()
    add_target(cloud.service, server.node, first, 0)
    missing = str(uuid.uuid4())
    wrong = add_target(cloud.service, server.node, missing, 1)
    assert f"Cinder has no volume {missing}" in fails(cloud, server)
    # The first volume was attached already.
    assert not cinder.attachments(first)
    assert first not in cinder.connections()

    patch = [{"op": "replace", "path": "/volume_id", "value": second}]
    cloud.service.call("PATCH", f"/v1/volume/targets/{wrong}", patch)
    cinder.fail(initialize_connection="no path to the array")
    assert "Connecting the volume" in fails(cloud, server)
    assert not cinder.attachments(first)

    cinder.fail()
    cinder.fail(terminate_connection="the array is busy")
    cloud.provision(server, "active", "active")
    told = fails(cloud, server, "deleted", "error")
    assert "Detaching the volume" in told
    assert cinder.show(first)["status"] != "available"
    cinder.fail()
    cloud.provision(server, "deleted", "available")
    for volume in (first, second):
        assert not cinder.attachments(volume)
        assert volume not in cinder.connections()
    succeeds(cloud, cinder, server, first)


def test_a_volume_in_use_elsewhere(cloud: Cloud, cinder: Cinder) -> None:
    server, volume = enrol(cloud), cinder.create_volume()
    body = {"volume_uuid": volume, "instance_uuid": str(uuid.uuid4())}
    other = cinder.call("POST", "/attachments", {"attachment": body})["attachment"]["id"]
    add_target(cloud.service, server.node, volume, 0)
    told = fails(cloud, server)
    assert f"Reserving the volume {volume} failed: Cinder answers 400" in told
    assert [each["id"] for each in cinder.attachments(volume)] == [other]
    cinder.call("DELETE", f"/attachments/{other}")
    succeeds(cloud, cinder, server, volume)


def test_cinder_is_silent(cloud: Cloud, cinder: Cinder) -> None:
    server, volume = enrol(cloud), cinder.create_volume()
    add_target(cloud.service, server.node, volume, 0)
    cinder.api.process.pause()
    try:
        told = fails(cloud, server)
    finally:
        cinder.api.process.resume()
    assert "The connection to Cinder failed" in told or "attachments of the server failed" in told
    assert not cinder.attachments(volume)
    succeeds(cloud, cinder, server, volume)


def test_cinder_is_away(cloud: Cloud, cinder: Cinder) -> None:
    server, volume = enrol(cloud), cinder.create_volume()
    add_target(cloud.service, server.node, volume, 0)
    cloud.provision(server, "active", "active")
    server.wait_booted()
    cinder.api.process.stop()
    try:
        assert "failed" in fails(cloud, server, "deleted", "error")
    finally:
        cinder.api.process.start()
        cinder.api.wait_until_it_answers()
    assert volume in cinder.connections()
    cloud.provision(server, "deleted", "available")
    assert volume not in cinder.connections()
    succeeds(cloud, cinder, server, volume)


def test_wrong_settings_are_refused_at_once(cloud: Cloud, cinder: Cinder) -> None:
    server = cloud.enrol_available(storage_interface="cinder")
    add_target(cloud.service, server.node, cinder.create_volume(), 0)
    path = f"/v1/nodes/{server.node}"
    for reason, mend in (
        (
            "do not have iscsi_boot",
            lambda: cloud.set(server, properties={"capabilities": "iscsi_boot:true"}),
        ),
        (
            "no volume connector of type iqn",
            lambda: add_connector(cloud.service, server.node, "iqn", f"iqn.x:{server.node}"),
        ),
    ):
        storage = cloud.service.call("GET", f"{path}/validate")["storage"]
        assert reason in storage["reason"]
        answer = cloud.service.request("PUT", f"{path}/states/provision", {"target": "active"})
        assert answer.status_code == 400
        assert reason in answer.text
        mend()
    assert cloud.service.call("GET", f"{path}/validate")["storage"] == {"result": True}


@pytest.mark.parametrize("user", ["owner", "lessee"])
def test_a_volume_of_another_project(cloud: Cloud, cinder: Cinder, user: str) -> None:
    project = cinder.show(cinder.create_volume())["os-vol-tenant-attr:tenant_id"]
    volume = cinder.create_volume()
    stranger = uuid.uuid4().hex
    server = enrol(cloud, owner=stranger)
    if user == "lessee":
        # A lessee cannot use the owner's volumes either.
        cloud.set(server, owner=project, lessee=stranger)
    add_target(cloud.service, server.node, volume, 0)
    told = fails(cloud, server)
    assert f"Cinder has no volume {volume} of the project {stranger}" in told
    assert not cinder.attachments(volume)
    cloud.set(server, **{user: project})
    succeeds(cloud, cinder, server, volume)
