# SPDX-License-Identifier: Apache-2.0
"""Servers of a virtual rack whose nodes use Neutron go through all operations: the networks that they are in meanwhile,
and that nothing is left."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.functional.network.plugged import Plugged, link, options, service_networks
from tests.functional.rack import cloud as racks
from tests.functional.rack.cloud import Cloud, Server
from tests.functional.servers.neutron import Neutron

HOLD = {"step": "hold"}


@dataclasses.dataclass
class Site:
    """A rack, the service in front of it, and Neutron beside it."""

    cloud: Cloud
    plugged: Plugged

    def enrol(self, interface: str, **fields: Any) -> tuple[Server, dict[str, Any]]:
        """The next server, available, and its port."""
        server = self.cloud.enrol(network_interface=interface, automated_clean=False, **fields)
        port = self.port_of(server)
        cable = link(f"Eth2/{server.index}")
        patch = [{"op": "add", "path": "/local_link_connection", "value": cable}]
        self.cloud.service.call("PATCH", f"/v1/ports/{port['uuid']}", patch)
        self.cloud.manage(server)
        return server, self.port_of(server)

    def port_of(self, server: Server) -> dict[str, Any]:
        """The one port of a server's node."""
        listed = self.cloud.service.call("GET", f"/v1/ports/detail?node={server.node}")["ports"]
        (port,) = listed
        found: dict[str, Any] = port
        return found

    def where(self, server: Server) -> list[str]:
        """The purposes of the networks in which the server is connected at the moment, or ``tenant``."""
        names = {network["id"]: purpose for purpose, network in self.plugged.networks.items()}
        names[self.plugged.tenant["id"]] = "tenant"
        bound = self.plugged.neutron.ports(**{"binding:host_id": server.node})
        assert all(port["mac_address"] == server.status["mac"] for port in bound)
        return sorted(names[port["network_id"]] for port in bound if port["status"] == "ACTIVE")

    def deploy(self, server: Server, **more: Any) -> str:
        """Attach a VIF, and deploy a disk image; returns the VIF."""
        vif: str = self.plugged.vif()["id"]
        answer = self.plugged.attach(server.node, vif)
        assert answer.status_code == 204, answer.text
        self.cloud.deploy(server, self.cloud.disk_image(), **more)
        return vif


