# SPDX-License-Identifier: Apache-2.0
"""A server that runs the real ironic-python-agent: a firmware and a plain file as disk, behind a BMC of ``ipmi_sim``.

While the chassis has power it runs what the boot order says: off the network, it asks the API for its iPXE script and
starts the agent as an unprivileged process with the arguments of the script's kernel line; off the disk, it remembers
that it did.
"""

import os
import re
import sys
import threading
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.functional.servers import process, unprivileged
from tests.functional.servers.ipmi_sim import BMC
from tests.functional.servers.ports import free_port
from tests.waiting import PATIENCE

RAMDISK = Path(__file__).with_name("ramdisk")
DISK_SIZE = 16 << 20
POLL = 0.02

_CONFIGURATION = """[DEFAULT]
api_url = {api_url}
advertise_host = 127.0.0.1
advertise_port = {port}
listen_host = 127.0.0.1
listen_port = {port}
debug = true
image_download_connection_retries = 1
image_download_connection_retry_interval = 0
disk_wait_attempts = 1
inspection_dhcp_wait_timeout = 0
{inspection}"""


class Machine(threading.Thread):
    """One server. ``directory`` belongs to the unprivileged account."""

    def __init__(self, bmc: BMC, mac: str, api_url: str, directory: Path) -> None:
        super().__init__(name=f"machine {mac}", daemon=True)
        self.mac = mac
        self.uuid = str(uuid.uuid4())
        self.boots: list[str] = []
        self.kernel_line = ""
        self.errors: list[str] = []
        self.environment: dict[str, str] = {}
        self.runs_agent = True
        self._bmc = bmc
        self._api_url = api_url
        self._directory = directory
        self._agent: process.ServerProcess | None = None
        self._stopping = threading.Event()
        self.disk = directory / "disk"
        with self.disk.open("wb") as disk:
            disk.truncate(DISK_SIZE)
        unprivileged.hand_over(self.disk)

    @property
    def steps(self) -> list[str]:
        """What the agent has done to the server so far."""
        path = self._directory / "steps"
        return path.read_text().splitlines() if path.exists() else []

    @property
    def rescue_password(self) -> str | None:
        """The hash that the user ``rescue`` of the ramdisk has; None before there is one."""
        path = self._directory / "rescue-password"
        return path.read_text() if path.exists() else None

    def let_go(self) -> None:
        """End the step ``pause``."""
        (self._directory / "go").touch()

    def log(self) -> str:
        """The end of the agent's log."""
        return self._agent.log_tail(80) if self._agent else "(no agent was started)"

    def run(self) -> None:
        """The chassis, until :meth:`stop`."""
        was_on, cuts = False, 0
        while not self._stopping.wait(POLL):
            # Between two polls the power may go off and on again; the BMC's history shows both.
            seen = sum(line in ("power 0", "reset 1") for line in self._bmc.history)
            on = self._bmc.powered_on
            if was_on and (not on or seen != cuts):
                self._lose_power()
                was_on = False
            cuts = seen
            if on and not was_on:
                self._boot()
            was_on = on and not self._powers_itself_off()
        self._lose_power()

    def stop(self) -> None:
        """Pull the plug."""
        self._stopping.set()
        self.join(PATIENCE)

    def _powers_itself_off(self) -> bool:
        """Take the power if the agent asked for it. Whoever sees it off may switch it on at once: a new boot begins."""
        asked = self._directory / "agent-power"
        if not asked.exists() or self._agent is None or self._agent.alive:
            return False
        asked.unlink()
        self._bmc.powered_on = False
        return True

    def _lose_power(self) -> None:
        if self._agent is not None:
            self._agent.kill()
        (self._directory / "agent-power").unlink(missing_ok=True)

    def _boot(self) -> None:
        if self._bmc.boot_device != "pxe":
            self.boots.append("disk")
            return
        try:
            script = requests.get(
                f"{self._api_url}/boot/{self.mac.replace(':', '-')}", timeout=PATIENCE
            )
            script.raise_for_status()
        except requests.RequestException as exc:
            self.errors.append(str(exc))
            return
        kernel = re.search(r"^kernel (.*?)(?: \|\| .*)?$", script.text, re.MULTILINE)
        if kernel is None:
            self.boots.append("disk")
            return
        self.boots.append("ramdisk")
        self.kernel_line = kernel.group(1).replace("${mac}", self.mac).replace("${uuid}", self.uuid)
        if self.runs_agent:
            self._start_agent(dict(a.partition("=")[::2] for a in self.kernel_line.split()))

    def _start_agent(self, arguments: dict[str, str]) -> None:
        port = free_port()
        configuration = self._directory / "agent.conf"
        callback = arguments.get("ipa-inspection-callback-url")
        configuration.write_text(
            _CONFIGURATION.format(
                api_url=arguments["ipa-api-url"],
                port=port,
                inspection=f"inspection_callback_url = {callback}\n" if callback else "",
            )
        )
        script = Path(sys.executable).with_name("ironic-python-agent")
        self._agent = process.ServerProcess(
            f"agent of {self.mac}",
            [sys.executable, str(script), "--config-file", str(configuration)],
            log=self._directory / "agent.log",
            env={
                "PATH": process.SYSTEM_PATH,
                "HOME": str(self._directory),
                "TMPDIR": str(self._directory),
                "PYTHONPATH": str(RAMDISK),
                "PYTHONDONTWRITEBYTECODE": "1",
                "PYTHONWARNINGS": "ignore",
                "FILE_DISK": str(self.disk),
                "FILE_DISK_SIZE": str(DISK_SIZE),
                "FILE_DISK_MAC": self.mac,
                "FILE_DISK_BOOTIF": arguments["BOOTIF"],
                "FILE_DISK_DIR": str(self._directory),
                "NOTE_PRIORITY": "0",
                **self.environment,
            },
            cwd=self._directory,
        )
        self._agent.start()


@contextmanager
def running(bmc: BMC, mac: str, api_url: str) -> Iterator[Machine]:
    """A machine behind a BMC, until the end of the block."""
    with unprivileged.server_directory("machine") as directory:
        os.chmod(directory, 0o755)  # noqa: PTH101 - the agent's user has to pass
        machine = Machine(bmc, mac, api_url, directory)
        machine.start()
        try:
            yield machine
        finally:
            machine.stop()
            # Shown with a failed test.
            print(machine.boots, machine.errors, machine.kernel_line, machine.log(), sep="\n")
