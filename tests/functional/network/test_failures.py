# SPDX-License-Identifier: Apache-2.0
"""Neutron is away, slow or refuses: requests fail with a message that says what to do, nothing is left behind, and a
repetition succeeds."""

import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import requests

from tests.functional.network.plugged import Plugged, link, message, running
from tests.functional.network.refusing import Refusing
from tests.functional.servers.neutron import Neutron
from tests.waiting import wait_for


@pytest.fixture(scope="module")
def proxy(neutron: Neutron) -> Iterator[Refusing]:
    with Refusing(neutron) as made:
        yield made


@pytest.fixture(scope="module")
def behind(
    neutron: Neutron, proxy: Refusing, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Plugged]:
    """The service, which reaches Neutron through the proxy."""
    directory: Path = tmp_path_factory.mktemp("behind")
    address = {"endpoint_override": proxy.url, "request_timeout": 3}
    options = {"neutron": address, "conductor": {"stray_ports_interval": 1}}
    with running(directory, neutron, options) as made:
        yield made


@pytest.fixture(autouse=True)
def _harmless_again(proxy: Refusing) -> Iterator[None]:
    yield
    proxy.refuse.clear()
    proxy.lose.clear()


@pytest.mark.parametrize(
    ("status", "advice"),
    [
        (401, "credentials in [neutron]"),
        (403, "roles admin and service"),
        (409, "Resolve the conflict"),
        (500, "log of Neutron"),
        (503, "when Neutron works again"),
    ],
)
def test_a_vif_is_refused(behind: Plugged, proxy: Refusing, status: int, advice: str) -> None:
    node = behind.node("neutron")
    port = behind.port(node)
    vif = behind.vif()
    proxy.refuse["PUT"] = status
    failed = behind.attach(node, vif["id"])
    assert failed.status_code == 500
    assert advice in message(failed)
    proxy.refuse.clear()
    assert behind.attached(node) == []
    assert behind.attach(node, vif["id"]).status_code == 204
    assert behind.internal(port) == {"tenant_vif_port_id": vif["id"]}

    proxy.refuse["PUT"] = status
    failed = behind.detach(node, vif["id"])
    assert (failed.status_code, advice in message(failed)) == (500, True)
    assert behind.attached(node) == [vif["id"]]
    proxy.refuse.clear()
    assert behind.detach(node, vif["id"]).status_code == 204
    assert behind.neutron.port(vif["id"])["binding:host_id"] == ""


def test_an_interrupted_attachment(behind: Plugged, proxy: Refusing) -> None:
    """Neither the attachment nor its undoing succeeds; the next request for another VIF undoes it."""
    node = behind.node("neutron")
    port = behind.port(node)
    first, second = (behind.vif()["id"] for _ in range(2))
    proxy.lose.add("PUT")
    assert behind.attach(node, first).status_code == 500
    proxy.lose.clear()
    assert behind.attached(node) == []
    if "attaching_vif_port_id" in behind.internal(port):
        assert behind.internal(port)["attaching_vif_port_id"] == first
    assert behind.attach(node, second).status_code == 204
    assert behind.internal(port) == {"tenant_vif_port_id": second}
    seen = behind.neutron.port(first)
    assert (seen["binding:host_id"], seen["mac_address"] == port["address"]) == ("", False)


def test_the_answer_to_a_new_port_is_lost(behind: Plugged, proxy: Refusing) -> None:
    """Neutron has made the port: it is found, and no second one is made."""
    node = behind.node("neutron", deploy_interface="custom-agent", driver_info=RAMDISK)
    behind.port(node)
    behind.service.set_provision_state(node, "manage", until="manageable")
    proxy.lose.add("POST")
    behind.service.call(
        "PUT",
        f"/v1/nodes/{node}/states/provision",
        {"target": "clean", "clean_steps": [{"interface": "deploy", "step": "erase_devices"}]},
    )
    behind.service.wait_for_node(node, provision_state="clean wait", reservation=None)
    assert [port["network_id"] for port in behind.ports_of(node)] == [
        behind.networks["cleaning"]["id"]
    ]
    proxy.lose.clear()
    behind.service.call("PUT", f"/v1/nodes/{node}/states/provision", {"target": "abort"})
    behind.service.wait_for_node(node, provision_state="clean failed", reservation=None)
    wait_for(lambda: not behind.ports_of(node), "the cleaning port to be gone")


