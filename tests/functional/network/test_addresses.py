# SPDX-License-Identifier: Apache-2.0
"""A server has the address that Neutron has for it, in the network that Neutron has put it into at that moment.

Nothing is simulated but the hardware: a real Neutron, whose unmodified networking-generic-switch logs in to the switch
of the rack, and a real neutron-dhcp-agent, whose DHCP servers answer the servers' packets.
"""

import dataclasses
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.deployment import Deployment
from tests.functional.network import plugged
from tests.functional.rack import cloud as racks
from tests.functional.rack.cloud import Cloud, Server
from tests.functional.rack.provisioner import Provisioner
from tests.functional.servers import neutron_with_agents
from tests.functional.servers.mariadb import MariaDB
from tests.functional.servers.neutron_with_agents import Site
from tests.functional.servers.openstack_environment import Environment
from tests.functional.servers.rabbitmq import RabbitMQ
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def site(
    openstack_environment: Environment,
    tmp_path_factory: pytest.TempPathFactory,
    rabbitmq_server: RabbitMQ,
    mariadb_server: MariaDB,
) -> Iterator[Site]:
    """A Neutron with a DHCP agent, and a rack whose own boot URL leads nowhere. The agent leaves nothing behind."""
    home = tmp_path_factory.mktemp("neutron")
    with neutron_with_agents.running(
        openstack_environment,
        home,
        rabbitmq_server.create_vhost(),
        mariadb_server.create_database(),
        count=3,
        nics=2,
        boot_url="http://127.0.0.1:1",
    ) as made:
        yield made
        networks = [network["id"] for network in made.neutron.call("GET", "/networks")["networks"]]
        assert made.agent.processes()
    assert not made.agent.processes()
    assert not any(Path(f"/run/netns/qdhcp-{network}").exists() for network in networks)


def test_neutron_switch_and_dhcp_server_agree(site: Site) -> None:
    neutron, rack = site.neutron, site.rack
    first, second = (neutron.create_network(cidr=cidr) for cidr in ("10.1.0.0/24", "10.2.0.0/24"))
    eth0, eth1 = rack.status(0)["nics"]
    with Provisioner() as provisioner:
        provisioner.boot_agent(eth0["mac"], rack.http_url)
        boot = f"{provisioner.url}/boot/{eth0['mac'].replace(':', '-')}"
        # As Ironic writes them.
        options = {
            "tag:!ipxe,67": "snponly.efi",
            "tag:ipxe,67": boot,
            "150": "127.0.0.1",
            "server-ip-address": "127.0.0.1",
        }
        written = [{"opt_name": name, "opt_value": value} for name, value in options.items()]
        port = neutron.create_port(first, extra_dhcp_opts=written, **_binding(eth0))
        assert _nic(rack, 0)["network"] == first["provider:segmentation_id"]
        rack.control(0, "on")
        _wait_for_address(rack, 0, _address(port))
        assert f"boot file {boot}" in "\n".join(rack.console(0))
        wait_for(lambda: provisioner.lookups, "the agent, which has the address too")
        # While the server runs: its other NIC into another network, and the first one out.
        other = neutron.create_port(second, **_binding(eth1))
        _wait_for_address(rack, 0, _address(other), nic=1)
        neutron.call("DELETE", f"/ports/{port['id']}")
        assert (_nic(rack, 0)["network"], _nic(rack, 0)["address"]) == (None, None)
        assert set(_leases(rack, 0)) == {("eth0", _address(port)), ("eth1", _address(other))}
        rack.control(0, "off")


@dataclasses.dataclass(frozen=True)
class _Service:
    """The service beside Neutron, and the networks: its own, and a tenant's."""

    cloud: Cloud
    own: dict[str, Any]
    tenant: dict[str, Any]


@pytest.fixture(scope="module")
def service(site: Site, tmp_path_factory: pytest.TempPathFactory) -> Iterator[_Service]:
    """One whose networks have DHCP servers."""
    directory = tmp_path_factory.mktemp("service")
    own = site.neutron.create_network(cidr="10.3.0.0/24")
    tenant = site.neutron.create_network(cidr="10.4.0.0/24")
    # Ports are active when the DHCP agent has reported them.
    more = {**racks.OPTIONS, "neutron": {"port_binding_timeout": 120}}
    settings = plugged.options(site.neutron, dict.fromkeys(plugged.PURPOSES, own), more)
    database = f"sqlite:///{directory}/ironic-lite.sqlite"
    with Deployment(directory, database, options=settings) as deployment:
        deployment.upgrade_database()
        deployment.start_all_in_one()
        for network in (own, tenant):
            site.neutron.create_port(network)
            site.agent.wait_until_it_serves(network["id"])
        yield _Service(Cloud(deployment, site.rack, first=1), own, tenant)


