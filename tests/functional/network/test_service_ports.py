# SPDX-License-Identifier: Apache-2.0
"""The ports that the service makes for its own work: their options, addresses, groups, and how it waits for them."""

import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.functional.network.plugged import Plugged, running
from tests.functional.servers.neutron import Neutron
from tests.waiting import wait_for

AGENT = {"deploy_interface": "custom-agent", "boot_interface": "ipxe"}
PUBLIC = {"public_endpoint": "http://192.0.2.10:6385"}


@pytest.fixture(scope="module")
def booting(neutron: Neutron, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Plugged]:
    """A service that other machines reach."""
    group = neutron.call("POST", "/security-groups", {"security_group": {"name": "ramdisks"}})
    options = {
        "api": PUBLIC,
        "neutron": {"cleaning_network_security_groups": group["security_group"]["id"]},
    }
    with running(tmp_path_factory.mktemp("booting"), neutron, options) as made:
        yield made


@contextmanager
def cleaned(plugged: Plugged, node: str) -> Iterator[list[dict[str, Any]]]:
    """The ports in Neutron of a node that is being cleaned: it waits for its agent."""
    plugged.service.set_provision_state(node, "manage", until="manageable")
    step = {"interface": "deploy", "step": "erase_devices"}
    plugged.service.call(
        "PUT", f"/v1/nodes/{node}/states/provision", {"target": "clean", "clean_steps": [step]}
    )
    plugged.service.wait_for_node(node, provision_state="clean wait", reservation=None)
    yield plugged.ports_of(node)
    plugged.service.call("PUT", f"/v1/nodes/{node}/states/provision", {"target": "abort"})
    plugged.service.wait_for_node(node, provision_state="clean failed", reservation=None)
    wait_for(lambda: not plugged.ports_of(node), "no port to be left")


def _node(plugged: Plugged, **fields: Any) -> str:
    # Any file that exists will do.
    file = f"{plugged.service.api_url}/boot.ipxe"
    info = {"deploy_kernel": file, "deploy_ramdisk": file, **fields.pop("driver_info", {})}
    return plugged.node("neutron", **AGENT, driver_info=info, **fields)


def _options(port: dict[str, Any]) -> dict[str, str]:
    return {option["opt_name"]: option["opt_value"] for option in port["extra_dhcp_opts"]}


@pytest.mark.parametrize(("mode", "file"), [("uefi", "snponly.efi"), ("bios", "undionly.kpxe")])
def test_boot_options(booting: Plugged, mode: str, file: str) -> None:
    """Firmware gets iPXE from the TFTP server, iPXE gets the script of the API."""
    node = _node(booting, properties={"capabilities": f"boot_mode:{mode}"})
    booting.port(node, extra={"client-id": "ff:00:11"})
    with cleaned(booting, node) as (port,):
        assert _options(port) == {
            "61": "ff:00:11",
            "tag:!ipxe,67": file,
            "tag:ipxe,67": "http://192.0.2.10:6385/boot.ipxe",
            "66": "192.0.2.10",
            "150": "192.0.2.10",
            "255": "192.0.2.10",
        }
        assert {option["ip_version"] for option in port["extra_dhcp_opts"]} == {4}


def test_boot_options_and_addresses_of_ipv6(booting: Plugged) -> None:
    """In a dhcpv6-stateful subnet a port gets an address for each program that boots."""
    network = booting.neutron.create_network(
        cidr="fd00:20::/64",
        subnet={
            "ip_version": 6,
            "ipv6_address_mode": "dhcpv6-stateful",
            "ipv6_ra_mode": "dhcpv6-stateful",
        },
    )
    node = _node(booting, driver_info={"cleaning_network": network["id"]})
    booting.port(node)
    with cleaned(booting, node) as (port,):
        assert _options(port) == {"tag:ipxe6,59": "http://192.0.2.10:6385/boot.ipxe"}
        assert len(port["fixed_ips"]) == 4


def test_security_groups(booting: Plugged) -> None:
    (wanted,) = [
        group["id"]
        for group in booting.neutron.call("GET", "/security-groups", name="ramdisks")[
            "security_groups"
        ][-1:]
    ]
    node = _node(booting)
    booting.port(node)
    with cleaned(booting, node) as (port,):
        assert port["security_groups"] == [wanted]


def test_ports_that_boot(booting: Plugged) -> None:
    """Others get none; a port group's ports get one each."""
    node = _node(booting)
    first = booting.port(node)
    booting.port(node, pxe_enabled=False)
    with cleaned(booting, node) as ports:
        assert [port["mac_address"] for port in ports] == [first["address"]]


def test_all_ports(neutron: Neutron, tmp_path: Path) -> None:
    """Those that do not boot get no IP address."""
    options = {"api": PUBLIC, "neutron": {"add_all_ports": True}}
    with running(tmp_path, neutron, options) as plugged:
        node = _node(plugged)
        plugged.port(node)
        other = plugged.port(node, pxe_enabled=False)
        with cleaned(plugged, node) as ports:
            assert len(ports) == 2
            (quiet,) = [p for p in ports if p["mac_address"] == other["address"]]
            assert quiet["fixed_ips"] == []


def test_a_security_group_that_does_not_exist(neutron: Neutron, tmp_path: Path) -> None:
    """The operation fails and names it; no port is left."""
    missing = str(uuid.uuid4())
    groups = {"cleaning_network_security_groups": missing}
    with running(tmp_path, neutron, {"api": PUBLIC, "neutron": groups}) as plugged:
        node = _node(plugged)
        plugged.port(node)
        plugged.service.set_provision_state(node, "manage", until="manageable")
        step = {"interface": "deploy", "step": "erase_devices"}
        failed = plugged.service.set_provision_state(
            node, "clean", until="clean failed", clean_steps=[step]
        )
        assert f"no security groups {missing}" in failed["last_error"]
        assert plugged.ports_of(node) == []


def test_a_port_that_became_active(booting: Plugged) -> None:
    """An event of Neutron is accepted, for known and unknown nodes."""
    node = _node(booting)
    booting.port(node)
    for host in (node, str(uuid.uuid4()), None):
        event = {
            "event": "network.bind_port",
            "port_id": str(uuid.uuid4()),
            "mac_address": "52:54:00:00:00:01",
            "status": "ACTIVE",
            "binding:host_id": host,
            "device_id": host,
        }
        answer = booting.service.request("POST", "/v1/events", {"events": [event]})
        assert answer.status_code == 204


def test_an_event_ends_the_wait(booting: Plugged) -> None:
    """Who waits for a port looks at it as soon as Neutron reports it."""
    from ironic_lite.drivers.modules.network import port_events

    port_id = str(uuid.uuid4())
    with port_events.expected(port_id) as arrived:
        threading.Timer(0.1, port_events.report, (port_id,)).start()
        begun = time.monotonic()
        assert arrived.wait(60)
        assert time.monotonic() - begun < 50
    port_events.report(port_id)
