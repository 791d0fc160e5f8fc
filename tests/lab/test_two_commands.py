# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite ramdisk build`` and ``ironic-lite up --provision``: two unknown servers are discovered, and deployed.

All commands are typed in a network namespace with a BIOS and a UEFI machine. Nothing else is set up.
"""

import pytest

from ironic_lite_simulator.description import VirtualDisk, VirtualMachine
from ironic_lite_simulator.disk_image import build
from tests.functional.lab.boots import BOOT
from tests.lab import lab as labs
from tests.lab.lab import Lab
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(7200)

FIRMWARE = ("bios", "uefi")


def test_two_unknown_servers_end_up_deployed() -> None:
    whole_disk = build.whole_disk(build.cache_directory())
    machines = (VirtualMachine(kind, disks=(VirtualDisk(size_gib=5),)) for kind in FIRMWARE)
    with labs.running(*machines) as lab:
        lab.build_ramdisk()
        with lab.up():
            for index in range(len(FIRMWARE)):
                lab.rack.control(index, "on")
            nodes = discovered(lab)
            lab.add_image(whole_disk, "debian")
            for index, node in enumerate(nodes):
                # A virtual machine cannot find out where its BMC is.
                options = ("--driver", "ipmi", "--reset-interfaces", *lab.bmc(index))
                lab.baremetal("node", "set", node, *options)
                lab.baremetal("node", "manage", node)
            for node in nodes:
                lab.wait_for_state(node, "manageable")
                lab.baremetal("node", "provide", node)
            for index, node in enumerate(nodes):
                lab.wait_for_state(node, "available")
                lab.deploy(node, index, "debian")
            for index, node in enumerate(nodes):
                lab.wait_for_login(node, index)


def discovered(lab: Lab) -> list[str]:
    """Wait until both servers are nodes that wait to be accepted, and have powered themselves off."""

    def known() -> list[str] | None:
        found = [lab.node_of(index) for index in range(len(FIRMWARE))]
        return [node for node in found if node] if all(found) else None

    nodes = wait_for(known, "two nodes", 2 * BOOT, 2.0, describe=lab.consoles)
    assert nodes is not None and len(set(nodes)) == len(FIRMWARE)
    for node in nodes:
        shown = lab.baremetal("node", "show", node)
        assert shown["provision_state"] == "enroll"
        assert "waiting to be accepted" in shown["description"]
        assert shown["properties"]["cpu_arch"] == "x86_64"
    wait_for(
        lambda: {each["power"] for each in lab.rack.statuses()} == {"off"},
        "the servers to power themselves off",
        BOOT,
        describe=lab.consoles,
    )
    modes = [lab.baremetal("node", "show", node)["properties"]["capabilities"] for node in nodes]
    assert ["uefi" in mode for mode in modes] == [False, True]
    return nodes
