# SPDX-License-Identifier: Apache-2.0
"""What an administrator makes before tenants come: nodes, an image, a flavor, and the networks of both."""

from dataclasses import dataclass

from ironic_lite_simulator import images
from tests.cloud import baremetal, neutron
from tests.cloud.composition import Cloud
from tests.waiting import wait_for

IMAGE = "rack-os"
FLAVOR = "rack"
TENANT_NETWORK = "tenant"
TENANT_CIDR = "10.77.0.0/24"


@dataclass(frozen=True)
class Furniture:
    """UUIDs of the nodes, in the order of the rack's servers."""

    nodes: list[str]


def furnish(cloud: Cloud) -> Furniture:
    """Enrol every server of the rack, and make everything else that `openstack server create` names.

    The networks come before the nodes, which are validated with them.
    """
    # Neutron then makes a port active only when its network has DHCP.
    wait_for(lambda: _has_dhcp(cloud), "the DHCP agent", describe=cloud.dhcp.process.log_tail)
    _make_networks(cloud)
    count = cloud.rack.options.count
    nodes = [baremetal.enrol(cloud.baremetal, cloud.rack, index) for index in range(count)]
    _make_image(cloud)
    make_flavor(cloud, FLAVOR)
    baremetal.wait_until_available(cloud.baremetal, nodes)
    wait_for(lambda: _known_to_nova(cloud) == count, f"Nova to know {count} nodes", interval=0.5)
    return Furniture(nodes)


def _has_dhcp(cloud: Cloud) -> bool:
    agents = cloud.ask("network", f"/v2.0/agents?host={cloud.dhcp.host}")["agents"]
    return any(agent["alive"] for agent in agents)


def _known_to_nova(cloud: Cloud) -> int:
    """How many nodes Nova would schedule to: their host has been discovered."""
    return len(cloud.ask("compute", "/os-hypervisors")["hypervisors"])


def _make_image(cloud: Cloud) -> None:
    file = cloud.home / f"{IMAGE}.raw"
    file.write_bytes(images.catalog()[images.DISK_IMAGE].content)
    cloud.administrator(
        *("image", "create", IMAGE, "--public", "--file", str(file)),
        *("--disk-format", "raw", "--container-format", "bare"),
    )


def make_flavor(cloud: Cloud, name: str, *traits: str) -> None:
    """Make a flavor of one node, whatever its size, that has the traits and the capability of the rack."""
    capability, value = baremetal.CAPABILITY
    properties = {
        f"resources:CUSTOM_{baremetal.RESOURCE_CLASS.upper()}": "1",
        **{f"resources:{kind}": "0" for kind in ("VCPU", "MEMORY_MB", "DISK_GB")},
        **{f"trait:{trait}": "required" for trait in (baremetal.TRAIT, *traits)},
        f"capabilities:{capability}": value,
    }
    # Nominal, but Nova's quotas count them: 20 processors and 50 GiB for all servers of a project.
    size = ("--vcpus", "1", "--ram", "1024", "--disk", "9")
    options = [word for item in properties.items() for word in ("--property", "=".join(item))]
    cloud.administrator("flavor", "create", name, *size, *options)


def free_node(cloud: Cloud) -> str:
    """The UUID of a node that nobody uses."""
    free = "/v1/nodes?provision_state=available&associated=false"
    node, *_ = cloud.baremetal.call("GET", free)["nodes"]
    uuid: str = node["uuid"]
    return uuid


def mark(cloud: Cloud, node: str, trait: str) -> None:
    """Give a node a trait of its own, and wait until Nova knows it. Nova knows all earlier changes then."""
    cloud.baremetal.call("PUT", f"/v1/nodes/{node}/traits/{trait}")
    path = f"/resource_providers/{node}/traits"
    wait_for(
        lambda: trait in cloud.ask("placement", path)["traits"],
        f"Nova to know the trait {trait}",
        interval=0.5,
    )


def unmark(cloud: Cloud, node: str) -> None:
    """Leave a node the trait of all nodes."""
    cloud.baremetal.call("PUT", f"/v1/nodes/{node}/traits", {"traits": [baremetal.TRAIT]})


def _make_networks(cloud: Cloud) -> None:
    for client, name, cidr, more in (
        (cloud.administrator, baremetal.PROVISIONING_NETWORK, "10.76.0.0/24", _PROVIDER),
        (cloud.tenant, TENANT_NETWORK, TENANT_CIDR, ()),
    ):
        client("network", "create", name, *more)
        client("subnet", "create", name, "--network", name, "--subnet-range", cidr)


_PROVIDER = (
    *("--provider-network-type", "vlan"),
    *("--provider-physical-network", neutron.PHYSICAL_NETWORK),
)
