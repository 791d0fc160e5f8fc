# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite console``, in a terminal."""

import os
import pty
import subprocess

from tests.functional.console import SCRIPTS
from tests.functional.consoles.conftest import TerminalServer, with_console
from tests.functional.deployment import Deployment
from tests.waiting import PATIENCE, wait_for


def run(cloud: Deployment, *words: str) -> subprocess.CompletedProcess[bytes]:
    command = [str(SCRIPTS / "ironic-lite"), "console", "--api", cloud.api_url, *words]
    return subprocess.run(command, capture_output=True, timeout=PATIENCE, check=False)


def test_the_log(consoles: Deployment, line: TerminalServer) -> None:
    node = with_console(consoles, line)
    line.print(b"Booting...\r\n")
    wait_for(lambda: b"Booting" in run(consoles, node, "--log").stdout, "the log")
    done = run(consoles, node, "--log", "--times")
    assert (done.returncode, done.stderr) == (0, b"")
    gap, booting = (text for text in done.stdout.decode().splitlines() if text)
    assert "no console from the beginning to" in gap
    assert booting.endswith("+00:00  -  Booting...")
    wrong = run(consoles, node, "--log", "--since", "yesterday")
    assert (wrong.returncode, b"since must be a time" in wrong.stderr) == (1, True)


def test_a_terminal(consoles: Deployment, line: TerminalServer) -> None:
    node = with_console(consoles, line)
    ours, theirs = pty.openpty()
    command = [str(SCRIPTS / "ironic-lite"), "console", "--api", consoles.api_url, node]
    running = subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""

    def shows(text: bytes) -> None:
        nonlocal shown
        while text not in shown:
            shown += os.read(ours, 4096)

    shows(b"~. leaves")
    line.print(b"login: ")
    shows(b"login: ")
    os.write(ours, b"root\r~?~~x\r")
    shows(b"~B  send a break")
    wait_for(lambda: line.typed == b"root\r~x\r", "what was typed", describe=lambda: line.typed)
    os.write(ours, b"~.")
    assert running.wait(PATIENCE) == 0
    os.close(ours)
