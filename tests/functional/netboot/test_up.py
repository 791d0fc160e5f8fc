# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite up --provision eth1``: one command, and servers find their way to the API's script."""

import os
import signal
import urllib.error
import urllib.request

import pytest

from tests.functional.netboot import dhcp
from tests.functional.netboot.wire import SERVER, Cable, said
from tests.functional.servers import process
from tests.waiting import PATIENCE, at_most, wait_for

MAC, OTHER = "52:54:00:00:00:01", "52:54:00:00:00:02"


def up(cable: Cable, **netboot: object) -> process.ServerProcess:
    service = cable.run_command("up", "--provision", "eth1", **netboot)
    service.wait_until(lambda: "ironic-lite is up" in said(service), "the service")
    return service


def get(cable: Cable, url: str) -> str:
    """Get a URL as a server would, from the other end of the cable."""
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    with cable.inside(lambda: opener.open(url, timeout=PATIENCE)) as answer:
        return str(answer.read().decode())


def netboot_process(cable: Cable) -> int:
    """The process of the boot service."""
    (line,) = cable.servers.run("ss", "-Hlnup", "sport", "= :67").splitlines()
    return int(line.split("pid=")[1].split(",")[0])


def test_from_an_address_to_the_script(cable: Cable) -> None:
    up(cable)
    lease = cable.lease(MAC, dhcp.network_boot(7, ipxe=True))
    cable.clients.run("ip", "address", "add", f"{lease.address}/24", "dev", "client1")
    assert lease.boot_file == f"http://{SERVER}:6385/boot.ipxe"
    script = get(cable, lease.boot_file)
    assert f"http://{SERVER}:6385/boot/${{mac:hexhyp}}" in script
    # Without authentication the servers' network gets no more of the API than servers need.
    with pytest.raises(urllib.error.HTTPError) as refused:
        get(cable, f"http://{SERVER}:6385/v1/nodes")
    assert refused.value.code == 403 and "auth_strategy" in refused.value.read().decode()
    assert cable.api("GET", "nodes") == {"nodes": []}
    own = get(cable, f"http://{SERVER}:6385/boot/{MAC.replace(':', '-')}")
    assert own.startswith("#!ipxe") and MAC in own


def test_a_killed_boot_service_comes_back_with_its_leases(cable: Cable) -> None:
    service = up(cable)
    before = cable.lease(MAC).address
    former = netboot_process(cable)
    os.kill(former, signal.SIGKILL)
    # `lease` asks until somebody answers.
    assert cable.lease(MAC).address == before
    assert cable.lease(OTHER).address != before
    assert netboot_process(cable) != former
    assert "The boot service has ended (signal 9)" in said(service)


def test_a_killed_parent_takes_the_boot_service_with_it(cable: Cable) -> None:
    service = up(cable)
    os.kill(service.pid, signal.SIGKILL)
    wait_for(
        lambda: not cable.servers.run("ss", "-Hlnu", "sport", "= :67"),
        "the end of the boot service",
        timeout=at_most(5),
    )


def test_an_interface_without_an_address_is_waited_for(cable: Cable) -> None:
    cable.servers.run(*["ip", "address", "flush", "dev", "eth1", "scope", "global"])
    service = cable.run_command("up", "--provision", "eth1")
    wait_for(lambda: "Waiting: eth1 has no IPv4 address" in said(service), "the notice")
    cable.servers.run(*f"ip address add {SERVER}/24 dev eth1".split())
    service.wait_until(lambda: "ironic-lite is up" in said(service), "the service")
    assert cable.lease(MAC).address
