# SPDX-License-Identifier: Apache-2.0
"""Hardware manager with which the real ironic-python-agent runs as an ordinary process, with a plain file as its disk.

The code that talks to Ironic, downloads, verifies and writes is the agent's own. Replacements are for what would change
this machine's hardware: its disks, power and firmware. Environment variables describe the server:

    FILE_DISK        path of the disk
    FILE_DISK_MAC    MAC address of its one network interface
    FILE_DISK_BOOTIF the same, as the kernel was told
    FILE_DISK_BMC    address of its BMC, which it then reports
    FILE_DISK_SERIAL serial number of the server
    FILE_DISK_DIR    a directory for its certificate, and for ``power``, ``steps`` and ``rescue-password``, which the
                     test reads
"""

import json
import os
import shutil
import struct
import threading
import time
from pathlib import Path

from ironic_python_agent import (
    agent,
    disk_utils,
    errors,
    hardware,
    netutils,
    partition_utils,
    qemu_img,
    tls_utils,
)
from ironic_python_agent.extensions import image, rescue, standby
from ironic_python_agent.hardware_managers import cna, container, mlnx

if os.geteuid() == 0:
    raise SystemExit(
        "The agent must not run as root here: it would take this machine for its server."
    )

ROOT_UUID = "5f0c5a3e-3f1b-4f43-a7a4-1c1b0d3b7a10"
DISK = os.environ["FILE_DISK"]
STATE = Path(os.environ["FILE_DISK_DIR"])


class FileDiskManager(hardware.HardwareManager):
    """The only manager: the agent's generic one says that it supports nothing here."""

    HARDWARE_MANAGER_NAME = "FileDiskManager"
    HARDWARE_MANAGER_VERSION = os.environ.get("FILE_DISK_VERSION", "1.0")

    def evaluate_hardware_support(self):
        return hardware.HardwareSupport.SERVICE_PROVIDER

    def list_network_interfaces(self):
        return [
            hardware.NetworkInterface(
                "eth0", os.environ["FILE_DISK_MAC"], ipv4_address="192.0.2.7", has_carrier=True
            )
        ]

    def list_block_devices(self, include_partitions=False):
        size = Path(DISK).stat().st_size
        return [hardware.BlockDevice(DISK, "file", size, False, serial="file-disk")]

    def get_os_install_device(self, permit_refresh=False):
        return DISK

    def get_cpus(self):
        return hardware.CPU("test", 1000, 1, "x86_64")

    def get_memory(self):
        return hardware.Memory(total=1 << 30, physical_mb=1024)

    def get_bmc_address(self):
        return os.environ.get("FILE_DISK_BMC")

    def get_bmc_v6address(self):
        return None

    get_bmc_mac = get_bmc_v6address

    def get_system_vendor_info(self):
        return hardware.SystemVendorInfo(
            "server",
            os.environ.get("FILE_DISK_SERIAL", "1"),
            "tests",
            hardware.SystemFirmware("", "", ""),
        )

    def get_boot_info(self):
        return hardware.BootInfo("bios", pxe_interface=os.environ["FILE_DISK_BOOTIF"])

    def generate_tls_certificate(self, ip_address):
        certificate, key = STATE / "agent.crt", STATE / "agent.key"
        text = tls_utils._generate_tls_certificate(
            str(certificate), str(key), netutils.get_hostname(), ip_address
        )
        return tls_utils.TlsCertificate(text, str(certificate), str(key))

    def full_sync(self):
        _note("sync")

    # Steps

    def get_clean_steps(self, node, ports):
        return [
            _step("erase_devices_metadata", 99),
            _step("erase_devices", 0),
            _step("break", 0),
            _step("pause", 0),
            _step("reboot_after", 0, reboot_requested=True),
        ]

    def get_deploy_steps(self, node, ports):
        return [_step("write_image", 0), _step("note_deployment", int(os.environ["NOTE_PRIORITY"]))]

    def get_service_steps(self, node, ports):
        return [_step("note_service", 0)]

    def erase_devices_metadata(self, node, ports):
        _note("erase_devices_metadata")
        with Path(DISK).open("r+b") as disk:
            disk.write(bytes(1 << 20))

    def erase_devices(self, node, ports):
        _note("erase_devices")
        size = Path(DISK).stat().st_size
        with Path(DISK).open("wb") as disk:
            disk.truncate(size)

    def break_(self, node, ports):
        raise errors.CleaningError("the disk is on fire")

    def pause(self, node, ports):
        """Runs until the test makes the file ``go``."""
        _note("pause")
        deadline = time.monotonic() + 60
        while not (STATE / "go").exists() and time.monotonic() < deadline:
            time.sleep(0.02)
        _note("paused")

    def reboot_after(self, node, ports):
        _note("reboot_after")

    def note_deployment(self, node, ports):
        _note("note_deployment")

    def note_service(self, node, ports):
        _note("note_service")

    def write_image(self, node, ports, image_info, configdrive=None):
        """The agent's own work, on a disk that keeps its size."""
        size = Path(DISK).stat().st_size
        command = standby.base.get_extension("standby").prepare_image(
            image_info=image_info, configdrive=configdrive
        )
        result = command.wait()
        _note("write_image")
        os.truncate(DISK, max(size, Path(DISK).stat().st_size))
        return result


