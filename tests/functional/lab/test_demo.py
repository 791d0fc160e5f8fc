# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite demo --vm`` as it is typed: from servers without a system to their logins."""

import contextlib
import json
import os
import re
import signal
import socket
import subprocess
import sys
import urllib.request
from pathlib import Path

import pytest

from ironic_lite_simulator.virtual_machine import firmware
from tests.functional.lab.boots import BOOT
from tests.waiting import PATIENCE, factor, wait_for

IRONIC_LITE = str(Path(sys.executable).with_name("ironic-lite"))
IN_LAB = "IRONIC_LITE_LAB"
"""Set by ``make lab``."""
BOOTS = 4
"""Of each machine: inspection, cleaning, deployment, the deployed system."""


@pytest.mark.skipif(
    not firmware.accelerated() and IN_LAB not in os.environ,
    reason="emulated machines take both processors for ten minutes: make lab",
)
@pytest.mark.timeout(7200)
def test_to_the_login_of_a_bios_and_of_a_uefi_machine() -> None:
    done = subprocess.run(
        [IRONIC_LITE, "demo", "--vm", "--exit", "--port", "0"],
        capture_output=True,
        text=True,
        timeout=BOOTS * BOOT * factor(),
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "All 2 servers are active" in done.stdout
    for name, kind in (("demo-0", "bios"), ("demo-1", "uefi")):
        assert f"{name} ({kind}), serial console: {name} login:" in done.stdout
        states = re.findall(rf"^ *[0-9.]+ s  {name} +(\S+(?: \S+)*?)  ", done.stdout, re.MULTILINE)
        order = ["enroll", "manageable", "inspect wait", "cleaning", "available", "active"]
        assert [state for state in dict.fromkeys(states) if state in order] == order


def test_the_way_in_and_nothing_left_behind(tmp_path: Path) -> None:
    """The API answers on this machine's loopback, though all is in another network; Ctrl-C ends all of it."""
    output = tmp_path / "output"
    with output.open("wb") as stream:
        demo = subprocess.Popen(
            [IRONIC_LITE, "demo", "--vm", "--servers", "1", "--port", "0"],
            stdout=stream,
            stderr=stream,
        )
    try:
        match = wait_for(
            lambda: re.search(r"Starting ironic_lite at (http://\S+)", output.read_text()),
            "the demo",
            900,
            describe=output.read_text,
        )
        assert match is not None
        url = match.group(1)
        wait_for(lambda: powered_on(url), "a node that is on", 120, describe=output.read_text)
        host, _, port = url.removeprefix("http://").partition(":")
        inside = namespace(demo.pid)
        assert inside != namespace(os.getpid())
        assert processes_in(inside)
        demo.send_signal(signal.SIGINT)
        assert demo.wait(PATIENCE) == 1
        assert "Stopped." in output.read_text()
        with socket.socket() as probe:
            assert probe.connect_ex((host, int(port))) != 0
    finally:
        demo.kill()
        demo.wait(PATIENCE)
    wait_for(lambda: not processes_in(inside), "service, rack and machines to end")


def powered_on(url: str) -> bool:
    """Whether the demo's node is known and on."""
    try:
        with urllib.request.urlopen(f"{url}/v1/nodes", timeout=PATIENCE) as answer:
            nodes = json.load(answer)["nodes"]
    except OSError:
        return False
    return [node["power_state"] for node in nodes] == ["power on"]


def namespace(process: int) -> str:
    """The network of a process."""
    return str(Path(f"/proc/{process}/ns/net").readlink())


def processes_in(wanted: str) -> list[int]:
    """The processes in a network."""
    found = []
    for each in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if namespace(int(each.name)) == wanted:
                found.append(int(each.name))
    return found


def test_too_many_machines_are_refused() -> None:
    done = subprocess.run(
        [IRONIC_LITE, "demo", "--vm", "--servers", "9"],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 2
    assert "--vm takes 1 to 8 servers" in done.stderr
