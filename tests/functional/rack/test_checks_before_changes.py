# SPDX-License-Identifier: Apache-2.0
"""The checks before a server is changed."""

import hashlib
from typing import Any

import pytest

from ironic_lite_simulator import images
from tests.functional.agent.images import image_server
from tests.functional.rack.cloud import Cloud, Server


def _touched(server: Server, since: int) -> list[str]:
    """Return the actions on a server's hardware, without reads."""
    return [
        str(entry.details)
        for entry in server.journal(since=since)
        if entry.source != "bmc" or "set" in str(entry.details).lower()
    ]


@pytest.mark.parametrize("name", ["deploy_kernel", "deploy_ramdisk"])
def test_a_ramdisk_that_is_not_there_is_told_before_the_server_is_touched(
    cloud: Cloud, name: str
) -> None:
    gone = cloud.image("nosuch")
    server = cloud.enrol_available(instance_info=cloud.disk_image(), driver_info={name: gone})
    moment = server.now()
    told = cloud.service.call("GET", f"/v1/nodes/{server.node}/validate")
    for kind in ("boot", "deploy"):
        assert told[kind]["result"] is False
        assert f"driver_info/{name} '{gone}' answered with status 404" in told[kind]["reason"]
    state = f"/v1/nodes/{server.node}/states/provision"
    refused = cloud.service.request("PUT", state, {"target": "active"})
    assert (refused.status_code, "status 404" in refused.text) == (400, True), refused.text
    cloud.provision(server, "manage", "manageable")
    steps = [{"interface": "deploy", "step": "erase_devices_metadata"}]
    refused = cloud.service.request("PUT", state, {"target": "clean", "clean_steps": steps})
    assert (refused.status_code, "status 404" in refused.text) == (400, True), refused.text
    assert "pxe" not in server.phases(moment)
    # With the missing setting, the deployment succeeds.
    cloud.set(
        server,
        **{
            f"driver_info/{n}": cloud.image(i)
            for n, i in (("deploy_kernel", images.KERNEL), ("deploy_ramdisk", images.RAMDISK))
        },
    )
    cloud.provision(server, "provide", "available")
    cloud.provision(server, "active", "active")


def test_a_rescue_ramdisk_that_is_not_there(cloud: Cloud) -> None:
    server = cloud.enrol(
        rescue_interface="agent",
        driver_info={
            "rescue_kernel": cloud.image(images.KERNEL),
            "rescue_ramdisk": cloud.image("nosuch"),
        },
    )
    cloud.manage(server)
    cloud.provision(server, "adopt", "active")
    moment = server.now()
    body = {"target": "rescue", "rescue_password": "let me in"}
    refused = cloud.service.request("PUT", f"/v1/nodes/{server.node}/states/provision", body)
    assert refused.status_code == 400
    assert "driver_info/rescue_ramdisk" in refused.text
    assert server.phases(moment) == []


@pytest.mark.parametrize(
    "instance",
    [
        {},
        {"image_source": "{images}/nosuch"},
        {"image_source": "http://127.0.0.1:1/gone", "image_checksum": "a" * 32},
        {"image_source": "8a5ea2a5-6ab2-4a36-9d35-5dd4b4f2b1a7", "root_device": {"size": "x"}},
    ],
    ids=["no image", "an image that is gone", "an old checksum", "an image of Glance"],
)
def test_nothing_is_asked_of_a_server_that_is_adopted(
    cloud: Cloud, instance: dict[str, Any]
) -> None:
    instance = {
        name: value.format(images=f"{cloud.rack.http_url}/images")
        if isinstance(value, str)
        else value
        for name, value in instance.items()
    }
    server = cloud.enrol(
        instance_info=instance,
        driver_info={"deploy_kernel": None, "deploy_ramdisk": "http://127.0.0.1:1/gone"},
    )
    cloud.manage(server)
    before, moment = server.status, server.now()
    node = cloud.provision(server, "adopt", "active")
    assert (node["last_error"], node["power_state"]) == (None, "power off")
    assert server.status["boot_device"] == before["boot_device"] is None
    assert _touched(server, moment) == []


LISTS = {
    "sha256sum": "# sums\n{other}  other.raw\n{sum}  disk.raw\n",
    "sha256sum --binary": "{other} *other.raw\n{sum} *disk.raw\n",
    "sha256sum --tag": "SHA256 (other.raw) = {other}\nSHA256 (disk.raw) = {sum}\n",
    "the checksum alone": "{sum}\n",
}


@pytest.mark.parametrize("form", LISTS)
@pytest.mark.parametrize("algorithm", ["sha256", None])
def test_a_list_of_checksums(cloud: Cloud, form: str, algorithm: str | None) -> None:
    image = images.catalog()[images.DISK_IMAGE]
    digest = hashlib.sha256(image.content).hexdigest()
    with image_server() as served:
        served.files["/disk.raw"] = image.content
        served.files["/SUMS"] = LISTS[form].format(sum=digest, other="0" * 64).encode()
        info = {
            "image_source": f"{served.url}/disk.raw",
            "image_os_hash_value": f"{served.url}/SUMS",
            **({"image_os_hash_algo": algorithm} if algorithm else {}),
        }
        server = cloud.enrol_available()
        cloud.deploy(server, info)
        assert ("HEAD", "/SUMS") in served.requests
        assert server.status["disk_sha256"] == digest
        cloud.provision(server, "deleted", "available")
        del served.files["/SUMS"]
        cloud.set(server, instance_info=info)
        told = cloud.service.call("GET", f"/v1/nodes/{server.node}/validate")["deploy"]
        assert "instance_info/image_os_hash_value" in told["reason"]
        assert "status 404" in told["reason"]
