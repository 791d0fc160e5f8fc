# SPDX-License-Identifier: Apache-2.0
"""Inspection data of unknown servers: what becomes of it, and what nobody can do with it."""

import itertools
import uuid
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from tests.functional.deployment import Deployment
from tests.waiting import wait_for

_NUMBERS = itertools.count(1)
PATH = "/v1/continue_inspection"
OLD_RAMDISK = "1.1"
PACE = 60


@pytest.fixture(scope="module")
def service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    """API and conductor in one process, with discovery."""
    directory = tmp_path_factory.mktemp("discovery")
    options: dict[str, dict[str, object]] = {
        "auto_discovery": {
            "enabled": True,
            "driver": "fake-hardware",
            "name_template": "rack-{serial}",
            "max_per_minute": PACE,
        }
    }
    database = f"sqlite:///{directory}/ironic-lite.sqlite"
    with Deployment(directory, database=database, options=options) as made:
        made.start_all_in_one()
        yield made


class Server:
    """A server as its ramdisk reports it."""

    def __init__(self) -> None:
        number = next(_NUMBERS)
        self.macs = [f"52:54:00:{number:02x}:00:{nic:02x}" for nic in (1, 2)]
        self.bmc: str | None = f"198.18.{number}.1"
        self.serial: str | None = f"SN{number:04d}"
        self.uuid: str | None = str(uuid.uuid4())

    def data(self, **more: Any) -> dict[str, Any]:
        nics = [{"name": f"eth{i}", "mac_address": mac} for i, mac in enumerate(self.macs)]
        return {
            "inventory": {
                "interfaces": nics,
                "bmc_address": self.bmc,
                "cpu": {"architecture": "x86_64"},
                "boot": {"pxe_interface": self.macs[0]},
                "system_vendor": {"manufacturer": "Maker", "serial_number": self.serial},
                **more,
            }
        }

    @property
    def path(self) -> str:
        return f"{PATH}?system_uuid={self.uuid or ''}"


def _nodes(service: Deployment) -> set[str]:
    return {node["uuid"] for node in service.call("GET", "/v1/nodes")["nodes"]}


def _discover(service: Deployment, server: Server, **more: Any) -> dict[str, Any]:
    answer = service.request("POST", server.path, server.data(**more), OLD_RAMDISK)
    assert answer.status_code == 202, f"{answer.text}\n{service.logs()}"
    return _settled(service, answer.json()["uuid"])


def _settled(service: Deployment, node: str) -> dict[str, Any]:
    def there() -> dict[str, Any] | None:
        shown = service.node(node)
        return shown if shown["reservation"] is None else None

    found: dict[str, Any] = wait_for(there, "the end of the discovery")
    return found


def _addresses(service: Deployment, node: str) -> set[str]:
    ports = service.call("GET", f"/v1/ports?node={node}")["ports"]
    return {port["address"] for port in ports}


def _refused(service: Deployment, server: Server, **more: Any) -> None:
    """The data is refused as that of no server is, and changes no node."""
    before = service.call("GET", "/v1/nodes/detail")
    answer = service.request("POST", server.path, server.data(**more), OLD_RAMDISK)
    assert answer.status_code == 404
    unknown = service.request("POST", f"{PATH}?node_uuid={uuid.uuid4()}", server.data(**more))
    assert answer.json() == unknown.json()
    assert service.call("GET", "/v1/nodes/detail") == before


def _advice(service: Deployment, node: str) -> str:
    told = service.call("GET", f"/v1/nodes/{node}/timeline")["summary"]["advice"]
    return " ".join(told)


def test_a_server_with_a_bmc_and_one_without(service: Deployment) -> None:
    server = Server()
    node = _discover(service, server)
    assert (node["driver"], node["provision_state"]) == ("ipmi", "enroll")
    assert node["driver_info"] == {"ipmi_address": server.bmc}
    assert node["name"] == f"rack-{server.serial}"
    assert _addresses(service, node["uuid"]) == set(server.macs)
    assert node["properties"]["cpu_arch"] == "x86_64"

    server = Server()
    server.bmc = server.serial = server.uuid = None
    node = _discover(service, server)
    assert (node["driver"], node["driver_info"], node["name"]) == ("fake-hardware", {}, None)
    assert "discovered at" in _advice(service, node["uuid"])


def test_a_ramdisk_of_today_gets_what_a_lookup_tells(service: Deployment) -> None:
    server = Server()
    answer = service.request("POST", server.path, server.data())
    assert answer.status_code == 202
    assert len(answer.json()["config"]["agent_token"]) >= 32
    node = answer.json()["node"]["uuid"]
    assert _settled(service, node)["provision_state"] == "enroll"
    # Its agent is to be powered off, so it is found by a lookup until then.
    looked = service.request("GET", f"/v1/lookup?addresses={server.macs[0]}")
    assert looked.status_code == 200
    assert looked.json()["node"]["uuid"] == node


def test_the_same_server_again_makes_no_second_node(service: Deployment) -> None:
    server = Server()
    node = _discover(service, server)
    known = _nodes(service)
    assert _discover(service, server)["uuid"] == node["uuid"]
    # With another network card, known by nothing but itself.
    server.macs = [mac.replace("52:54", "52:55") for mac in server.macs]
    assert _discover(service, server)["uuid"] == node["uuid"]
    assert len(_addresses(service, node["uuid"])) == 4
    assert _nodes(service) == known


