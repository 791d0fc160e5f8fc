# SPDX-License-Identifier: Apache-2.0
"""The service as a child process: ``ironic-lite up`` with a configuration file of its own."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

from ironic_lite_simulator.demo.client import ApiError, BaremetalApi

_STOP_TIMEOUT = 15.0
_CONFIGURATION = """\
[DEFAULT]
state_path = {directory}
log_file = {log}

[api]
host_ip = 127.0.0.1
port = {port}

[outbound]
# The virtual rack is on this machine; virtual machines have a network of their own.
allowed_networks = 127.0.0.0/8, 192.0.2.0/24

[agent]
# Virtual servers shut down within a second.
post_deploy_get_power_state_retry_interval = 0.5
{more}"""


class ServiceFailed(Exception):
    """The service did not start; the message ends with the last lines of its output and log."""


class Service:
    """ironic_lite, all in one process, with all its files below ``directory``."""

    def __init__(
        self, directory: Path, port: int, *, options: Sequence[str] = (), configuration: str = ""
    ) -> None:
        """:param options: more of ``ironic-lite up``.

        :param configuration: more sections of the configuration file.
        """
        self.port = port
        self._options = options
        self.url = f"http://127.0.0.1:{port}"
        self.log = directory / "ironic-lite.log"
        self._output = directory / "ironic-lite.out"
        self._configuration = directory / "ironic-lite.conf"
        self._configuration.write_text(
            _CONFIGURATION.format(directory=directory, log=self.log, port=port, more=configuration)
        )
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it; returns at once."""
        program = Path(sys.executable).with_name("ironic-lite")
        # Its end is also the service's, if it is killed; the main thread has to start it.
        tied = shutil.which("setpriv")
        prefix = [tied, "--pdeathsig", "TERM", "--"] if tied else []
        with self._output.open("wb") as output:
            # In a session of its own, so that Ctrl-C reaches only the demo, which then stops it.
            self._process = subprocess.Popen(  # noqa: S603 - our own program, our own file
                [
                    *prefix,
                    str(program),
                    "--config-file",
                    str(self._configuration),
                    "up",
                    *self._options,
                ],
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def wait_until_ready(self, deadline: float) -> None:
        """Wait until a conductor is alive, up to ``deadline`` (monotonic seconds).

        :raises ServiceFailed: the process ended, or no conductor was alive in time.
        """
        api = BaremetalApi(self.url)
        try:
            while True:
                self.check()
                with contextlib.suppress(ApiError):
                    if api.conductors_alive():
                        return
                if time.monotonic() > deadline:
                    raise ServiceFailed(
                        f"No conductor was alive in time. Its last lines:\n{self._tail()}"
                    )
                time.sleep(0.05)
        finally:
            api.close()

    def check(self) -> None:
        """Make sure that the process still runs.

        :raises ServiceFailed: it ended.
        """
        assert self._process is not None
        status = self._process.poll()
        if status is not None:
            raise ServiceFailed(
                f"The service ended with status {status}. Its last lines:\n{self._tail()}"
            )

    def stop(self) -> None:
        """Stop it and its children, by force if it takes longer than 15 s."""
        process, self._process = self._process, None
        if process is None:
            return
        if process.poll() is None:
            process.terminate()
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(_STOP_TIMEOUT)
        # End the remaining processes of its session.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        process.wait()

    def _tail(self) -> str:
        lines: list[str] = []
        for path in (self._output, self.log):
            if path.exists():
                lines += path.read_text(errors="replace").splitlines()[-10:]
        return "\n".join(lines)


def free_port(wanted: int) -> int | None:
    """Return ``wanted`` if it can be listened on, any free port for 0; None if it is taken."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", wanted))
        except OSError:
            return None
        port: int = probe.getsockname()[1]
        return port
