# SPDX-License-Identifier: Apache-2.0
"""The unmodified `openstack` client, as a user types it."""

import json
import select
import shlex
import subprocess
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Self

from tests.functional.cli import session
from tests.functional.servers.keystone import PASSWORD
from tests.functional.servers.openstack_environment import Environment
from tests.functional.servers.openstack_settings import REGION
from tests.waiting import patience

_SESSION = Path(session.__file__)


class CommandFailed(AssertionError):
    """A command ended with an error, or did not end. Carries its output."""


class Client:
    """One user's command line, in the scope of a project. Commands run one after the other in one process.

    :param directory: where the commands run.
    """

    def __init__(
        self, environment: Environment, directory: Path, identity_url: str, user: str, project: str
    ) -> None:
        self._environment = environment
        self._directory = directory
        self._identity_url = identity_url
        self._user = user
        self._project = project
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_exc: object) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.communicate()
            self._process = None

    def variables(self) -> Mapping[str, str]:
        """The variables of an `openrc` file."""
        return {
            "OS_AUTH_URL": self._identity_url,
            "OS_IDENTITY_API_VERSION": "3",
            "OS_USERNAME": self._user,
            "OS_PASSWORD": PASSWORD,
            "OS_USER_DOMAIN_NAME": "Default",
            "OS_PROJECT_NAME": self._project,
            "OS_PROJECT_DOMAIN_NAME": "Default",
            "OS_REGION_NAME": REGION,
        }

    def openrc(self) -> str:
        """The lines of an `openrc` file."""
        return "".join(
            f"export {name}={shlex.quote(value)}\n" for name, value in self.variables().items()
        )

    def __call__(self, *arguments: str, timeout: float = 300) -> str:
        """Run `openstack` with these arguments and return its output.

        :param timeout: seconds on an idle machine.
        :raises CommandFailed: it ended with an error.
        """
        status, output, errors = self._run(arguments, timeout)
        if status:
            raise CommandFailed(_report(arguments, f"exit status {status}", output, errors))
        return output

    def ask(self, *arguments: str, timeout: float = 300) -> Any:
        """The same for a command that prints JSON; returns what it printed."""
        return json.loads(self(*arguments, "-f", "json", timeout=timeout))

    def refusal(self, *arguments: str) -> str:
        """Run a command that must be refused, and return what it said."""
        status, output, errors = self._run(arguments, timeout=300)
        assert status, _report(arguments, "it was not refused", output, errors)
        return errors

    def run(self, program: str, *arguments: str, timeout: float = 300) -> str:
        """Run another program of the environment as this user, in a process of its own, and return its output.

        :raises CommandFailed: it ended with an error.
        """
        done = subprocess.run(
            [self._environment.program(program), *arguments],
            cwd=self._directory,
            env=self._environment.variables(self.variables()),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=patience(timeout),
            check=False,
        )
        if done.returncode:
            told = (f"exit status {done.returncode}", done.stdout, done.stderr)
            raise CommandFailed(_report((program, *arguments), *told))
        return done.stdout

    def _run(self, arguments: tuple[str, ...], timeout: float) -> tuple[int, str, str]:
        if self._process is None:
            self._process = self._start()
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(arguments) + "\n")
        self._process.stdin.flush()
        ready, _, _ = select.select([self._process.stdout], [], [], patience(timeout))
        line = self._process.stdout.readline() if ready else ""
        if not line:
            self.__exit__()
            raise CommandFailed(_report(arguments, f"no answer within {patience(timeout):g} s"))
        status, output, errors = json.loads(line)
        return status, output, errors

    def _start(self) -> subprocess.Popen[str]:
        """The process ends when this one does, because its input ends then."""
        return subprocess.Popen(
            [self._environment.python, str(_SESSION), "openstackclient.shell"],
            cwd=self._directory,
            env=self._environment.variables(self.variables()),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            # Not ended by Ctrl-C before the services are.
            start_new_session=True,
        )


def _report(arguments: tuple[str, ...], what: str, *texts: str) -> str:
    return f"openstack {shlex.join(arguments)}: {what}\n{''.join(texts)}"
