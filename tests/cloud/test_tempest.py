# SPDX-License-Identifier: Apache-2.0
"""ironic-tempest-plugin's tests of attaching VIFs, with a real Neutron, and its scenarios of servers without Nova.

With the driver ipmi there are more scenarios, which cannot run here: those with Nova, and rescue, connect by SSH to
what runs on the server; others name the deploy interface iscsi, which Ironic does not have any more, or need an
inspector of its own; and BaremetalFakeBios would leave a node as fake hardware.
"""

from collections.abc import Iterator
from pathlib import Path

import pytest

from ironic_lite_simulator import images
from tests.cloud import furnishing
from tests.cloud.composition import Cloud
from tests.cloud.tempest import Tempest

VIFS = r"ironic_tempest_plugin\.tests\.api\.admin\.test_nodes\.TestNodesVif"
COUNT = 12
NETWORK = "standalone"
SCENARIOS = (
    "test_basic_ops.BaremetalDriverDirectPartitioned.test_ip_access_to_server",
    "test_basic_ops.BaremetalIpmiDirectIPxeWholedisk.test_deploy_node",
    "test_basic_ops.BaremetalIPXEBootTestClass.test_ip_access_to_server",
    "test_ramdisk_iso.BaremetalRamdiskBootIsoIPMIIPXE.test_ramdisk_boot",
)


def test_vifs(furnished: Cloud, tmp_path: Path) -> None:
    fake = {"driver": "fake-hardware", "max_microversion": "latest"}
    results = Tempest(furnished, tmp_path, {"baremetal": fake}).run(VIFS)
    assert list(results.values()) == ["ok"] * COUNT


@pytest.fixture
def vlan(furnished: Cloud) -> Iterator[int]:
    """The VLAN of a network that the administrator shares with all projects."""
    administrator = furnished.administrator
    administrator("network", "create", "--share", NETWORK)
    administrator(
        "subnet", "create", NETWORK, "--network", NETWORK, "--subnet-range", "10.79.0.0/24"
    )
    (made,) = furnished.ask("network", f"/v2.0/networks?name={NETWORK}")["networks"]
    yield made["provider:segmentation_id"]
    administrator("network", "delete", NETWORK)


@pytest.fixture
def root_image(furnished: Cloud, tmp_path: Path) -> Iterator[str]:
    """The UUID of a partition image."""
    file = tmp_path / images.ROOT_IMAGE
    file.write_bytes(images.catalog()[images.ROOT_IMAGE].content)
    options = ("--disk-format", "raw", "--container-format", "bare", "--file", str(file))
    made = furnished.administrator.ask(
        *("image", "create", "--public", *options, "--property", "img_type=partition", "rack-root")
    )
    yield made["id"]
    furnished.administrator("image", "delete", made["id"])


@pytest.fixture
def nodes_as_before(furnished: Cloud) -> Iterator[None]:
    """tempest leaves nodes with the interfaces that it has given them."""
    yield
    service = furnished.baremetal
    direct = [{"op": "replace", "path": "/deploy_interface", "value": "direct"}]
    for node in service.call("GET", "/v1/nodes?driver=ipmi")["nodes"]:
        service.wait_for_node(node["uuid"], 300, provision_state="available", reservation=None)
        service.call("PATCH", f"/v1/nodes/{node['uuid']}", direct)


@pytest.mark.usefixtures("nodes_as_before")
def test_scenarios(furnished: Cloud, vlan: int, root_image: str, tmp_path: Path) -> None:
    """tempest deploys servers without Nova, and pings them in the network of their VIF."""
    tempest = Tempest(furnished, tmp_path, _scenario_settings(furnished, root_image))
    tempest.ping_from(vlan, "10.79.0.1/24")
    prefix = r"ironic_tempest_plugin\.tests\.scenario\.ironic_standalone\."
    wanted = "|".join(name.replace(".", r"\.") for name in SCENARIOS)
    results = tempest.run(f"{prefix}({wanted})")
    assert list(results.values()) == ["ok"] * len(SCENARIOS), results


def _scenario_settings(cloud: Cloud, root_image: str) -> dict[str, dict[str, object]]:
    served = f"{cloud.rack.http_url}/images"
    disk_image = cloud.administrator.ask("image", "show", furnishing.IMAGE)["id"]
    return {
        "baremetal": {
            "driver": "ipmi",
            "max_microversion": "latest",
            "enabled_drivers": "",
            "enabled_hardware_types": "ipmi",
            "enabled_boot_interfaces": "ipxe",
            "enabled_deploy_interfaces": "direct,ramdisk",
            "enabled_rescue_interfaces": "agent",
            "enabled_power_interfaces": "ipmitool",
            "enabled_management_interfaces": "ipmitool",
            "enabled_raid_interfaces": "agent",
            "default_rescue_interface": "agent",
            "whole_disk_image_ref": disk_image,
            "whole_disk_image_url": f"{served}/{images.DISK_IMAGE}",
            "whole_disk_image_checksum": images.catalog()[images.DISK_IMAGE].sha256,
            "partition_image_ref": root_image,
            "partition_netboot": "false",
            "default_boot_option": "local",
            "adjusted_root_disk_size_gb": 4,
            "ramdisk_iso_image_ref": f"{served}/{images.ISO_IMAGE}",
        },
        "compute": {"fixed_network_name": NETWORK},
        "network": {"shared_physical_network": "true"},
        "validation": {"connect_method": "fixed", "ping_timeout": 300},
    }
