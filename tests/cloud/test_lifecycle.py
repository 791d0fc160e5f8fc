# SPDX-License-Identifier: Apache-2.0
"""A server's life, as a tenant commands it with the `openstack` client."""

from collections.abc import Iterator
from typing import Any

import pytest

from tests.cloud import furnishing, servers
from tests.cloud.composition import Cloud
from tests.cloud.servers import Booted
from tests.waiting import wait_for

NAME = "lifecycle"


@pytest.fixture(scope="module")
def server(furnished: Cloud) -> Iterator[Booted]:
    """An ACTIVE server; deleted at the end, and nothing may be left of it."""
    made = servers.create(furnished, NAME, "--network", furnishing.TENANT_NETWORK)
    made.wait_until_booted()
    yield made
    furnished.tenant("server", "delete", "--wait", NAME)
    servers.check_nothing_is_left(made)


@pytest.fixture(autouse=True)
def active(server: Booted) -> Iterator[None]:
    """Each test leaves the server as it found it."""
    yield
    _wait_for_status(server, "ACTIVE")
    server.wait_until_booted()
    servers.check_network(server)


def _show(server: Booted) -> dict[str, Any]:
    shown: dict[str, Any] = server.cloud.ask("compute", f"/servers/{server.uuid}")["server"]
    return shown


def _wait_for_status(server: Booted, status: str) -> None:
    """Nova's status, and nothing more to do."""

    def arrived() -> bool:
        shown = _show(server)
        return (shown["status"], shown["OS-EXT-STS:task_state"]) == (status, None)

    wait_for(arrived, f"the server to be {status}", 120, 0.5, lambda: _show(server))


def test_stop_and_start(server: Booted) -> None:
    tenant = server.cloud.tenant
    tenant("server", "stop", NAME)
    _wait_for_status(server, "SHUTOFF")
    assert server.machine["power"] == "off"
    tenant("server", "start", NAME)
    _wait_for_status(server, "ACTIVE")
    assert server.machine["power"] == "on"


@pytest.mark.parametrize("kind", ["--soft", "--hard"])
def test_reboot(server: Booted, kind: str) -> None:
    since = server.hardware.now()
    server.cloud.tenant("server", "reboot", kind, "--wait", NAME)
    server.wait_until_booted()
    assert "booted" in server.hardware.phases(since)


def test_rescue_and_unrescue(server: Booted) -> None:
    tenant = server.cloud.tenant
    tenant("server", "rescue", "--password", "of-the-rescue", NAME)
    _wait_for_status(server, "RESCUE")
    assert server.machine["rescue_password_hash"]
    assert server.cloud.baremetal.node(server.node["uuid"])["provision_state"] == "rescue"
    tenant("server", "unrescue", NAME)
    _wait_for_status(server, "ACTIVE")
    assert server.cloud.baremetal.node(server.node["uuid"])["provision_state"] == "active"


def test_rebuild(server: Booted) -> None:
    """From 2.93 on, Nova takes every rebuild for one of a volume, and its Ironic driver refuses that.

    In a process of its own, because a process keeps to the version of its first command.
    """
    since = server.hardware.now()
    version = ("--os-compute-api-version", "2.92")
    server.cloud.tenant.run("openstack", *version, "server", "rebuild", "--wait", NAME)
    _wait_for_status(server, "ACTIVE")
    assert "write_image" in server.hardware.steps(since)


def test_console_log_is_not_supported_by_novas_driver(server: Booted) -> None:
    assert "501" in server.cloud.tenant.refusal("console", "log", "show", NAME)


def test_a_second_interface_comes_and_goes(server: Booted) -> None:
    """The second interface uses the second network card; there is none for a third."""
    cloud, node = server.cloud, server.node["uuid"]
    for name in ("second", "third"):
        cloud.tenant("port", "create", "--network", furnishing.TENANT_NETWORK, name)
    cloud.tenant("server", "add", "port", NAME, "second")
    second = _wait_for_port(cloud, "second", server.uuid, "ACTIVE")
    nic = server.machine["nics"][1]
    assert second["mac_address"] == nic["mac"]
    assert nic["network"] == server.network()
    cloud.tenant.refusal("server", "add", "port", NAME, "third")
    cloud.tenant("server", "remove", "port", NAME, "second")
    for name in ("second", "third"):
        freed = _wait_for_port(cloud, name, "", "DOWN")
        assert freed["mac_address"] not in [nic["mac"] for nic in server.machine["nics"]]
        cloud.tenant("port", "delete", name)
    assert len(_vifs(cloud, node)) == 1
    assert server.machine["nics"][1]["network"] is None


def _wait_for_port(cloud: Cloud, name: str, device: str, status: str) -> dict[str, Any]:
    """Wait until Neutron shows this; Nova tells Neutron after Ironic has answered. Returns the port."""

    def show() -> dict[str, Any]:
        (port,) = cloud.ask("network", f"/v2.0/ports?name={name}")["ports"]
        return dict(port)

    def shown() -> dict[str, Any] | None:
        port = show()
        return port if (port["device_id"], port["status"]) == (device, status) else None

    return wait_for(shown, f"the port {name} to be {status}", interval=0.2, describe=show)


def _vifs(cloud: Cloud, node: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = cloud.baremetal.call("GET", f"/v1/nodes/{node}/vifs")["vifs"]
    return found


def test_resize_is_refused(server: Booted) -> None:
    """Nova finds no other host, and leaves the server as it was."""
    cloud, before = server.cloud, _show(server)
    cloud.administrator(
        "flavor", "create", "larger", "--ram", "8192", "--vcpus", "8", "--disk", "9"
    )
    try:
        cloud.tenant("server", "resize", "--flavor", "larger", NAME)
        _wait_for_status(server, "ACTIVE")
        (newest, *_) = cloud.ask("compute", f"/servers/{server.uuid}/os-instance-actions")[
            "instanceActions"
        ]
        assert (newest["action"], newest["message"]) == ("resize", "Error")
        assert _show(server)["flavor"] == before["flavor"]
    finally:
        cloud.administrator("flavor", "delete", "larger")


def test_evacuation_is_refused_while_its_compute_service_runs(server: Booted) -> None:
    told = server.cloud.administrator.refusal("server", "evacuate", server.uuid)
    assert "still in use" in told
