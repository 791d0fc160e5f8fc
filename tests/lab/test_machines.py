# SPDX-License-Identifier: Apache-2.0
"""The real agent on virtual machines: a conductor that is killed while an image is written, and software RAID."""

import json
import signal
from pathlib import Path

import pytest

from ironic_lite_simulator.description import VirtualDisk, VirtualMachine
from ironic_lite_simulator.disk_image import build
from tests.functional.lab.boots import BOOT
from tests.lab import lab as labs
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(7200)

DISK = VirtualDisk(size_gib=5)
MEMBER_MAGIC = bytes.fromhex("fc4e2ba9")
"""How the superblock of a member of an array of Linux begins (md.h: MD_SB_MAGIC, little-endian)."""


def test_a_conductor_killed_while_an_image_is_written() -> None:
    """All in one process is killed in the step; started again, it goes on, and the server boots to its login."""
    with labs.running(VirtualMachine("bios", disks=(DISK,))) as lab:
        lab.build_ramdisk()
        with lab.up() as service:
            lab.add_image(build.whole_disk(build.cache_directory()), "debian")
            node = lab.enrol(0, "--no-automated-clean")
            lab.baremetal("node", "provide", node)
            lab.wait_for_state(node, "available")
            lab.deploy(node, 0, "debian")
            wait_for(
                lambda: step_of(lab, node) == "write_image",
                "the step",
                2 * BOOT,
                0.1,
                describe=lab.consoles,
            )
            service.signal(signal.SIGKILL)
            service.kill()
        with lab.up():
            lab.wait_for_login(node, 0)
            assert not lab.baremetal("node", "show", node)["last_error"]
            history = lab.baremetal("node", "history", "list", "--long", node)
            assert history and not [each for each in history if "ERROR" in each.values()]


def step_of(lab: labs.Lab, node: str) -> str | None:
    step = lab.baremetal("node", "show", node)["deploy_step"]
    return step.get("step") if step else None


def test_software_raid() -> None:
    """The real agent makes a mirror of two disks, and writes an image onto it."""
    with labs.running(VirtualMachine("bios", disks=(DISK, DISK))) as lab:
        lab.build_ramdisk()
        with lab.up():
            node = lab.enrol(0, "--raid-interface", "agent")
            mirror = {"raid_level": "1", "size_gb": "MAX", "controller": "software"}
            target = {"logical_disks": [{**mirror, "is_root_volume": True}]}
            lab.baremetal("node", "set", node, "--target-raid-config", json.dumps(target))
            clean(lab, node, "delete_configuration", "create_configuration")
            shown = lab.baremetal("node", "show", node)["raid_config"]
            assert shown["logical_disks"][0]["raid_level"] == "1"
            assert [has_superblock(disk) for disk in lab.rack.status(0)["disks"]] == [True, True]
            clean(lab, node, "delete_configuration")
            assert not lab.baremetal("node", "show", node)["raid_config"]
            assert [has_superblock(disk) for disk in lab.rack.status(0)["disks"]] == [False, False]


def clean(lab: labs.Lab, node: str, *steps: str) -> None:
    named = [{"interface": "raid", "step": step} for step in steps]
    lab.baremetal("node", "clean", node, "--clean-steps", json.dumps(named))
    lab.wait_for_state(node, "manageable")


def has_superblock(disk: str) -> bool:
    """Whether a superblock is in the last MiB of a disk's partition, where version 1.0 has it, or at its beginning."""
    with Path(disk).open("rb") as file:
        beginning = file.read(16 << 20)
        file.seek(-(32 << 20), 2)
        return MEMBER_MAGIC in beginning or MEMBER_MAGIC in file.read()
