# SPDX-License-Identifier: Apache-2.0
"""Real firmware, SeaBIOS with iPXE and OVMF, finds its way from power on to the script of the API."""

import shutil
from pathlib import Path

import pytest

from tests.functional.netboot.test_others_on_the_wire import other_server
from tests.functional.netboot.test_up import up
from tests.functional.netboot.wire import Cable, said
from tests.functional.servers import process
from tests.waiting import wait_for

CODE, VARIABLES = Path("/usr/share/OVMF/OVMF_CODE_4M.fd"), Path("/usr/share/OVMF/OVMF_VARS_4M.fd")
IPXE = Path("/usr/lib/ipxe")
NO_PXE = [
    word
    for version in (4, 6)
    for word in ("-fw_cfg", f"name=opt/org.tianocore/IPv{version}PXESupport,string=n")
]


def switched_on(cable: Cable, mac: str, *firmware: str, rom: str = "") -> process.ServerProcess:
    """Start a virtual machine with one network card and without a disk; its console is its log."""
    name = f"tap{mac[-2:]}"
    cable.clients.run("ip", "tuntap", "add", name, "mode", "tap")
    cable.clients.run("ip", "link", "set", name, "master", "switch1", "up")
    argv = [
        process.find_program("qemu-system-x86_64"),
        *("-machine", "q35,accel=tcg,graphics=off", "-cpu", "max", "-m", "512"),
        *("-nodefaults", "-no-reboot", "-display", "none", "-serial", "stdio"),
        *("-netdev", f"tap,id=n,ifname={name},script=no,downscript=no"),
        *("-device", f"virtio-net-pci,netdev=n,mac={mac},bootindex=1{rom}"),
        *firmware,
    ]
    machine = process.ServerProcess(
        f"the machine {mac}",
        cable.clients.entering(*argv),
        log=cable.directory / f"{name}.log",
        drop_privileges=False,
    )
    cable.stack.callback(machine.kill)
    machine.start()
    return machine


def uefi(cable: Cable) -> list[str]:
    variables = shutil.copy(VARIABLES, cable.directory / "variables.fd")
    return [
        *("-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={CODE}"),
        *("-drive", f"if=pflash,format=raw,unit=1,file={variables}"),
    ]


def wait_for_script(machine: process.ServerProcess, mac: str) -> None:
    """Wait until iPXE has got the script of this server, and runs it."""
    says = f"No node has a port with the address {mac}"
    wait_for(lambda: says in said(machine), says, timeout=240, describe=lambda: said(machine))


def use_real_files(cable: Cable) -> None:
    boot = cable.directory / "boot"
    for name in ("undionly.kpxe", "snponly.efi"):
        shutil.copy(IPXE / name, boot / name)


def test_bios_and_uefi_over_tftp(cable: Cable) -> None:
    use_real_files(cable)
    service = up(cable)
    bios, efi = "52:54:00:00:00:11", "52:54:00:00:00:22"
    first = switched_on(cable, bios)
    second = switched_on(cable, efi, *uefi(cable), rom=",romfile=")
    wait_for_script(first, bios)
    wait_for_script(second, efi)
    assert f"{efi} boot-file-sent file=snponly.efi by=TFTP" in said(service)


@pytest.mark.parametrize("mode", ["full", "proxy"])
def test_uefi_over_http(cable: Cable, mode: str) -> None:
    use_real_files(cable)
    if mode == "proxy":
        other_server(cable)
    service = up(cable, mode=mode)
    mac = "52:54:00:00:00:33"
    machine = switched_on(cable, mac, *uefi(cable), *NO_PXE, rom=",romfile=")
    wait_for_script(machine, mac)
    assert f"{mac} boot-file-sent file=snponly.efi by=HTTP" in said(service)


def test_uefi_over_tftp_beside_another_dhcp_server(cable: Cable) -> None:
    use_real_files(cable)
    other_server(cable)
    up(cable, mode="proxy")
    mac = "52:54:00:00:00:44"
    machine = switched_on(cable, mac, *uefi(cable), rom=",romfile=")
    wait_for_script(machine, mac)
