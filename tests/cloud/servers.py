# SPDX-License-Identifier: Apache-2.0
"""Servers of a tenant, and checks of what each service shows about them."""

import dataclasses
import ipaddress
from pathlib import Path
from typing import Any

from ironic_lite_simulator import images
from tests.cloud import furnishing
from tests.cloud.composition import TENANT, Cloud
from tests.cloud.config_drive import ConfigDrive, read
from tests.functional.rack.cloud import Server
from tests.waiting import wait_for

USER_DATA = "#cloud-config\nfinal_message: of the test\n"


@dataclasses.dataclass(frozen=True)
class Booted:
    """A server that Nova calls ACTIVE.

    :param shown: as `openstack server show` prints it.
    :param node: the node that it is on, as the bare-metal API shows it.
    :param index: the place of its machine in the rack.
    """

    cloud: Cloud
    shown: dict[str, Any]
    node: dict[str, Any]
    index: int

    @property
    def uuid(self) -> str:
        """Of the server, in Nova."""
        uuid: str = self.shown["id"]
        return uuid

    @property
    def machine(self) -> dict[str, Any]:
        """What can be seen of the machine from outside."""
        return self.cloud.rack.status(self.index)

    @property
    def address(self) -> str:
        """In the tenant's network, as Nova shows it."""
        (address,) = self.shown["addresses"][furnishing.TENANT_NETWORK]
        return str(address)

    def port(self) -> dict[str, Any]:
        """Its only port, as the administrator sees it in Neutron."""
        (port,) = ports_of(self.cloud, self.uuid)
        return port

    def network(self) -> Any:
        """The VLAN that the switch has its first network card in; None if in none."""
        return self.machine["nics"][0]["network"]

    @property
    def hardware(self) -> Server:
        """The machine with its journal."""
        return Server(self.cloud.rack, self.index, self.node["uuid"])

    def config_drive(self) -> ConfigDrive:
        """The config drive on its disk."""
        content = self.cloud.rack.config_drive(self.index)
        assert content is not None, "there is no config drive on the disk"
        return read(content)

    def wait_until_booted(self) -> dict[str, Any]:
        """Wait until the image runs on the machine, and return the machine."""
        wait_for(
            lambda: self.machine["booted_image"] == images.catalog()[images.DISK_IMAGE].sha256,
            "the image to boot",
            describe=lambda: self.cloud.rack.console(self.index),
        )
        return self.machine


def create(cloud: Cloud, name: str, *options: str, flavor: str = furnishing.FLAVOR) -> Booted:
    """`openstack server create` by the tenant, which waits until the server is ACTIVE."""
    usual = ("--image", furnishing.IMAGE, "--flavor", flavor, "--wait")
    shown = cloud.tenant.ask("server", "create", *usual, *options, name)
    assert shown["status"] == "ACTIVE", f"{shown}\n{cloud.logs()}"
    return find(cloud, shown["id"])


def find(cloud: Cloud, uuid: str) -> Booted:
    """Return a server with its node and machine."""
    shown = cloud.tenant.ask("server", "show", uuid)
    (node,) = cloud.baremetal.call("GET", f"/v1/nodes/detail?instance_uuid={uuid}")["nodes"]
    return Booted(cloud, shown, node, int(node["name"].removeprefix("server-")))


def ports_of(cloud: Cloud, device: str) -> list[dict[str, Any]]:
    """Return Neutron's ports of a server."""
    ports: list[dict[str, Any]] = cloud.ask("network", f"/v2.0/ports?device_id={device}")["ports"]
    return ports


def check_network(server: Booted) -> None:
    """The port is bound to the node and has its MAC; and the machine got the port's address, from its network."""
    cloud, port = server.cloud, server.port()
    assert ipaddress.ip_address(server.address) in ipaddress.ip_network(furnishing.TENANT_CIDR)
    assert [ip["ip_address"] for ip in port["fixed_ips"]] == [server.address]
    assert port["mac_address"] == server.machine["mac"]
    assert (port["status"], port["binding:host_id"]) == ("ACTIVE", server.node["uuid"])
    assert port["binding:vnic_type"] == "baremetal"
    assert port["binding:vif_type"] == "other"
    network = cloud.ask("network", f"/v2.0/networks/{port['network_id']}")["network"]
    assert server.network() == network["provider:segmentation_id"]
    wait_for(
        lambda: server.machine["nics"][0]["address"] == server.address,
        f"the machine to get the address {server.address}",
        describe=lambda: (server.machine["nics"], cloud.rack.console(server.index)),
    )


def check_config_drive(server: Booted, public_key: str) -> None:
    """The drive has the user data, the keypair and the network with the machine's own MAC."""
    drive = server.config_drive()
    assert drive.user_data == USER_DATA
    assert drive.meta_data["uuid"] == server.uuid
    assert list(drive.meta_data["public_keys"].values()) == [public_key]
    assert [link["ethernet_mac_address"] for link in drive.network_data["links"]] == [
        server.machine["mac"]
    ]
    (network,) = drive.network_data["networks"]
    assert (network["type"], network["network_id"]) == ("ipv4_dhcp", server.port()["network_id"])


def check_nothing_is_left(server: Booted) -> None:
    """The node can be used again, and no service knows anything of the server."""
    cloud = server.cloud
    node = cloud.baremetal.wait_for_node(
        server.node["uuid"], 300, provision_state="available", reservation=None
    )
    assert (node["instance_uuid"], node["instance_info"]) == (None, {})
    ports = cloud.ask("network", "/v2.0/ports")["ports"]
    foreign = [port for port in ports if port["device_owner"] != "network:dhcp"]
    assert [port for port in foreign if node["uuid"] in str(port) or server.uuid in str(port)] == []
    for port in cloud.baremetal.call("GET", f"/v1/ports/detail?node={node['uuid']}")["ports"]:
        assert "tenant_vif_port_id" not in port["internal_info"]
    assert cloud.baremetal.call("GET", f"/v1/nodes/{node['uuid']}/vifs") == {"vifs": []}
    allocations = cloud.ask("placement", f"/allocations/{server.uuid}")["allocations"]
    assert allocations == {}
    assert server.machine["config_drive_sha256"] is None
    assert server.network() is None


def keypair(cloud: Cloud, directory: Path) -> str:
    """Make the keypair `key` of the tenant, and return the public key."""
    cloud.tenant("keypair", "create", "--private-key", str(directory / "key"), "key")
    shown = cloud.ask("compute", "/os-keypairs/key", user=TENANT)
    public_key: str = shown["keypair"]["public_key"]
    return public_key.strip()