setattr(FileDiskManager, "break", FileDiskManager.break_)


def _step(name, priority, reboot_requested=False):
    return {
        "step": name,
        "priority": priority,
        "interface": "deploy",
        "reboot_requested": reboot_requested,
        "abortable": True,
    }


def _note(what):
    with (STATE / "steps").open("a") as steps:
        steps.write(f"{what}\n")


def _shut_down(_extension, command):
    """Replaces ``poweroff``: the server loses its power, which ends this process."""
    _note(command)
    (STATE / "agent-power").write_text(command)
    # Send the answer to the command first, as a machine does that takes a moment to stop.
    threading.Timer(0.3, os._exit, (0,)).start()


def _write_config_drive(_node_uuid, device, configdrive):
    """Replaces making a partition: returns the end of the file."""
    _size_mib, path = partition_utils.get_configdrive(configdrive, "file-disk")
    content = Path(path).read_bytes()
    Path(path).unlink()
    with Path(device).open("r+b") as disk:
        end = max(disk.seek(0, os.SEEK_END), int(os.environ["FILE_DISK_SIZE"]))
        disk.truncate(end)
        disk.seek(end - len(content))
        disk.write(content)


def _make_partitions(
    device, root_mb, swap_mb, ephemeral_mb, ephemeral_format, image_path, _uuid, **options
):
    """Replaces parted, mkfs and device nodes: writes an MBR with the partitions; the root partition is a file."""
    table, start = bytearray(512), 1
    for place, size in enumerate(size for size in (ephemeral_mb, swap_mb, root_mb) if size):
        entry = struct.pack("<B3sB3sII", 0, bytes(3), 0x83, bytes(3), start * 2048, size * 2048)
        table[446 + 16 * place : 462 + 16 * place] = entry
        start += size
    table[510:512] = b"\x55\xaa"
    with Path(device).open("r+b") as disk:
        disk.write(table)
    root = STATE / "root-partition"
    root.write_bytes(Path(image_path).read_bytes() if image_path else b"")
    told = {name: options[name] for name in ("preserve_ephemeral", "disk_label", "boot_mode")}
    told |= {"size": start, "format": ephemeral_format, "configdrive": bool(options["configdrive"])}
    (STATE / "partitions").write_text(json.dumps(told))
    return {
        "root uuid": ROOT_UUID,
        "efi system partition uuid": None,
        "partitions": {"root": str(root)},
    }


def _file_system_uuid(device):
    """A plain file with an image has no UUID; a root partition has the UUID that its file system would have."""
    return ROOT_UUID if Path(device).name == "root-partition" else None


def _install_grub2(device, root_uuid, **_options):
    """Replaces running grub's installer in the image."""
    _note(f"grub {root_uuid}")


def _convert_image(source, target, out_format, **_options):
    """Replaces qemu-img in its sandbox."""
    shutil.copyfile(source, target)


def _nothing(*_args, **_kwargs):
    return None


for _other in (
    hardware.GenericHardwareManager,
    cna.IntelCnaHardwareManager,
    container.ContainerHardwareManager,
    mlnx.MellanoxDeviceHardwareManager,
):
    _other.evaluate_hardware_support = lambda _self: 0
# The agent spares Ironic by calling every five seconds at most, also when a command has ended. Tests do not wait.
agent.IronicPythonAgentHeartbeater.min_heartbeat_interval = 0.3
rescue.PASSWORD_FILE = str(STATE / "rescue-password")
standby.StandbyExtension._run_shutdown_command = _shut_down
qemu_img.convert_image = _convert_image
partition_utils.create_config_drive_partition = _write_config_drive
partition_utils.work_on_disk = _make_partitions
disk_utils.block_uuid = _file_system_uuid
image._install_grub2 = _install_grub2
for _name in (
    "partprobe",
    "trigger_device_rescan",
    "udev_settle",
    "fix_gpt_partition",
    "destroy_disk_metadata",
):
    setattr(disk_utils, _name, _nothing)
