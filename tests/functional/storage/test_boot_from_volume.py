# SPDX-License-Identifier: Apache-2.0
"""Servers of a virtual rack boot from volumes of a real Cinder, and give them back."""

import re
import uuid

from tests.functional.rack.cloud import Cloud
from tests.functional.servers.cinder import Cinder
from tests.functional.storage.volumes import (
    add_connector,
    add_target,
    booted,
    enrol,
    iqn,
    properties,
)
from tests.waiting import wait_for


def test_a_server_boots_from_a_volume_and_gives_it_back(cloud: Cloud, cinder: Cinder) -> None:
    server = enrol(cloud)
    boot, data = cinder.create_volume(), cinder.create_volume()
    add_connector(cloud.service, server.node, "ip", f"10.0.0.{server.index}")
    target = add_target(cloud.service, server.node, boot, 0)
    add_target(cloud.service, server.node, data, 1)
    assert cloud.service.call("GET", f"/v1/nodes/{server.node}/validate")["storage"]["result"]

    cloud.provision(server, "active", "active")

    for volume in (boot, data):
        shown = cinder.show(volume)
        (attached,) = shown["attachments"]
        assert shown["status"] == "in-use"
        assert attached["server_id"] == server.node
        assert attached["device"] == "ironic_mountpoint"
        noted = shown["metadata"][f"ironic_node_{server.node}"]
        assert '"last_action": "attached"' in noted
    told = cinder.connector(boot)
    assert told["initiator"] == iqn(server.node)
    assert (told["ip"], told["host"]) == (f"10.0.0.{server.index}", server.node)
    assert told["multipath"] is True
    last = booted(server)
    assert last["target"] == f"iqn.2010-10.org.openstack:volume-{boot}"
    assert last["url"] == f"iscsi:192.0.2.31::3260:1:{last['target']}"
    first, second = last["volumes"]
    assert len(first["urls"]) == 2
    assert first["initiator"] == iqn(server.node)
    assert (first["user"], second["user"]) == (f"user-{boot[:8]}", f"user-{data[:8]}")
    assert "agent" not in server.phases()
    told_properties = properties(cloud, target)
    assert told_properties["auth_password"] == "******"
    assert told_properties["volume_id"] == boot

    cloud.service.set_power_state(server.node, "rebooting", until="power on")
    assert booted(server)["target"] == last["target"]
    script = cloud.service.request("GET", f"/boot/{server.status['mac'].replace(':', '-')}").text
    passwords = re.findall(r"set password (\S+)", script)
    assert len(passwords) == 2

    cloud.provision(server, "deleted", "available")
    assert not cinder.attachments(boot)
    assert not cinder.attachments(data)
    assert not {boot, data} & cinder.connections()
    assert cinder.show(boot)["status"] == "available"
    assert properties(cloud, target) == {}
    node = cloud.show(server)
    assert "has_volume_attachments" not in node["driver_internal_info"]
    assert cloud.service.api is not None
    log = cloud.service.api.log.read_text()
    assert f"attached volume {boot}" in log
    for password in passwords:
        assert password not in log
        assert password not in str(node)


def test_a_server_that_is_off_has_no_volume(cloud: Cloud, cinder: Cinder) -> None:
    server = enrol(cloud)
    first, second = cinder.create_volume(), cinder.create_volume()
    target = add_target(cloud.service, server.node, first, 0)
    cloud.provision(server, "active", "active")
    server.wait_booted()
    cloud.service.set_power_state(server.node, "power off")
    wait_for(lambda: cinder.show(first)["status"] == "available", "the volume to be free")
    wait_for(lambda: not cloud.show(server)["reservation"], "the node to be free")
    patch = [{"op": "replace", "path": "/volume_id", "value": second}]
    cloud.service.call("PATCH", f"/v1/volume/targets/{target}", patch)
    cloud.service.set_power_state(server.node, "power on")
    assert booted(server)["target"].endswith(second)
    assert cinder.show(second)["status"] == "in-use"
    assert not cinder.attachments(first)
    cloud.provision(server, "deleted", "available")
    assert second not in cinder.connections()


def test_rescue_and_back(cloud: Cloud, cinder: Cinder) -> None:
    images = {"rescue_kernel": "kernel", "rescue_ramdisk": "ramdisk"}
    server = enrol(cloud, rescue_interface="agent")
    info = cloud.show(server)["driver_info"]
    for field, name in images.items():
        path = f"/driver_info/{field}"
        patch = [{"op": "add", "path": path, "value": info[f"deploy_{name}"]}]
        cloud.service.call("PATCH", f"/v1/nodes/{server.node}", patch)
    volume = cinder.create_volume()
    add_target(cloud.service, server.node, volume, 0)
    cloud.provision(server, "active", "active")
    cloud.provision(server, "rescue", "rescue", rescue_password="a b c d")
    assert cinder.show(volume)["status"] == "in-use"
    cloud.provision(server, "unrescue", "active")
    assert booted(server)["target"].endswith(volume)
    cloud.provision(server, "deleted", "available")
    assert not cinder.attachments(volume)


def test_volumes_that_nova_attached_stay_novas_until_the_end(cloud: Cloud, cinder: Cinder) -> None:
    instance = str(uuid.uuid4())
    server = enrol(cloud)
    volume = cinder.create_volume()
    connector = {"initiator": iqn(server.node), "host": "nova", "multipath": False}
    body = {"volume_uuid": volume, "instance_uuid": instance, "connector": connector}
    made = cinder.call("POST", "/attachments", {"attachment": body})["attachment"]
    cinder.call("POST", f"/attachments/{made['id']}/action", {"os-complete": None})
    cloud.set(server, instance_uuid=instance)
    target = add_target(cloud.service, server.node, volume, 0, properties=made["connection_info"])
    cloud.provision(server, "active", "active")
    assert booted(server)["target"].endswith(volume)
    assert [each["id"] for each in cinder.attachments(volume)] == [made["id"]]
    cloud.service.set_power_state(server.node, "power off")
    cloud.service.set_power_state(server.node, "power on")
    assert booted(server)["target"].endswith(volume)
    assert [each["id"] for each in cinder.attachments(volume)] == [made["id"]]
    cloud.provision(server, "deleted", "available")
    assert not cinder.attachments(volume)
    # Nova leaves the target to the tear-down. The next instance must not meet it.
    assert cloud.service.request("GET", f"/v1/volume/targets/{target}").status_code == 404


def test_the_interface_external_attaches_nothing(cloud: Cloud, cinder: Cinder) -> None:
    server = enrol(cloud, storage_interface="external")
    volume = cinder.create_volume()
    target = {"target_portal": "192.0.2.7", "target_iqn": "iqn.2020-01.org:x", "target_lun": 11}
    add_target(cloud.service, server.node, volume, 0, properties=target)
    cloud.provision(server, "active", "active")
    last = booted(server)
    assert last["url"] == "iscsi:192.0.2.7:::b:iqn.2020-01.org:x"
    assert last["volumes"][0]["user"] == ""
    assert not cinder.attachments(volume)
    cloud.provision(server, "deleted", "available")