def test_a_deployment_moves_the_server_from_network_to_network(
    site: Site, service: _Service
) -> None:
    cloud, rack, neutron = service.cloud, site.rack, site.neutron
    server = cloud.enrol(network_interface="neutron", automated_clean=False)
    _connect(cloud, server)
    cloud.manage(server)
    cloud.provision(server, "provide", "available")
    vif = neutron.create_port(service.tenant)
    attached = cloud.service.request("POST", f"/v1/nodes/{server.node}/vifs", {"id": vif["id"]})
    assert attached.status_code == 204, attached.text

    cloud.deploy(server, cloud.disk_image())
    server.wait_booted()
    _wait_for_address(rack, server.index, _address(vif))
    nic = _nic(rack, server.index)
    assert nic["network"] == service.tenant["provider:segmentation_id"]
    assert neutron.port(vif["id"])["mac_address"] == nic["mac"]
    networks = [e.details["network"] for e in server.journal("machine") if e.action == "dhcp"]
    own, tenant = (n["provider:segmentation_id"] for n in (service.own, service.tenant))
    # Firmware and agent in the service's network, and only then the system in the tenant's.
    assert list(dict.fromkeys(networks)) == [own, tenant]
    assert networks.index(tenant) >= 2

    cloud.provision(server, "deleted", "available")
    assert (_nic(rack, server.index)["network"], _nic(rack, server.index)["address"]) == (
        None,
        None,
    )
    assert neutron.ports(**{"binding:host_id": server.node}) == []


def test_a_port_group_is_in_its_network_with_both_nics(site: Site, service: _Service) -> None:
    cloud, rack, neutron = service.cloud, site.rack, site.neutron
    server = cloud.enrol(network_interface="neutron", automated_clean=True)
    eth0, eth1 = server.status["nics"]
    group = {"node_uuid": server.node, "address": eth0["mac"], "mode": "802.3ad"}
    made = cloud.service.call("POST", "/v1/portgroups", group)
    _connect(cloud, server, portgroup_uuid=made["uuid"])
    second = {
        "node_uuid": server.node,
        "address": eth1["mac"],
        "portgroup_uuid": made["uuid"],
        "local_link_connection": eth1["local_link_connection"],
        "pxe_enabled": False,
    }
    cloud.service.call("POST", "/v1/ports", second)
    cloud.manage(server)
    cloud.provision(server, "provide", "available")
    # Cleaned, in the service's network.
    own, tenant = (n["provider:segmentation_id"] for n in (service.own, service.tenant))
    assert {e.details["network"] for e in server.journal("machine") if e.action == "dhcp"} == {own}
    assert [nic["network"] for nic in server.status["nics"]] == [None, None]

    vif = neutron.create_port(service.tenant)
    attached = cloud.service.request("POST", f"/v1/nodes/{server.node}/vifs", {"id": vif["id"]})
    assert attached.status_code == 204, attached.text
    cloud.deploy(server, cloud.disk_image())
    server.wait_booted()
    _wait_for_address(rack, server.index, _address(vif))
    assert [nic["network"] for nic in server.status["nics"]] == [tenant, tenant]
    assert neutron.port(vif["id"])["mac_address"] == eth0["mac"]


def _connect(cloud: Cloud, server: Server, **more: Any) -> None:
    """Tell the node's port where its cable ends, and ``more`` of its fields."""
    (port,) = cloud.service.call("GET", f"/v1/ports?node={server.node}")["ports"]
    fields = {**more, "local_link_connection": server.status["nics"][0]["local_link_connection"]}
    patch = [{"op": "add", "path": f"/{name}", "value": value} for name, value in fields.items()]
    cloud.service.call("PATCH", f"/v1/ports/{port['uuid']}", patch)


def _binding(nic: dict[str, Any]) -> dict[str, Any]:
    return {
        "mac_address": nic["mac"],
        "binding:host_id": "baremetal",
        "binding:vnic_type": "baremetal",
        "binding:profile": {"local_link_information": [nic["local_link_connection"]]},
    }


def _address(port: dict[str, Any]) -> str:
    address: str = port["fixed_ips"][0]["ip_address"]
    return address


def _nic(rack: VirtualRack, index: int, number: int = 0) -> dict[str, Any]:
    found: dict[str, Any] = rack.status(index)["nics"][number]
    return found


def _leases(rack: VirtualRack, index: int) -> list[tuple[str, str]]:
    entries = (e for e in rack.journal(server=f"server-{index}") if e.action == "dhcp")
    return [(e.details["nic"], e.details["address"]) for e in entries]


def _wait_for_address(rack: VirtualRack, index: int, address: str, nic: int = 0) -> None:
    wait_for(
        lambda: _nic(rack, index, nic)["address"] == address,
        f"address {address}",
        timeout=180,
        describe=lambda: rack.console(index),
    )
