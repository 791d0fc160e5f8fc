# SPDX-License-Identifier: Apache-2.0
"""A service for the benchmark: processes that answer HTTP on a loopback port."""

from __future__ import annotations

import dataclasses
import http.client
import os
import pathlib
import signal
import socket
import subprocess
import time
from collections.abc import Callable

HOST = "127.0.0.1"
START_TIMEOUT_S = 60.0
STOP_TIMEOUT_S = 15.0


class ServerError(RuntimeError):
    """The service did not start, or ended during a measurement."""


def free_port() -> int:
    """Return a free TCP port of the loopback address."""
    with socket.socket() as probe:
        probe.bind((HOST, 0))
        return int(probe.getsockname()[1])


@dataclasses.dataclass(frozen=True)
class Launch:
    """How to start a service: its argv, its directory, its port and its SQLite file.

    :ivar has_api_workers: whether `lite.prepare_workers` can start an API of several processes beside it
    """

    name: str
    argv: list[str]
    home: pathlib.Path
    port: int
    database: pathlib.Path
    has_api_workers: bool = False

    @property
    def log(self) -> pathlib.Path:
        """The file for the standard output and standard error of the service."""
        return self.home / "service.log"


class Server:
    """One running service, in its own process group, so that its children end with it.

    :param answers: takes a port, and returns whether the service answers there; by default to GET /v1
    """

    def __init__(self, launch: Launch, answers: Callable[[int], bool] | None = None) -> None:
        self.launch = launch
        self._answers = answers or _answers
        self.first_answer_s = 0.0
        self._process: subprocess.Popen[bytes] | None = None

    @property
    def pid(self) -> int:
        """Process id of the parent. Raises ServerError if the service is not running."""
        if self._process is None or self._process.poll() is not None:
            raise ServerError(f"{self.launch.name} is not running, see {self.launch.log}")
        return self._process.pid

    def start(self) -> None:
        """Start the service and wait for its first answer to GET /v1.

        Raises ServerError, with the tail of the log, if it ends or stays silent for 60 s.
        """
        begun = time.perf_counter()
        with self.launch.log.open("ab") as log:
            self._process = subprocess.Popen(
                self.launch.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=self.launch.home,
                start_new_session=True,
            )
        while time.perf_counter() - begun < START_TIMEOUT_S:
            if self._process.poll() is not None:
                break
            if self._answers(self.launch.port):
                self.first_answer_s = time.perf_counter() - begun
                return
            time.sleep(0.01)
        self.stop()
        raise ServerError(f"{self.launch.name} gave no answer:\n{self.log_tail()}")

    def stop(self) -> None:
        """Stop the whole process group: SIGTERM, and SIGKILL after 15 s."""
        process, self._process = self._process, None
        if process is None:
            return
        for sig in (signal.SIGTERM, signal.SIGKILL):
            try:
                os.killpg(process.pid, sig)
                process.wait(STOP_TIMEOUT_S)
            except ProcessLookupError:
                break
            except subprocess.TimeoutExpired:
                continue

    def log_tail(self, lines: int = 20) -> str:
        """Return the last lines of the service's log."""
        text = self.launch.log.read_text(errors="replace")
        return "\n".join(text.splitlines()[-lines:])

    def close(self) -> None:
        """The same as stop()."""
        self.stop()


def _answers(port: int) -> bool:
    connection = http.client.HTTPConnection(HOST, port, timeout=5)
    try:
        connection.request("GET", "/v1")
        return connection.getresponse().status == 200
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