RAMDISK = {"deploy_kernel": "http://127.0.0.1/kernel", "deploy_ramdisk": "http://127.0.0.1/ramdisk"}


@pytest.mark.parametrize("method", ["GET", "POST", "DELETE"])
def test_cleaning_fails_and_can_be_repeated(behind: Plugged, proxy: Refusing, method: str) -> None:
    """``last_error`` says what to do, and the repetition finds what is left."""
    node = behind.node("neutron", deploy_interface="custom-agent", driver_info=RAMDISK)
    port = behind.port(node)
    behind.service.set_provision_state(node, "manage", until="manageable")
    proxy.refuse[method] = 503
    answer = _clean(behind, node)
    if method == "GET":
        # Networks are looked up while the client waits, unless they are known.
        assert answer.status_code in (202, 500)
    if answer.ok and method != "DELETE":
        failed = behind.service.wait_for_node(
            node, provision_state="clean failed", reservation=None
        )
        assert "Neutron" in failed["last_error"]
    elif answer.ok:
        behind.service.wait_for_node(node, provision_state="clean wait", reservation=None)
        behind.service.call("PUT", f"/v1/nodes/{node}/states/provision", {"target": "abort"})
        failed = behind.service.wait_for_node(
            node, provision_state="clean failed", reservation=None
        )
        assert len(behind.ports_of(node)) == 1
    proxy.refuse.clear()
    behind.service.call("DELETE", f"/v1/nodes/{node}/maintenance")
    if answer.ok:
        behind.service.set_provision_state(node, "manage", until="manageable")
    assert _clean(behind, node).status_code == 202
    behind.service.wait_for_node(node, provision_state="clean wait", reservation=None)
    (made,) = behind.ports_of(node)
    assert behind.internal(port) == {"cleaning_vif_port_id": made["id"]}
    behind.service.call("PUT", f"/v1/nodes/{node}/states/provision", {"target": "abort"})
    behind.service.wait_for_node(node, provision_state="clean failed", reservation=None)
    wait_for(lambda: not behind.ports_of(node), "the cleaning port to be gone")
    assert behind.internal(port) == {}


def _clean(behind: Plugged, node: str) -> requests.Response:
    step = {"interface": "deploy", "step": "erase_devices"}
    return behind.service.request(
        "PUT",
        f"/v1/nodes/{node}/states/provision",
        {"target": "clean", "clean_steps": [step]},
    )


def test_a_node_is_not_deleted_with_its_ports(behind: Plugged, proxy: Refusing) -> None:
    """While Neutron does not answer, a node is kept unless it is in maintenance."""
    node = behind.node("neutron")
    behind.port(node)
    vif = behind.vif()["id"]
    behind.attach(node, vif)
    proxy.refuse["PUT"] = 503
    kept = behind.service.request("DELETE", f"/v1/nodes/{node}")
    assert kept.status_code == 500
    assert "when Neutron works again" in message(kept)
    behind.service.call("PUT", f"/v1/nodes/{node}/maintenance", {"reason": "gone"})
    behind.service.call("DELETE", f"/v1/nodes/{node}")


def test_neutron_is_silent(breakable: Plugged) -> None:
    """The request ends in time."""
    node = breakable.node("neutron")
    breakable.port(node)
    vif = breakable.vif()["id"]
    breakable.neutron.service.process.pause()
    failed = breakable.attach(node, vif)
    assert failed.status_code == 500
    assert "Check that Neutron runs" in message(failed)
    breakable.neutron.service.process.resume()
    assert breakable.attach(node, vif).status_code == 204


def test_neutron_is_away_at_first(breakable: Plugged, tmp_path: Path) -> None:
    """A service that started without Neutron uses it as soon as it is there."""
    node = breakable.node("flat")
    breakable.port(node)
    vif = breakable.vif()["id"]
    breakable.neutron.service.process.stop()
    failed = breakable.attach(node, vif)
    assert failed.status_code == 500
    assert "Check that Neutron runs" in message(failed)
    breakable.neutron.service.process.start()
    breakable.neutron.service.wait_until_it_answers()
    assert breakable.attach(node, vif).status_code == 204


