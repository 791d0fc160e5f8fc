# SPDX-License-Identifier: Apache-2.0
"""ironic_lite as the bare-metal service of a cloud, and the servers of a virtual rack as its nodes."""

from pathlib import Path
from typing import Any

from ironic_lite_simulator import images
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.cloud import neutron
from tests.functional.deployment import Deployment, Options
from tests.functional.rack.cloud import OPTIONS
from tests.functional.servers import openstack_settings
from tests.waiting import PATIENCE

USER = "ironic"
CONDUCTORS = ("conductor-1", "conductor-2")
RESOURCE_CLASS = "baremetal"
TRAIT = "CUSTOM_VIRTUAL_RACK"
CAPABILITY = ("disk_kind", "sparse")
"""Name and value in the nodes' properties, as flavors ask for them."""
PROVISIONING_NETWORK = "provisioning"
_PURPOSES = ("cleaning", "provisioning", "rescuing", "servicing")


def prepare(home: Path, identity_url: str, database: str, transport: str) -> Deployment:
    """Return an API and conductors that are not yet started; they are clients of all other services.

    :param home: an existing directory of its own.
    """
    return Deployment(home, database, transport, options=_options(identity_url))


def _options(identity_url: str) -> Options:
    client = openstack_settings.client(identity_url, USER)
    return {
        **OPTIONS,
        "DEFAULT": {
            "auth_strategy": "keystone",
            "enabled_network_interfaces": "noop,flat,neutron",
            "default_network_interface": "neutron",
            "enabled_storage_interfaces": "noop,cinder",
        },
        "keystone_authtoken": openstack_settings.token_validation(identity_url, USER),
        "glance": client,
        # It runs for the tests of volumes only, and is asked for their nodes only.
        "cinder": client,
        "neutron": {
            **{f"{purpose}_network": PROVISIONING_NETWORK for purpose in _PURPOSES},
            # The DHCP agent takes its time for its first network, above all on a busy machine.
            "port_binding_timeout": int(PATIENCE * 4),
            **client,
        },
        "nova": {"send_power_notifications": True, **client},
    }


def enrol(service: Deployment, rack: VirtualRack, index: int) -> str:
    """Make a node for a server of the rack, with a port for each network card, and provide it.

    Returns the node's UUID; `wait_until_available` waits for the end.
    """
    ramdisks = {
        f"{use}_{part}": f"{rack.http_url}/images/{name}"
        for use in ("deploy", "rescue")
        for part, name in (("kernel", images.KERNEL), ("ramdisk", images.RAMDISK))
    }
    node = service.create_node(
        name=f"server-{index}",
        driver="ipmi",
        resource_class=RESOURCE_CLASS,
        rescue_interface="agent",
        # They are new, and get cleaned after their first server.
        automated_clean=False,
        properties={
            "cpu_arch": "x86_64",
            "cpus": 4,
            "memory_mb": 4096,
            "local_gb": 9,
            "capabilities": ":".join(CAPABILITY),
        },
        driver_info={
            "ipmi_address": "127.0.0.1",
            "ipmi_port": rack.bmc_port(index),
            "ipmi_username": rack.options.username,
            "ipmi_password": rack.options.password,
            **ramdisks,
        },
    )
    service.call("PUT", f"/v1/nodes/{node}/traits/{TRAIT}")
    for nic in rack.status(index)["nics"]:
        service.call("POST", "/v1/ports", _port(node, nic))
    service.set_provision_state(node, "manage", until="manageable")
    service.call("PUT", f"/v1/nodes/{node}/states/provision", {"target": "provide"})
    return node


def _port(node: str, nic: dict[str, Any]) -> dict[str, Any]:
    return {
        "node_uuid": node,
        "address": nic["mac"],
        "pxe_enabled": nic["name"] == "eth0",
        "physical_network": neutron.PHYSICAL_NETWORK,
        "local_link_connection": nic["local_link_connection"],
    }


def wait_until_available(service: Deployment, nodes: list[str]) -> None:
    """Wait until all nodes are available. From then on they are cleaned after each server."""
    for node in nodes:
        service.wait_for_node(node, provision_state="available", reservation=None)
        cleaned = [{"op": "remove", "path": "/automated_clean"}]
        service.call("PATCH", f"/v1/nodes/{node}", cleaned)
