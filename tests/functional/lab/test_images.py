# SPDX-License-Identifier: Apache-2.0
"""The small system boots from a disk with a BIOS and with secure boot, reads its config drive, and obeys."""

import io
import shutil
from pathlib import Path

import pycdlib
import pytest

from ironic_lite_simulator.description import VirtualDisk, VirtualMachine
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.lab.boots import BOOT
from tests.functional.servers import virtual_network
from tests.waiting import wait_for

pytestmark = pytest.mark.timeout(3600)


def config_drive(path: Path, name: str) -> Path:
    """A config drive with a host name."""
    iso = pycdlib.PyCdlib()
    iso.new(interchange_level=3, rock_ridge="1.09", vol_ident="config-2")
    iso.add_directory("/OPENSTACK", rr_name="openstack")
    iso.add_directory("/OPENSTACK/LATEST", rr_name="latest")
    content = f'{{"hostname": "{name}", "uuid": "1"}}'.encode()
    file = "/OPENSTACK/LATEST/META.JSO;1"
    iso.add_fp(io.BytesIO(content), len(content), file, rr_name="meta_data.json")
    iso.write(str(path))
    iso.close()
    return path


@pytest.mark.parametrize("firmware", ["bios", "uefi-secure-boot"])
def test_from_power_on_to_login_and_off(
    firmware: str, tmp_path: Path, whole_disk_image: Path
) -> None:
    disks = (VirtualDisk(size_gib=1), VirtualDisk(size_gib=1))
    machine = VirtualMachine(firmware, memory_mib=512, disks=disks)
    drive = config_drive(tmp_path / "config-drive", "named-by-its-drive")
    with (
        virtual_network.running() as network,
        VirtualRack(network_namespace=network.namespace, servers=(machine,)) as rack,
    ):
        for source, disk in zip((whole_disk_image, drive), rack.status(0)["disks"], strict=True):
            with source.open("rb") as content, Path(disk).open("r+b") as target:
                shutil.copyfileobj(content, target)
        rack.control(0, "on")

        def shown(text: str) -> bool:
            return text in "\n".join(rack.console(0))

        for text, answer in (("named-by-its-drive login:", "root"), ("# ", "poweroff")):
            wait_for(lambda text=text: shown(text), text, BOOT, describe=lambda: rack.console(0))
            rack.type(0, f"{answer}\n")
        wait_for(
            lambda: rack.status(0)["power"] == "off",
            "the system to power itself off",
            BOOT,
            describe=lambda: rack.console(0),
        )
        ended = [e.details["reason"] for e in rack.journal() if e.action == "machine-ended"]
        assert ended == ["guest-shutdown"]
