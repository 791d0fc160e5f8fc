# SPDX-License-Identifier: Apache-2.0
"""What the API says of nodes counts: whom to answer, with which address. What happens is in the node's journal."""

from tests.functional.netboot import dhcp
from tests.functional.netboot.test_up import up
from tests.functional.netboot.wire import Cable
from tests.waiting import wait_for

MAC, OTHER, STRANGER = "52:54:00:00:00:01", "52:54:00:00:00:02", "52:54:00:00:00:66"


def enrol(cable: Cable, mac: str, extra: dict[str, str] | None = None, **fields: object) -> str:
    node = cable.api("POST", "nodes", {"driver": "fake-hardware", **fields})["uuid"]
    port = {"node_uuid": node, "address": mac, "extra": extra or {}}
    cable.api("POST", "ports", port)
    return str(node)


def test_a_port_has_its_own_address(cable: Cable) -> None:
    up(cable, refresh_interval=1)
    before = cable.lease(STRANGER).address
    network_data = {
        "links": [{"id": "a", "type": "phy", "ethernet_mac_address": OTHER.upper()}],
        "networks": [
            {
                "id": "n",
                "type": "ipv4",
                "link": "a",
                "network_id": "x",
                "ip_address": "192.0.2.8",
                "netmask": "255.255.255.0",
            }
        ],
        "services": [],
    }
    enrol(cable, MAC, {"ipv4_address": "192.0.2.7"})
    enrol(cable, OTHER, network_data=network_data)
    wait_for(lambda: cable.lease(MAC).address == "192.0.2.7", "the reserved address")
    wait_for(lambda: cable.lease(OTHER).address == "192.0.2.8", "the address of network_data")
    assert cable.lease(STRANGER).address == before


def test_only_known_servers_are_answered_and_a_new_port_at_once(cable: Cable) -> None:
    # Nothing is read regularly within this test.
    up(cable, serve="known", refresh_interval=3600)
    silent = dhcp.message(dhcp.DISCOVER, STRANGER, dhcp.network_boot(7), broadcast=True)
    cable.send(silent, STRANGER)
    enrol(cable, MAC)
    assert cable.lease(MAC, dhcp.network_boot(7)).boot_file == "snponly.efi"
    cable.send(silent, STRANGER)
    assert cable.hear(int.from_bytes(silent[4:8], "big"), 2.0) is None


def test_decisions_are_in_the_journal(cable: Cable) -> None:
    up(cable, address_range="192.0.2.30-192.0.2.30")
    node = enrol(cable, MAC)
    cable.lease(MAC, dhcp.network_boot(7))
    refused = enrol(cable, OTHER)
    cable.send(dhcp.message(dhcp.DISCOVER, OTHER, dhcp.network_boot(7)), OTHER)

    def told(uuid: str) -> str:
        return str(cable.api("GET", f"nodes/{uuid}/timeline"))

    wait_for(lambda: "192.0.2.30" in told(node), "the journal", describe=lambda: told(node))
    assert "the server has its address" in told(node) and "snponly.efi" in told(node)
    wait_for(
        lambda: "no address is free" in told(refused), "the reason", describe=lambda: told(refused)
    )
