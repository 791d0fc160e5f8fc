# SPDX-License-Identifier: Apache-2.0
"""The service beside a Neutron: nodes of fake hardware whose ports hang on fake switches."""

import itertools
import json
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.functional.deployment import Deployment, Options
from tests.functional.servers.neutron import SWITCHES, Neutron

PURPOSES = ("cleaning", "provisioning", "rescuing", "servicing", "inspection")

_numbers = itertools.count(1)


def link(port: str, switch: str = "tor1") -> dict[str, str]:
    """Return the ``local_link_connection`` of a cable to a port of a switch."""
    return {"switch_id": SWITCHES[switch], "switch_info": switch, "port_id": port}


@dataclass
class Plugged:
    """The service and its Neutron.

    :param networks: the networks of the service, by purpose.
    """

    service: Deployment
    neutron: Neutron
    networks: Mapping[str, dict[str, Any]]
    tenant: dict[str, Any] = field(default_factory=dict)

    def node(self, interface: str = "neutron", **fields: Any) -> str:
        """Enrol a node of fake hardware."""
        fields = {"driver": "fake-hardware", "network_interface": interface, **fields}
        return self.service.create_node(**fields)

    def port(self, node: str, **fields: Any) -> dict[str, Any]:
        """Give a node a port with a cable to the first switch."""
        number = next(_numbers)
        fields = {
            "node_uuid": node,
            "address": mac(number),
            "local_link_connection": link(f"Eth1/{number}"),
            **fields,
        }
        made: dict[str, Any] = self.service.call("POST", "/v1/ports", fields)
        return made

    def group(self, node: str, members: int = 2, **fields: Any) -> dict[str, Any]:
        """Give a node a port group with this many ports."""
        fields = {"node_uuid": node, "address": mac(next(_numbers)), **fields}
        made: dict[str, Any] = self.service.call("POST", "/v1/portgroups", fields)
        for _ in range(members):
            self.port(node, portgroup_uuid=made["uuid"], physical_network=made["physical_network"])
        return made

    def vif(self, **fields: Any) -> dict[str, Any]:
        """Make a port in the tenant's network."""
        return self.neutron.create_port(self.tenant, **fields)

    def attach(self, node: str, vif: str, **more: Any) -> requests.Response:
        """Ask to attach a VIF."""
        return self.service.request("POST", f"/v1/nodes/{node}/vifs", {"id": vif, **more})

    def detach(self, node: str, vif: str) -> requests.Response:
        """Ask to detach a VIF."""
        return self.service.request("DELETE", f"/v1/nodes/{node}/vifs/{vif}")

    def attached(self, node: str) -> list[str]:
        """Return the VIFs of a node."""
        listed = self.service.call("GET", f"/v1/nodes/{node}/vifs")["vifs"]
        return [each["id"] for each in listed]

    def internal(self, port: Mapping[str, Any], kind: str = "ports") -> dict[str, Any]:
        """Return ``internal_info`` of a port or port group."""
        found: dict[str, Any] = self.service.call("GET", f"/v1/{kind}/{port['uuid']}")[
            "internal_info"
        ]
        return found

    def ports_of(self, node: str) -> list[dict[str, Any]]:
        """Return the ports in Neutron that are bound to the node or made for it."""
        found = [
            *self.neutron.ports(**{"binding:host_id": node}),
            *self.neutron.ports(device_id=node),
        ]
        return list({port["id"]: port for port in found}.values())

    def activate(self, node: str) -> None:
        """Take a node of fake hardware from ``enroll`` to ``active``."""
        for target, until in (("manage", "manageable"), ("provide", "available")):
            self.service.set_provision_state(node, target, until=until)
        self.service.set_provision_state(node, "active", until="active")


def mac(number: int) -> str:
    """Return a MAC address that no other port has."""
    return f"52:54:{uuid.getnode() & 0xFF:02x}:{number >> 16 & 0xFF:02x}:{number >> 8 & 0xFF:02x}:{number & 0xFF:02x}"


def message(answer: requests.Response) -> str:
    """Return the message of an error."""
    told: str = json.loads(answer.json()["error_message"])["faultstring"]
    return told


def options(
    neutron: Neutron, networks: Mapping[str, dict[str, Any]], more: Options | None = None
) -> dict[str, dict[str, object]]:
    """Return the configuration of a service beside this Neutron."""
    group: dict[str, object] = {
        **neutron.options,
        **{f"{purpose}_network": network["name"] for purpose, network in networks.items()},
        "request_timeout": 10,
        "retries": 1,
        "port_binding_timeout": 30,
    }
    found: dict[str, dict[str, object]] = {
        "DEFAULT": {"enabled_network_interfaces": "noop,flat,neutron"},
        "neutron": group,
        "conductor": {"check_wait_states_interval": 1},
    }
    for name, values in (more or {}).items():
        found.setdefault(name, {}).update(values)
    return found


def service_networks(neutron: Neutron) -> dict[str, dict[str, Any]]:
    """Make a network for each purpose."""
    return {
        purpose: neutron.create_network(f"{purpose}-{uuid.uuid4()}", cidr=f"10.{30 + n}.0.0/16")
        for n, purpose in enumerate(PURPOSES)
    }


@contextmanager
def running(directory: Path, neutron: Neutron, more: Options | None = None) -> Iterator[Plugged]:
    """The service in one process, beside a Neutron with networks of its own.

    :param more: options on top, by group.
    """
    networks = service_networks(neutron)
    tenant = neutron.create_network(cidr="10.99.0.0/16")
    settings = options(neutron, networks, more)
    database = f"sqlite:///{directory}/ironic-lite.sqlite"
    with Deployment(directory, database, options=settings) as service:
        service.upgrade_database()
        service.start_all_in_one()
        yield Plugged(service, neutron, networks, tenant)
