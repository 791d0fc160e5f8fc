# SPDX-License-Identifier: Apache-2.0
"""Ramdisks that the configuration names, for nodes without one of their own."""

from pathlib import Path

from ironic_lite_simulator import images
from tests.functional.agent.images import image_server
from tests.functional.rack import cloud as rack_cloud
from tests.functional.rack.cloud import Cloud

NONE = {"deploy_kernel": None, "deploy_ramdisk": None}


def _deploy(cloud: Cloud, **fields: object) -> None:
    server = cloud.enrol_available(driver_info=NONE, **fields)
    shown = cloud.service.call("GET", f"/v1/nodes/{server.node}/validate")
    assert shown["boot"]["result"] is True, shown
    cloud.deploy(server, cloud.disk_image())
    assert server.wait_booted()["booted_image"] == images.catalog()[images.DISK_IMAGE].sha256


def test_nodes_without_a_ramdisk_boot_the_configured_one(tmp_path: Path) -> None:
    """A node's own is checked like any other; that of its architecture comes before the one for all."""
    files = {name: images.catalog()[name].content for name in (images.KERNEL, images.RAMDISK)}
    directory = tmp_path / "images"
    directory.mkdir()
    for name, content in files.items():
        (directory / name).write_bytes(content)
    with image_server() as served:
        for name, content in files.items():
            served.files[f"/{name}"] = content
        conductor = {
            "file_url_allowed_paths": str(directory),
            "deploy_kernel": f"{served.url}/{images.KERNEL}",
            "deploy_ramdisk": f"{served.url}/{images.RAMDISK}",
            "deploy_kernel_by_arch": f"aarch64:file://{directory}/{images.KERNEL}",
            "deploy_ramdisk_by_arch": f"aarch64:file://{directory}/{images.RAMDISK}",
        }
        with rack_cloud.running(tmp_path, conductor=conductor) as cloud:
            _deploy(cloud)
            assert ("GET", f"/{images.KERNEL}") in served.requests
            served.requests.clear()
            _deploy(cloud, properties={"cpu_arch": "aarch64"})
            assert served.requests == []
            server = cloud.enrol(driver_info={"deploy_ramdisk": None})
            shown = cloud.service.call("GET", f"/v1/nodes/{server.node}/validate")
            assert "driver_info/deploy_ramdisk is missing" in shown["boot"]["reason"]