@contextmanager
def _showing_nothing(neutron: Neutron) -> Iterator[None]:
    """Neutron answers as it does until it has read its policies: lists are empty, and records are not found."""
    policy = neutron.service.process.log.parent / "policy.yaml"
    before = policy.read_text()
    policy.write_text(before + '"get_network": "!"\n"get_port": "!"\n')
    wait_for(lambda: not neutron.call("GET", "/networks")["networks"], "no network to be shown")
    try:
        yield
    finally:
        policy.write_text(before)
        wait_for(lambda: neutron.call("GET", "/networks")["networks"], "networks to be shown")


@pytest.mark.parametrize("field", ["name", "id"])
def test_a_network_that_neutron_does_not_show_yet(plugged: Plugged, field: str) -> None:
    """The message does not claim that it does not exist; the next look finds it."""
    network = plugged.neutron.create_network()
    node = plugged.node("neutron", driver_info={"cleaning_network": network[field]})
    with _showing_nothing(plugged.neutron):
        shown = plugged.service.call("GET", f"/v1/nodes/{node}/validate")["network"]
        assert shown["result"] is False
        assert "Try again if Neutron has just started" in shown["reason"]
        assert "was not found" not in shown["reason"]
    assert plugged.service.call("GET", f"/v1/nodes/{node}/validate")["network"]["result"] is True


def test_a_vif_that_neutron_does_not_show_yet(plugged: Plugged) -> None:
    """It is not taken for deleted: it stays attached, and the next detachment unbinds it."""
    node = plugged.node("neutron")
    plugged.port(node)
    vif = plugged.vif()["id"]
    assert plugged.attach(node, vif).status_code == 204
    with _showing_nothing(plugged.neutron):
        failed = plugged.detach(node, vif)
        assert failed.status_code == 500
        assert "Try again if Neutron has just started" in message(failed)
        assert plugged.attached(node) == [vif]
    assert plugged.detach(node, vif).status_code == 204
    assert plugged.neutron.port(vif)["binding:host_id"] == ""


def test_networks_with_the_same_name(behind: Plugged) -> None:
    """The message lists them; the UUID of one works."""
    name = f"twins-{uuid.uuid4()}"
    twins = [behind.neutron.create_network(name)["id"] for _ in range(2)]
    node = behind.node("neutron", driver_info={"cleaning_network": name})
    shown = behind.service.call("GET", f"/v1/nodes/{node}/validate")["network"]
    assert shown["result"] is False
    assert all(twin in shown["reason"] for twin in twins)
    patch = [{"op": "add", "path": "/driver_info/cleaning_network", "value": twins[0]}]
    behind.service.call("PATCH", f"/v1/nodes/{node}", patch)
    assert behind.service.call("GET", f"/v1/nodes/{node}/validate")["network"]["result"] is True


def test_a_cable_to_an_unknown_switch(behind: Plugged) -> None:
    """No port can be bound: the operation fails, and no port is left."""
    node = behind.node("neutron", deploy_interface="custom-agent", driver_info=RAMDISK)
    wrong = {**link("Eth9"), "switch_id": "00:00:00:00:00:cc", "switch_info": "tor9"}
    port = behind.port(node, local_link_connection=wrong)
    behind.service.set_provision_state(node, "manage", until="manageable")
    assert _clean(behind, node).status_code == 202
    failed = behind.service.wait_for_node(node, provision_state="clean failed", reservation=None)
    assert "local_link_connection" in failed["last_error"]
    assert behind.ports_of(node) == []
    assert behind.internal(port) == {}


def test_a_request_that_took_effect_after_it_was_given_up(behind: Plugged) -> None:
    """The port is removed although no operation runs; ports of others stay."""
    node = behind.node("neutron")
    port = behind.port(node)
    common = {"binding:host_id": node, "binding:vnic_type": "baremetal"}
    stray = behind.neutron.create_port(
        behind.networks["cleaning"],
        name=f"cleaning {port['uuid']}",
        device_owner="baremetal:none",
        device_id=node,
        **common,
    )
    others = [
        behind.vif(name="of a tenant", **common)["id"],
        behind.vif(name="by hand", device_owner="baremetal:none", **common)["id"],
    ]
    wait_for(
        lambda: stray["id"] not in [each["id"] for each in behind.ports_of(node)],
        "the port to be gone",
    )
    assert sorted(each["id"] for each in behind.ports_of(node)) == sorted(others)
