# SPDX-License-Identifier: Apache-2.0
"""Consoles over SSH, with the real client of OpenSSH."""

import os
import pty
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.functional.consoles.conftest import OPTIONS, TerminalServer, with_console
from tests.functional.deployment import Deployment
from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE, wait_for

pytestmark = pytest.mark.skipif(shutil.which("ssh") is None, reason="needs OpenSSH's client")


@pytest.fixture
def key(tmp_path: Path) -> Path:
    path = tmp_path / "key"
    command = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-f", str(path)]
    subprocess.run(command, check=True, timeout=PATIENCE)
    return path


def ssh(port: int, key: Path, node: str) -> list[str]:
    options = ["StrictHostKeyChecking=no", "UserKnownHostsFile=/dev/null", "IdentitiesOnly=yes"]
    options += ["BatchMode=yes", "LogLevel=ERROR", f"IdentityFile={key}"]
    given = [word for option in options for word in ("-o", option)]
    return ["ssh", "-F", "none", "-tt", "-e", "none", "-p", str(port), *given, f"{node}@127.0.0.1"]


def refused(port: int, key: Path, node: str) -> subprocess.CompletedProcess[bytes]:
    return subprocess.run(
        ssh(port, key, node),
        capture_output=True,
        timeout=PATIENCE,
        stdin=subprocess.DEVNULL,
        check=False,
    )


def test_a_console_by_ssh(
    make_deployment: Callable[..., Deployment],
    sqlite_url: str,
    line: TerminalServer,
    key: Path,
    tmp_path: Path,
) -> None:
    listed = tmp_path / "users.yaml"
    public = key.with_suffix(".pub").read_text().strip()
    listed.write_text(f"- {{name: alice, role: member, keys: ['{public}']}}\n")
    port = free_port()
    options = {
        **OPTIONS,
        "console": {"check_interval": 1, "ssh_users": str(listed), "ssh_port": port},
    }
    cloud = make_deployment(database=sqlite_url, options=options)
    cloud.start_all_in_one()
    node = with_console(cloud, line)
    ours, theirs = pty.openpty()
    running = subprocess.Popen(ssh(port, key, node), stdin=theirs, stdout=theirs, stderr=theirs)
    os.close(theirs)
    shown = b""

    def shows(text: bytes) -> None:
        nonlocal shown
        while text not in shown:
            shown += os.read(ours, 4096)

    shows(b"\x1bc")
    line.print(b"login: ")
    shows(b"login: ")
    os.write(ours, b"root\r~?")
    shows(b"~B  send a break")
    wait_for(lambda: line.typed == b"root\r", "what was typed", describe=lambda: line.typed)
    os.write(ours, b"~.")
    assert running.wait(PATIENCE) == 0
    os.close(ours)
    listed.write_text(f"- {{name: bob, role: reader, project: other, keys: ['{public}']}}\n")
    done = refused(port, key, node)
    assert (done.returncode, b"could not be found" in done.stdout) == (1, True), done
    listed.write_text("[]\n")
    done = refused(port, key, node)
    assert (done.returncode, b"Permission denied" in done.stderr) == (255, True), done