@pytest.mark.parametrize("left", ["uuid", "serial", "bmc"])
def test_what_a_server_is_recognised_by(service: Deployment, left: str) -> None:
    server = Server()
    node = _discover(service, server)
    other = Server()
    for name in {"uuid", "serial", "bmc"} - {left}:
        setattr(other, name, None)
    setattr(other, left, getattr(server, left))
    assert _discover(service, other)["uuid"] == node["uuid"]


def test_two_servers_of_which_the_vendor_tells_nothing(service: Deployment) -> None:
    first, second = Server(), Server()
    for server in (first, second):
        server.bmc, server.uuid = "0.0.0.0", "03000200-0400-0500-0006-000700080009"
        server.serial = "To be filled by O.E.M."
    assert _discover(service, first)["uuid"] != _discover(service, second)["uuid"]


def test_the_blades_of_a_chassis_may_report_its_serial_number(service: Deployment) -> None:
    first, second = Server(), Server()
    second.serial = first.serial
    nodes = [_discover(service, server) for server in (first, second)]
    assert nodes[1]["name"] == f"{nodes[0]['name']}-2"


def _managed(service: Deployment, server: Server) -> str:
    """An operator's own node with the server's first port and BMC."""
    node = service.create_node(driver="ipmi", driver_info={"ipmi_address": server.bmc})
    service.call("POST", "/v1/ports", {"node_uuid": node, "address": server.macs[0]})
    return node


def test_a_stranger_changes_no_node_that_an_operator_has_made(service: Deployment) -> None:
    server = Server()
    _managed(service, server)
    _refused(service, server, bmc_address="198.51.100.66")


def test_a_stranger_changes_no_node_that_is_being_accepted(service: Deployment) -> None:
    server = Server()
    node = _discover(service, server)["uuid"]
    patch = [{"op": "add", "path": "/driver_info/ipmi_password", "value": "secret"}]
    service.call("PATCH", f"/v1/nodes/{node}", patch)
    _refused(service, server, bmc_address="198.51.100.66")


def test_a_discovered_node_keeps_the_address_of_its_bmc(service: Deployment) -> None:
    server = Server()
    before = _discover(service, server)
    server.bmc = "198.51.100.66"
    assert _discover(service, server)["driver_info"] == before["driver_info"]


def test_a_known_server_with_a_network_card_that_has_no_port(service: Deployment) -> None:
    server = Server()
    node = _managed(service, server)
    server.macs = ["52:56:00:00:00:01"]
    _refused(service, server)
    assert "52:56:00:00:00:01" in _advice(service, node)
    assert "create a port" in _advice(service, node)


def test_the_bmc_address_of_another_server(service: Deployment) -> None:
    first, second = Server(), Server()
    node = _discover(service, first)["uuid"]
    second.bmc = first.bmc
    _refused(service, second)
    assert "reports the BMC address of this node" in _advice(service, node)


def test_network_cards_of_two_nodes(service: Deployment) -> None:
    first, second = Server(), Server()
    nodes = [_discover(service, server)["uuid"] for server in (first, second)]
    mixed = Server()
    mixed.macs = [first.macs[0], second.macs[0]]
    mixed.uuid = mixed.serial = mixed.bmc = None
    _refused(service, mixed)
    assert nodes[1] in _advice(service, nodes[0])
    assert nodes[0] in _advice(service, nodes[1])


def test_a_name_in_use_gets_a_number(service: Deployment) -> None:
    server = Server()
    service.create_node(driver="fake-hardware", name=f"rack-{server.serial}")
    assert _discover(service, server)["name"] == f"rack-{server.serial}-2"


def test_data_without_network_cards(service: Deployment) -> None:
    server = Server()
    server.macs = ["ff:ff:ff:ff:ff:ff"]
    _refused(service, server)


def test_what_hooks_refuse_stays_as_a_node_with_the_reason(service: Deployment) -> None:
    node = _discover(service, Server(), cpu={})
    assert node["provision_state"] == "enroll"
    assert "The discovery failed: hook architecture" in node["last_error"]
    known = _nodes(service)
    assert node["uuid"] in known


def test_one_address_sends_so_many_a_minute(
    make_deployment: Callable[..., Deployment], sqlite_url: str
) -> None:
    options = {"auto_discovery": {"enabled": True, "driver": "fake-hardware", "max_per_minute": 2}}
    service = make_deployment(database=sqlite_url, options=options)
    service.start_all_in_one()
    for _ in range(2):
        _discover(service, Server())
    server = Server()
    answer = service.request("POST", server.path, server.data(), OLD_RAMDISK)
    assert answer.status_code == 503
    assert 0 < int(answer.headers["Retry-After"]) <= 60
    assert len(_nodes(service)) == 2


def test_without_the_option_nothing_is_enrolled(
    make_deployment: Callable[..., Deployment], sqlite_url: str
) -> None:
    service = make_deployment(database=sqlite_url)
    service.start_all_in_one()
    _refused(service, Server())
    script = service.request("GET", "/boot/52-54-00-00-00-99").text
    assert "No node has a port with the address" in script
