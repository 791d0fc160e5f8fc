# SPDX-License-Identifier: Apache-2.0
"""`openstack server create --volume`: Nova connects the volume in Cinder, and the server boots from it.

There is no iSCSI target behind Cinder: the virtual server records what it would connect.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from tests.cloud import baremetal, furnishing, servers
from tests.cloud.composition import TENANT, Cloud
from tests.functional.rack.cloud import Server
from tests.functional.servers import cinder as cinders
from tests.functional.servers.cinder import Cinder
from tests.functional.storage import volumes
from tests.waiting import wait_for

TRAIT = "CUSTOM_BOOTS_FROM_VOLUMES"
FLAVOR = "diskless"


@pytest.fixture(scope="module")
def cinder(furnished: Cloud, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cinder]:
    """A Cinder in the cloud, for these tests only."""
    with cinders.running(
        furnished.environment,
        tmp_path_factory.mktemp("cinder"),
        furnished.identity,
        furnished.database.create_database("cinder"),
        furnished.broker.create_vhost(),
    ) as running:
        yield running


@dataclass(frozen=True)
class Diskless:
    """A node that boots from volumes, and is the only one of the flavor."""

    uuid: str
    initiator: str


@pytest.fixture
def node(furnished: Cloud) -> Iterator[Diskless]:
    """As before at the end."""
    service, uuid = furnished.baremetal, furnishing.free_node(furnished)
    initiator = volumes.iqn(uuid)
    usual = ":".join(baremetal.CAPABILITY)
    furnishing.make_flavor(furnished, FLAVOR, TRAIT)
    connector = None
    try:
        _set(furnished, uuid, "cinder", f"{usual},iscsi_boot:true")
        connector = volumes.add_connector(service, uuid, "iqn", initiator)
        furnishing.mark(furnished, uuid, TRAIT)
        yield Diskless(uuid, initiator)
    finally:
        furnishing.unmark(furnished, uuid)
        if connector:
            # The server must be off for this, as it is when the node is available.
            service.call("DELETE", f"/v1/volume/connectors/{connector}")
        _set(furnished, uuid, "noop", usual)
        furnished.administrator("flavor", "delete", FLAVOR)


def _set(cloud: Cloud, node: str, interface: str, capabilities: str) -> None:
    cloud.baremetal.call(
        "PATCH",
        f"/v1/nodes/{node}",
        [
            {"op": "replace", "path": "/storage_interface", "value": interface},
            {"op": "add", "path": "/properties/capabilities", "value": capabilities},
        ],
    )


def _bootable(cinder: Cinder) -> str:
    """The id of a new volume of the tenant that servers may boot from."""
    volume = cinder.create_volume(TENANT)
    action = {"os-set_bootable": {"bootable": True}}
    cinder.call("POST", f"/volumes/{volume}/action", action, TENANT)
    return volume


def _targets(cloud: Cloud, node: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.baremetal.call(
        "GET", f"/v1/volume/targets?node={node}&detail=True"
    )["targets"]
    return found


def test_a_server_on_a_volume(furnished: Cloud, cinder: Cinder, node: Diskless) -> None:
    cloud, volume = furnished, _bootable(cinder)
    shown = cloud.tenant.run(
        *("openstack", "server", "create", "--volume", volume, "--flavor", FLAVOR),
        *("--network", furnishing.TENANT_NETWORK, "--wait", "-f", "value", "-c", "id", "on-volume"),
    )
    server = servers.find(cloud, shown.split()[-1])
    assert server.shown["status"] == "ACTIVE"
    assert server.node["uuid"] == node.uuid
    (target,) = _targets(cloud, node.uuid)
    assert (target["volume_id"], target["boot_index"]) == (volume, 0)
    assert cinder.show(volume)["status"] == "in-use"
    assert cinder.connector(volume)["initiator"] == node.initiator
    booted = volumes.booted(Server(cloud.rack, server.index, node.uuid))
    assert booted["target"].endswith(f"volume-{volume}")
    assert [each["initiator"] for each in booted["volumes"]] == [node.initiator]
    servers.check_network(server)

    cloud.tenant.run("openstack", "server", "delete", "--wait", "on-volume")
    servers.check_nothing_is_left(server)
    wait_for(lambda: cinder.show(volume)["status"] == "available", "the volume to be free")
    assert cinder.attachments(volume) == []
    assert cinder.connections() == set()
    assert _targets(cloud, node.uuid) == []
