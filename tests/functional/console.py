# SPDX-License-Identifier: Apache-2.0
"""The console commands, run as an operator runs them."""

import subprocess
import sys
from pathlib import Path

from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE

SCRIPTS = Path(sys.executable).parent
RABBIT = "[DEFAULT]\ntransport_url = rabbit://u:p@127.0.0.1:1/\n"


class Console:
    """Runs commands on one configuration file."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.port = free_port()
        self.configure("")

    def configure(self, text: str) -> None:
        (self.directory / "test.conf").write_text(text)
        (self.directory / "base.conf").write_text(
            f"[DEFAULT]\nstate_path = {self.directory}/state\n[api]\nport = {self.port}\n"
        )

    def command(self, *words: str, script: str = "ironic-lite") -> list[str]:
        files = [f"--config-file={self.directory}/{name}.conf" for name in ("base", "test")]
        return [str(SCRIPTS / script), *files, *words]

    def run(self, *words: str, script: str = "ironic-lite") -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            self.command(*words, script=script),
            capture_output=True,
            text=True,
            timeout=PATIENCE,
            check=False,
        )

    def begin(self, *words: str) -> subprocess.Popen[str]:
        """Started; perhaps not ready."""
        return subprocess.Popen(
            self.command(*words),
            stdout=subprocess.PIPE,
            stderr=(self.directory / "log").open("w"),
            text=True,
        )

    def start(self, *words: str, scheme: str = "http") -> subprocess.Popen[str]:
        """Started, and ready."""
        started = self.begin(*words)
        assert started.stdout is not None
        assert f"is up at {scheme}://127.0.0.1" in started.stdout.readline()
        return started

    @property
    def database(self) -> Path:
        return self.directory / "state" / "ironic-lite.sqlite"

    @property
    def log(self) -> str:
        return (self.directory / "log").read_text()