@pytest.fixture(scope="module")
def site(neutron: Neutron, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """One for all tests of this module."""
    directory: Path = tmp_path_factory.mktemp("site")
    networks = service_networks(neutron)
    tenant = neutron.create_network(cidr="10.98.0.0/16")
    settings = options(neutron, networks, {"DEFAULT": {"default_rescue_interface": "agent"}})
    with racks.running(directory, **settings) as cloud:
        yield Site(cloud, Plugged(cloud.service, neutron, networks, tenant))


def test_the_life_of_a_server(site: Site) -> None:
    """It is in one network of the service at a time, and in its tenant's while it has an instance."""
    cloud = site.cloud
    server, port = site.enrol("neutron", rescue_interface="agent", inspect_interface="agent")
    cloud.set(server, driver_info={**_info(cloud, server)})
    assert site.where(server) == []

    cloud.provision(server, "clean", "clean hold", clean_steps=[HOLD])
    assert site.where(server) == ["cleaning"]
    held = site.plugged.internal(port)["cleaning_vif_port_id"]
    seen = site.plugged.neutron.port(held)
    assert (seen["device_owner"], seen["device_id"]) == ("baremetal:none", server.node)
    assert seen["binding:profile"]["local_link_information"] == [port["local_link_connection"]]
    cloud.provision(server, "unhold", "manageable")
    assert (site.where(server), site.plugged.internal(port)) == ([], {})

    cloud.provision(server, "inspect", "manageable")
    assert (site.where(server), site.plugged.internal(port)) == ([], {})
    assert ("plug", f"Eth2/{server.index}") in site.plugged.neutron.switch_commands()

    cloud.provision(server, "provide", "available")
    vif = site.plugged.vif()["id"]
    assert site.plugged.attach(server.node, vif).status_code == 204
    cloud.set(server, instance_info=cloud.disk_image())
    hold = {"interface": "deploy", "step": "hold", "args": {}, "priority": 70}
    cloud.provision(server, "active", "deploy hold", deploy_steps=[hold])
    assert site.where(server) == ["provisioning"]
    cloud.provision(server, "unhold", "active")
    assert site.where(server) == ["tenant"]
    assert site.plugged.internal(port) == {"tenant_vif_port_id": vif}

    cloud.provision(server, "service", "service hold", service_steps=[HOLD])
    assert site.where(server) == ["servicing"]
    cloud.provision(server, "unhold", "active")
    assert site.where(server) == ["tenant"]

    cloud.provision(server, "rescue", "rescue", rescue_password="secret")
    assert site.where(server) == ["tenant"]
    cloud.provision(server, "unrescue", "active")
    assert site.where(server) == ["tenant"]

    cloud.provision(server, "rebuild", "active")
    assert site.where(server) == ["tenant"]

    cloud.provision(server, "deleted", "available")
    assert (site.where(server), site.plugged.internal(port)) == ([], {})
    assert site.plugged.ports_of(server.node) == []
    seen = site.plugged.neutron.port(vif)
    assert (seen["binding:host_id"], seen["mac_address"] == port["address"]) == ("", False)


def _info(cloud: Cloud, server: Server) -> dict[str, Any]:
    info = cloud.show(server)["driver_info"]
    return {
        **info,
        "rescue_kernel": info["deploy_kernel"],
        "rescue_ramdisk": info["deploy_ramdisk"],
    }


def test_a_server_in_a_flat_network(site: Site) -> None:
    """It is deployed in the network of its VIF, which is bound without a cable."""
    cloud = site.cloud
    server, port = site.enrol("flat")
    cloud.provision(server, "clean", "clean hold", clean_steps=[HOLD])
    held = site.plugged.internal(port)["cleaning_vif_port_id"]
    network = site.plugged.neutron.port(held)["network_id"]
    assert network == site.plugged.networks["cleaning"]["id"]
    cloud.provision(server, "unhold", "manageable")
    cloud.provision(server, "provide", "available")
    vif = site.deploy(server)
    seen = site.plugged.neutron.port(vif)
    assert (seen["binding:host_id"], seen["mac_address"]) == (server.node, port["address"])
    assert seen["binding:profile"] == {}
    cloud.provision(server, "deleted", "available")
    assert site.plugged.ports_of(server.node) == []
    assert site.plugged.internal(port) == {}


@pytest.mark.parametrize("interface", ["flat", "neutron"])
def test_without_a_vif(site: Site, interface: str) -> None:
    """A deployment fails, says what is missing, and succeeds once it is there."""
    cloud = site.cloud
    server, _port = site.enrol(interface)
    cloud.provision(server, "provide", "available")
    cloud.set(server, instance_info=cloud.disk_image())
    failed = cloud.provision(server, "active", "deploy failed")
    assert "baremetal node vif attach" in failed["last_error"]
    vif = site.plugged.vif()["id"]
    assert site.plugged.attach(server.node, vif).status_code == 204
    cloud.provision(server, "active", "active")
    assert site.plugged.neutron.port(vif)["binding:host_id"] == server.node
    cloud.provision(server, "deleted", "available")
    assert site.plugged.ports_of(server.node) == []


def test_a_network_that_does_not_exist(site: Site) -> None:
    """Cleaning fails and says what to set; then it works."""
    cloud = site.cloud
    server, _port = site.enrol("neutron")
    info = cloud.show(server)["driver_info"]
    cloud.set(server, driver_info={**info, "cleaning_network": "nowhere"})
    shown = cloud.service.call("GET", f"/v1/nodes/{server.node}/validate")["network"]
    assert shown["result"] is False
    assert "'nowhere'" in shown["reason"]
    refused = cloud.service.request(
        "PUT",
        f"/v1/nodes/{server.node}/states/provision",
        {"target": "clean", "clean_steps": [HOLD]},
    )
    assert refused.status_code == 400
    assert "driver_info/cleaning_network" in refused.text
    cloud.set(server, automated_clean=True)
    failed = cloud.provision(server, "provide", "clean failed")
    assert "driver_info/cleaning_network" in failed["last_error"]
    cloud.set(server, driver_info=info, maintenance=False)
    cloud.provision(server, "manage", "manageable")
    cloud.provision(server, "provide", "available")
    assert site.plugged.ports_of(server.node) == []
