# SPDX-License-Identifier: Apache-2.0
"""Boot order, scripts and the rack's own HTTP."""

import hashlib

import pytest
import requests

from ironic_lite_simulator import images
from ironic_lite_simulator.faults import InvalidFault
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.rack.provisioner import Provisioner
from tests.waiting import PATIENCE, wait_for


def boot(rack: VirtualRack, phase: str) -> None:
    """Power on server 0 and wait for the result."""
    rack.control(0, "on")
    wait_for(lambda: rack.status(0)["phase"] == phase, phase, describe=lambda: rack.console(0))


def script_of(provisioner: Provisioner, rack: VirtualRack, text: str) -> None:
    """Serve an iPXE script to server 0."""
    provisioner.scripts[rack.status(0)["mac"].replace(":", "-")] = text


def test_nothing_to_boot(rack: VirtualRack) -> None:
    boot(rack, "no-bootable-device")
    failures = [e for e in rack.journal() if e.action == "pxe-failed"]
    assert len(failures) == 3
    assert "answered 404" in failures[0].details["error"]


def test_an_unreachable_boot_server(rack: VirtualRack) -> None:
    rack.set_boot_url("http://127.0.0.1:1")
    boot(rack, "no-bootable-device")


def test_exit_goes_on_to_the_disk(rack: VirtualRack, provisioner: Provisioner) -> None:
    script_of(provisioner, rack, "#!ipxe\nexit\n")
    boot(rack, "no-bootable-device")
    assert "iPXE: exit" in rack.console(0)[-2]


def test_chained_script_with_a_label(rack: VirtualRack, provisioner: Provisioner) -> None:
    mac = rack.status(0)["mac"].replace(":", "-")
    provisioner.boot_agent(rack.status(0)["mac"], rack.http_url)
    provisioner.scripts["real"] = provisioner.scripts.pop(mac)
    script_of(
        provisioner,
        rack,
        "#!ipxe\nchain nowhere || goto retry\n:retry\nset url real\nchain ${url}\n",
    )
    boot(rack, "agent")  # a chain that cannot be fetched fails, as any other command


@pytest.mark.parametrize(
    "line",
    ["kernel {u}/images/none ipa-api-url=x", "initrd {u}/images/none", "not ipxe at all"],
)
def test_broken_scripts_end_at_no_bootable_device(
    rack: VirtualRack, provisioner: Provisioner, line: str
) -> None:
    start = "" if line.startswith("not") else "#!ipxe\n"
    script_of(provisioner, rack, start + line.format(u=rack.http_url) + "\nboot\n")
    boot(rack, "no-bootable-device")


def test_images_have_the_stated_checksums(rack: VirtualRack) -> None:
    listed = requests.get(f"{rack.http_url}/images", timeout=PATIENCE).json()["images"]
    assert {i["name"] for i in listed} == set(images.catalog())
    for image in listed:
        content = requests.get(f"{rack.http_url}/images/{image['name']}", timeout=PATIENCE).content
        assert len(content) == image["size"]
        assert hashlib.sha256(content).hexdigest() == image["sha256"]
    assert requests.get(f"{rack.http_url}/images/none", timeout=PATIENCE).status_code == 404


def test_servers_over_http(rack: VirtualRack) -> None:
    servers = requests.get(f"{rack.http_url}/servers", timeout=PATIENCE).json()["servers"]
    assert [s["name"] for s in servers] == ["server-0", "server-1"]
    assert servers[1] == requests.get(f"{rack.http_url}/servers/1", timeout=PATIENCE).json()
    assert len({s["mac"] for s in servers}) == 2
    missing = requests.get(f"{rack.http_url}/servers/2", timeout=PATIENCE)
    assert missing.status_code == 404
    assert "there are 2" in missing.json()["error"]


def test_faults_over_http(rack: VirtualRack) -> None:
    url = f"{rack.http_url}/servers/0/faults"
    faults = {"bmc_silent": True, "agent_command_delay": 1.5, "bmc_answers": "1/3"}
    assert requests.put(url, json=faults, timeout=PATIENCE).json() == faults
    assert requests.put(url, json={"bmc_silent": False}, timeout=PATIENCE).json() == {
        "agent_command_delay": 1.5,
        "bmc_answers": "1/3",
    }
    for wrong in ({"nothing": 1}, {"bmc_silent": 1}, {"bmc_answers": "3/2"}, ["x"], "x"):
        answer = requests.put(url, json=wrong, timeout=PATIENCE)
        assert answer.status_code == 400, wrong
        assert answer.json()["error"]
    assert requests.delete(url, timeout=PATIENCE).json() == {}
    assert rack.status(0)["faults"] == {}
    with pytest.raises(InvalidFault, match="Known faults"):
        rack.set_faults(0, nothing=True)


def test_the_log_over_http(rack: VirtualRack) -> None:
    rack.control(0, "on")
    wait_for(rack.journal, "the first entry")
    log = requests.get(f"{rack.http_url}/log?since=0&server=server-0", timeout=PATIENCE).json()[
        "log"
    ]
    assert log[0]["seq"] == 1
    assert log[0]["action"] == "power-is"
    assert requests.get(f"{rack.http_url}/log?since=x", timeout=PATIENCE).status_code == 400
    assert (
        "server-0"
        not in requests.get(f"{rack.http_url}/log?server=server-1", timeout=PATIENCE).text
    )


def test_a_taken_port_is_an_error(rack: VirtualRack) -> None:
    port = int(rack.http_url.rpartition(":")[2])
    with pytest.raises(OSError, match="Address already in use"), VirtualRack(http_port=port):
        pass
