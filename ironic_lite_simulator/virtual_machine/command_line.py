# SPDX-License-Identifier: Apache-2.0
"""The command line of QEMU for one boot of a virtual machine."""

import dataclasses
from collections.abc import Iterator
from pathlib import Path

from ironic_lite_simulator.description import VirtualDisk, VirtualMachine
from ironic_lite_simulator.network.nic import Nic
from ironic_lite_simulator.virtual_machine import firmware

# The processor of an emulated machine: the newest features only make emulation slower.
_EMULATED_PROCESSOR = "Nehalem"


@dataclasses.dataclass(frozen=True, slots=True)
class Hardware:
    """What a machine is made of. ``taps`` are the file descriptors of its NICs' cables, in order."""

    name: str
    uuid: str
    description: VirtualMachine
    disks: tuple[Path, ...]
    variables: Path
    nics: tuple[Nic, ...]
    taps: tuple[int, ...]


def arguments(hardware: Hardware, order: tuple[str, ...], monitor: int, serial: int) -> list[str]:
    """Return program and arguments.

    :param order: the boot devices to try, of ``disk`` and ``pxe``; others are left out.
    :param monitor: file descriptor of a connected socket for QMP.
    :param serial: file descriptor of a connected socket for the serial port.
    :raises NotInstalled: QEMU or its firmware is missing.
    """
    return [
        firmware.program(firmware.QEMU),
        *_board(hardware),
        # Firmware tries nothing but the devices with a bootindex.
        *("-boot", f"strict=on,menu={'on' if 'bios' in order else 'off'}"),
        *_disks(hardware, order),
        *_nics(hardware, order),
        *("-chardev", f"socket,id=monitor,fd={monitor}", "-mon", "chardev=monitor,mode=control"),
        *("-chardev", f"socket,id=serial,fd={serial}", "-serial", "chardev:serial"),
    ]


def _board(hardware: Hardware) -> Iterator[str]:
    given = hardware.description
    flash = firmware.flash(given.firmware)
    smm = flash is not None and flash.protected
    yield from ("-name", hardware.name, "-uuid", hardware.uuid)
    yield from ("-nodefaults", "-no-user-config", "-display", "none")
    # Without graphics the BIOS uses the serial port.
    yield from ("-machine", f"q35,graphics=off,smm={'on' if smm else 'off'}")
    if firmware.accelerated():
        yield from ("-accel", "kvm", "-cpu", "host")
    else:
        yield from ("-accel", "tcg", "-cpu", _EMULATED_PROCESSOR)
    yield from ("-smp", str(given.processors), "-m", str(given.memory_mib))
    # A guest that resets ends the process: the boot order of the next boot may be another.
    yield from ("-action", "reboot=shutdown")
    yield from ("-sandbox", "on,obsolete=deny,elevateprivileges=deny,spawn=deny")
    yield from (
        "-smbios",
        f"type=1,manufacturer=ironic_lite,product=virtual-machine,serial={hardware.name}",
    )
    yield from ("-device", "virtio-rng-pci")
    if flash is not None:
        if smm:
            yield from ("-global", "driver=cfi.pflash01,property=secure,value=on")
            yield from ("-global", "ICH9-LPC.disable_s3=1")
        code, variables = _quoted(flash.code), _quoted(hardware.variables)
        yield from ("-drive", f"if=pflash,unit=0,format=raw,readonly=on,file={code}")
        yield from ("-drive", f"if=pflash,unit=1,format=raw,file={variables}")


def _disks(hardware: Hardware, order: tuple[str, ...]) -> Iterator[str]:
    if not hardware.disks:
        return
    yield from ("-device", "virtio-scsi-pci,id=scsi")
    first = _first_index(hardware, order, "disk")
    for number, path in enumerate(hardware.disks):
        disk: VirtualDisk = hardware.description.disks[number]
        # What the guest clears takes no space on this machine.
        yield from (
            "-blockdev",
            f"driver=raw,node-name=disk{number},discard=unmap,detect-zeroes=unmap,file.driver=file,"
            f"file.filename={_quoted(path)},cache.no-flush=on,file.discard=unmap",
        )
        device = (
            f"scsi-hd,drive=disk{number},serial={disk.serial or f'{hardware.name}-{number}'},"
            f"scsi-id={number},logical_block_size={disk.sector},physical_block_size={disk.sector},"
            f"rotation_rate={7200 if disk.rotational else 1}"
        )
        if first is not None:
            device += f",bootindex={first + number}"
        yield from ("-device", device)


def _nics(hardware: Hardware, order: tuple[str, ...]) -> Iterator[str]:
    first = _first_index(hardware, order, "pxe")
    rom = "" if hardware.description.network_boot_rom else ",romfile="
    for number, (nic, tap) in enumerate(zip(hardware.nics, hardware.taps, strict=True)):
        yield from ("-netdev", f"tap,id={nic.name},fd={tap}")
        device = f"virtio-net-pci,id=nic-{nic.name},netdev={nic.name},mac={nic.mac}{rom}"
        if first is not None:
            device += f",bootindex={first + number}"
        yield from ("-device", device)


def _first_index(hardware: Hardware, order: tuple[str, ...], kind: str) -> int | None:
    """Return the boot index of the first device of a kind; None if it does not boot."""
    numbers = {"disk": len(hardware.disks), "pxe": len(hardware.nics)}
    index = 0
    for each in order:
        if each == kind:
            return index
        index += numbers.get(each, 0)
    return None


def _quoted(path: Path) -> str:
    """Return a path as a value in QEMU's lists of options."""
    return str(path).replace(",", ",,")
