# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite up --provision eth1``: one command, and servers find their way to the API's script."""

import json
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
    return get_bytes(cable, url).decode()


def get_bytes(cable: Cable, url: str, **headers: str) -> bytes:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
    request = urllib.request.Request(url, headers=headers)
    with cable.inside(lambda: opener.open(request, timeout=PATIENCE)) as answer:
        return bytes(answer.read())


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


def test_a_log_file_that_only_root_may_open(cable: Cable) -> None:
    """The boot service is another user when it writes its lines; so it keeps the file that root has opened."""
    private = cable.directory / "private"
    private.mkdir(mode=0o700)
    log = private / "ironic-lite.log"
    service = cable.run_command(
        "netboot", "eth1", default=("debug=true", f"log_file={log}"), serve="known"
    )
    service.wait_until(lambda: "Network boot: eth1 (" in said(service), "the boot service")
    number = netboot_process(cable)
    # The API is away, which is worth a line.
    wait_for(lambda: "cannot be read" in log.read_text(), "a line", describe=log.read_text)
    assert netboot_process(cable) == number


def built_ramdisk(cable: Cable) -> bytes:
    """A ramdisk where the command that builds them puts it; returns its initramfs."""
    directory = cable.directory / "ramdisks" / "x86_64"
    directory.mkdir(parents=True)
    initramfs = os.urandom(3_000_000)
    (directory / "kernel").write_bytes(b"kernel")
    (directory / "initramfs").write_bytes(initramfs)
    about = {"architecture": "x86_64", "kernel": "6.12", "agent": "13.0.0", "unpacked": 1}
    lists: dict[str, object] = {
        "sha256": {},
        "sizes": {},
        "options": {},
        "debian": {},
        "python": {},
    }
    manifest = {**about, **lists, "built_at": "2026-11-30T12:00:00Z"}
    (directory / "manifest.json").write_text(json.dumps(manifest))
    return initramfs


def test_an_unknown_server_boots_the_ramdisk_that_was_built(cable: Cable) -> None:
    initramfs = built_ramdisk(cable)
    service = up(cable)
    assert "Ramdisk for x86_64: built 2026-11-30T12:00:00Z" in said(service)
    lease = cable.lease(MAC, dhcp.network_boot(7, ipxe=True))
    cable.clients.run("ip", "address", "add", f"{lease.address}/24", "dev", "client1")
    script = get(cable, f"http://{SERVER}:6385/boot/{MAC.replace(':', '-')}")
    root = f"http://{SERVER}:6385/ramdisks/x86_64"
    assert f"{root}/kernel " in script and f"{root}/initramfs " in script
    assert f"ipa-api-url=http://{SERVER}:6385" in script
    assert get_bytes(cable, f"{root}/initramfs") == initramfs
    assert get_bytes(cable, f"{root}/initramfs", Range="bytes=1000-1999") == initramfs[1000:2000]
    for path in ("../ironic-lite.key", "x86_64/manifest.json", "x86_64/../../ironic-lite.sqlite"):
        with pytest.raises(urllib.error.HTTPError, match="404"):
            get_bytes(cable, f"http://{SERVER}:6385/ramdisks/{path}")


def test_without_a_ramdisk_it_says_what_to_do(cable: Cable) -> None:
    assert "run 'ironic-lite ramdisk build'" in said(up(cable))


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
