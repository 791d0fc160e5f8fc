# SPDX-License-Identifier: Apache-2.0
"""A host's life as Metal3's baremetal-operator asks for it: its microversion, its fields, its order of requests."""

from typing import Any

from ironic_lite_simulator import images
from tests.functional.rack.cloud import Cloud, Server

VERSION = "1.95"
# What the operator writes besides the address of a BMC with disableCertificateVerification.
DRIVER_INFO = {
    "ipmi_priv_level": "ADMINISTRATOR",
    "ipmi_verify_ca": False,
    "force_persistent_boot_device": "Default",
}
CONFIG_DRIVE = {
    "meta_data": {"local-hostname": "host-0", "metal3-namespace": "default"},
    "user_data": "#cloud-config\n",
    "network_data": {"links": [], "networks": [], "services": []},
}


def _set(path: str, value: Any) -> dict[str, Any]:
    return {"op": "add", "path": path, "value": value}


def _ask(cloud: Cloud, server: Server, method: str, path: str, body: Any = None) -> Any:
    return cloud.service.call(method, f"/v1/nodes/{server.node}{path}", body, VERSION)


def _provision(cloud: Cloud, server: Server, target: str, until: str, **more: Any) -> None:
    _ask(cloud, server, "PUT", "/states/provision", {"target": target, **more})
    node = cloud.service.wait_for_node(server.node, provision_state=until, reservation=None)
    assert node["last_error"] is None


def test_a_host_from_registration_to_its_end(cloud: Cloud) -> None:
    server = cloud.enrol(
        name="default~host-0",
        boot_interface="ipxe",
        deploy_interface="direct",
        inspect_interface="agent",
        automated_clean=False,
        driver_info=DRIVER_INFO,
    )
    _provision(cloud, server, "manage", "manageable")
    _provision(cloud, server, "inspect", "manageable")
    mac = server.status["mac"]
    inventory = _ask(cloud, server, "GET", "/inventory")["inventory"]
    assert [each["mac_address"] for each in inventory["interfaces"]] == [mac]
    assert _ask(cloud, server, "GET", "/firmware") == {"firmware": []}
    _provision(cloud, server, "provide", "available")

    image = cloud.disk_image()
    fields = {**image, "image_disk_format": "raw", "capabilities": {}}
    _ask(
        cloud,
        server,
        "PATCH",
        "",
        [
            _set("/instance_uuid", "9f5a2c61-0d3e-4b77-8a19-5e0c7b1d4f20"),
            _set("/properties/capabilities", "boot_mode:uefi"),
            *(_set(f"/instance_info/{name}", value) for name, value in fields.items()),
        ],
    )
    checked = _ask(cloud, server, "GET", "/validate")
    assert all(checked[each]["result"] for each in ("boot", "deploy", "power"))
    _provision(cloud, server, "active", "active", configdrive=CONFIG_DRIVE)
    assert server.wait_booted()["booted_image"] == images.catalog()[images.DISK_IMAGE].sha256
    assert cloud.rack.config_drive(server.index) is not None

    _provision(cloud, server, "deleted", "available")
    node = _ask(cloud, server, "GET", "?fields=instance_info,instance_uuid")
    assert (node["instance_info"], node["instance_uuid"]) == ({}, None)
    _ask(cloud, server, "PUT", "/maintenance", {"reason": "the host is deleted"})
    _ask(cloud, server, "DELETE", "")
    found = cloud.service.call("GET", f"/v1/ports?address={mac}&fields=node_uuid", version=VERSION)
    assert found["ports"] == []
