# SPDX-License-Identifier: Apache-2.0
"""One server process of the tests: started, watched, stopped, and never left behind."""

import os
import re
import shutil
import signal
import subprocess
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path

from tests.functional.servers import unprivileged
from tests.functional.servers.freezing import freeze
from tests.waiting import patience, wait_for

INSTALL = "run `make test-servers` (as root, or as a user with sudo)"
# How the API logs a successful GET.
POLL = re.compile(r"middleware\.request_id .* GET /\S* 200 ")
# An ordinary user's PATH may lack the directories of system programs.
SYSTEM_PATH = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"


class ServerMissing(AssertionError):
    """A program that the tests need is not installed. Says how to install it."""


class ServerFailed(AssertionError):
    """A server ended early, or did not get ready in time. Carries the end of its log."""


def find_program(name: str, patterns: Sequence[str] = ()) -> str:
    """Path of a program on PATH, in the system directories or matching one of the absolute glob `patterns`.

    Raises ServerMissing.
    """
    for pattern in patterns:
        found = sorted(Path("/").glob(pattern.lstrip("/")))
        if found:
            return str(found[-1])
    path = shutil.which(name, path=f"{os.environ.get('PATH', '')}:{SYSTEM_PATH}")
    if path is None:
        raise ServerMissing(f"{name} is not installed: {INSTALL}")
    return path


class ServerProcess:
    """A process in a session of its own, with its output in a log file.

    It dies with the thread that started it (PR_SET_PDEATHSIG), so that an aborted test run leaves nothing behind: start
    it from the main thread.
    """

    def __init__(
        self,
        name: str,
        argv: Sequence[str],
        log: Path,
        env: Mapping[str, str] | None = None,
        cwd: Path | None = None,
        drop_privileges: bool = True,
    ) -> None:
        self.name = name
        self.log = log
        self._argv = [*_guard(drop_privileges), *argv]
        self._env = dict(os.environ if env is None else env)
        self._cwd = cwd
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the process; its output is appended to the log."""
        assert not self.alive, f"{self.name} runs already"
        with self.log.open("ab") as output:
            self._process = subprocess.Popen(
                self._argv,
                stdin=subprocess.DEVNULL,
                stdout=output,
                stderr=subprocess.STDOUT,
                env=self._env,
                cwd=self._cwd,
                start_new_session=True,
            )

    @property
    def pid(self) -> int:
        """Process id of the running, or last run, process."""
        assert self._process is not None, f"{self.name} was never started"
        return self._process.pid

    @property
    def alive(self) -> bool:
        """Whether the process runs (a paused one does)."""
        return self._process is not None and self._process.poll() is None

    def wait_until(self, ready: Callable[[], object], what: str, timeout: float = 60) -> None:
        """Wait until `ready()` is true. Raises ServerFailed, with the log, if the process ends or time is up."""

        def settled() -> object:
            return ready() or not self.alive

        try:
            wait_for(settled, what, timeout)
        except AssertionError as late:
            raise ServerFailed(f"{self.name}: {late}\n{self.log_tail()}") from late
        if not self.alive:
            raise ServerFailed(f"{self.name} exited with {self.returncode}\n{self.log_tail()}")

    @property
    def returncode(self) -> int | None:
        """Exit status; None while the process runs, negative when a signal ended it."""
        return None if self._process is None else self._process.poll()

    def wait(self, timeout: float) -> int:
        """Wait until the process has ended by itself; returns its exit status. Raises ServerFailed when late."""
        assert self._process is not None
        try:
            return self._process.wait(patience(timeout))
        except subprocess.TimeoutExpired as late:
            raise ServerFailed(
                f"{self.name} still runs after {timeout:g} s\n{self.log_tail()}"
            ) from late

    def signal(self, number: signal.Signals) -> None:
        """Send a signal to the process alone."""
        if self.alive:
            os.kill(self.pid, number)

    def pause(self) -> None:
        """Stop the process where it is (SIGSTOP): it keeps its ports and answers nothing."""
        if self.alive:
            freeze(self.pid)

    def resume(self) -> None:
        """Let a paused process go on."""
        self.signal(signal.SIGCONT)

    def terminate(self) -> None:
        """Ask the process to end (SIGTERM), without waiting."""
        self.signal(signal.SIGTERM)

    def kill(self) -> None:
        """End the process and its children at once (SIGKILL)."""
        if self._process is not None:
            self._kill_session()
            self._process.wait(10)

    def stop(self, grace: float = 20) -> None:
        """End the process: SIGTERM, and SIGKILL for it and its children when `grace` seconds have passed."""
        if self._process is None:
            return
        if self.alive:
            self.resume()
            self.terminate()
            with suppress(subprocess.TimeoutExpired):
                self._process.wait(grace)
        self.kill()

    def _kill_session(self) -> None:
        with suppress(ProcessLookupError):
            os.killpg(self.pid, signal.SIGKILL)

    def log_tail(self, lines: int = 40) -> str:
        """The last lines of the log, for failure messages; without the polls of the tests themselves."""
        if not self.log.exists():
            return f"(no log at {self.log})"
        text = [
            line
            for line in self.log.read_text(errors="replace").splitlines()
            if not POLL.search(line)
        ]
        return f"--- last lines of {self.log} ---\n" + "\n".join(text[-lines:])


def run(
    name: str, argv: Sequence[str], env: Mapping[str, str] | None = None, timeout: float = 60
) -> str:
    """Run a server's set-up command as the servers' account and return its output. Raises ServerFailed."""
    done = subprocess.run(
        [*_guard(drop_privileges=True), *argv],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=None if env is None else dict(env),
        timeout=timeout,
        text=True,
        check=False,
    )
    if done.returncode != 0:
        raise ServerFailed(f"{name} exited with {done.returncode}:\n{done.stdout}")
    return done.stdout


def _guard(drop_privileges: bool) -> list[str]:
    argv = [find_program("setpriv"), "--pdeathsig", "KILL"]
    if drop_privileges:
        argv += unprivileged.drop_privileges()
    return [*argv, "--"]
