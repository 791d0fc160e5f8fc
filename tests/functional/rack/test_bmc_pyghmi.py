# SPDX-License-Identifier: Apache-2.0
"""The virtual BMC, driven by pyghmi's client in a process of its own.

pyghmi keeps state per process that outlives a test (its register of sessions, its I/O thread).
"""

import json
import subprocess
import sys
from typing import Any

import pytest

from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.waiting import PATIENCE

_CLIENT = """
import json, sys
from pyghmi.ipmi import command
port, password, calls = int(sys.argv[1]), sys.argv[2], json.loads(sys.argv[3])
try:
    client = command.Command("127.0.0.1", "admin", password, port=port)
    answers = [getattr(client, name)(*arguments) for name, arguments in calls]
except Exception as exc:
    answers = [str(exc)]
print(json.dumps(answers, default=str))
"""


def pyghmi(
    rack: VirtualRack, *calls: tuple[str, list[Any]], password: str = "password"
) -> list[Any]:
    """Log in to server 0, make the calls and return their answers."""
    port = str(rack.bmc_port(0))
    done = subprocess.run(
        [sys.executable, "-c", _CLIENT, port, password, json.dumps(calls)],
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=True,
    )
    answers: list[Any] = json.loads(done.stdout)
    return answers


def test_power(rack: VirtualRack) -> None:
    answers = pyghmi(
        rack,
        ("get_power", []),
        ("set_power", ["on", 10]),
        ("get_power", []),
        ("set_power", ["reset"]),
        ("set_power", ["off", 10]),
    )
    assert [a.get("powerstate") for a in answers] == ["off", "on", "on", None, "off"]


@pytest.mark.parametrize("device", ["network", "hd", "optical", "setup"])
def test_boot_device(rack: VirtualRack, device: str) -> None:
    _, answer = pyghmi(rack, ("set_bootdev", [device, True, True]), ("get_bootdev", []))
    assert answer == {"bootdev": device, "persistent": True, "uefimode": True}


def test_wrong_password(rack: VirtualRack) -> None:
    assert pyghmi(rack, ("get_power", []), password="wrong") == ["Incorrect password provided"]
