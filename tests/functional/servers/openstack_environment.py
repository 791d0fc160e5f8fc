# SPDX-License-Identifier: Apache-2.0
"""Virtual environments of the OpenStack services that tests start, apart from our own.

An environment is made once from a file of pinned packages, in `.cloud` below the checkout, under a hash of that file:
another file gets another environment. Several test processes may ask for it at the same time: one makes it, and the
others wait. Tests that need it take the fixture `openstack_environment`; if one of them is selected, the installation
starts in the background while other tests run.

`IRONIC_LITE_OPENSTACK_ENV` names an environment to use instead.
`python -m tests.functional.servers.openstack_environment` makes it now.
"""

import fcntl
import hashlib
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.functional.servers.process import ServerFailed, ServerProcess

CHECKOUT = Path(__file__).parents[3]
CACHE = CHECKOUT / ".cloud"
OVERRIDE = "IRONIC_LITE_OPENSTACK_ENV"
_COMPLETE = "complete"


@dataclass(frozen=True)
class Environment:
    """A complete virtual environment.

    :param directory: its top directory; it holds configuration files of the services below `etc` and `share`.
    """

    directory: Path

    @property
    def python(self) -> str:
        """The interpreter."""
        return self.program("python")

    def program(self, name: str) -> str:
        """Return the path of a console script. Raises ServerFailed if the environment has none of this name."""
        path = self.directory / "bin" / name
        if not path.exists():
            raise ServerFailed(f"{path} does not exist")
        return str(path)

    def variables(self, more: Mapping[str, str] | None = None) -> dict[str, str]:
        """Return the environment variables of its processes: `more`, and ours without those of Python and clients."""
        kept = {
            name: value
            for name, value in os.environ.items()
            if not name.startswith(("OS_", "PYTHON", "VIRTUAL_ENV"))
        }
        kept["PATH"] = f"{self.directory / 'bin'}:{kept.get('PATH', os.defpath)}"
        return {**kept, "PYTHONWARNINGS": "ignore", **(more or {})}

    def process(
        self,
        name: str,
        argv: list[str],
        home: Path,
        variables: Mapping[str, str] | None = None,
    ) -> ServerProcess:
        """Return a process, not yet started, of one of its programs.

        :param name: of the process; its log is `NAME.log` in `home`.
        :param argv: the program's name and its arguments.
        :param home: working directory.
        """
        return ServerProcess(
            name,
            [self.program(argv[0]), *argv[1:]],
            log=home / f"{name}.log",
            env=self.variables(variables),
            cwd=home,
            drop_privileges=False,
        )


@dataclass(frozen=True)
class Recipe:
    """What is installed: every package with its version, dependencies too, one a line.

    :param override: the environment variable that names an environment to use instead.
    """

    name: str
    packages: Path
    override: str

    @property
    def directory(self) -> Path:
        """Where the environment is, or will be."""
        version = f"python{sys.version_info.major}.{sys.version_info.minor}\n".encode()
        digest = hashlib.sha256(version + self.packages.read_bytes()).hexdigest()
        return CACHE / f"{self.name}-{digest[:16]}"

    def ready(self) -> Environment:
        """Return the environment, and make it first if necessary. Raises ServerFailed with pip's output."""
        given = os.environ.get(self.override)
        if given:
            return Environment(Path(given).absolute())
        directory = self.directory
        if not self._is_complete():
            with _locked(CACHE / f"{directory.name}.lock") as lock:
                if not self._is_complete():
                    self._make(lock)
        return Environment(directory)

    def make_in_background(self) -> ServerProcess | None:
        """Start the installation if it is necessary, and return its process, which others may wait for with `ready`."""
        if os.environ.get(self.override) or self._is_complete():
            return None
        CACHE.mkdir(exist_ok=True)
        making = ServerProcess(
            f"installation of {self.name}",
            [sys.executable, "-m", __name__, self.name],
            log=CACHE / f"{self.directory.name}.log",
            cwd=CHECKOUT,
            drop_privileges=False,
        )
        making.start()
        return making

    def _is_complete(self) -> bool:
        return (self.directory / _COMPLETE).exists()

    def _make(self, lock: int) -> None:
        """Install everything; what an interrupted installation has done is not done again."""
        directory = str(self.directory)
        _run([sys.executable, "-m", "venv", directory], lock)
        pip = [f"{directory}/bin/python", "-m", "pip", "--disable-pip-version-check", "install"]
        # The file is complete, so there is nothing to resolve.
        _run([*pip, "--quiet", "--no-deps", "-r", str(self.packages)], lock)
        (self.directory / _COMPLETE).touch()


@contextmanager
def _locked(path: Path) -> Iterator[int]:
    path.parent.mkdir(exist_ok=True)
    with path.open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file.fileno()


def _run(argv: list[str], lock: int) -> None:
    """The program holds the lock too: pip continues if this process is killed."""
    done = subprocess.run(
        argv,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        pass_fds=(lock,),
        text=True,
        check=False,
    )
    if done.returncode:
        raise ServerFailed(f"{' '.join(argv)} failed:\n{done.stdout}")


OPENSTACK = Recipe("openstack", CHECKOUT / "tests" / "cloud" / "constraints.txt", OVERRIDE)
"""Keystone, Glance, Placement, Nova, Neutron, Cinder, and the command-line clients."""

TEMPEST = Recipe("tempest", CHECKOUT / "tests" / "cloud" / "tempest.txt", "IRONIC_LITE_TEMPEST_ENV")
"""tempest, and its tests of Ironic."""

RECIPES = {recipe.name: recipe for recipe in (OPENSTACK, TEMPEST)}


def ready() -> Environment:
    """Return the environment of the OpenStack services."""
    return OPENSTACK.ready()


if __name__ == "__main__":
    for wanted in sys.argv[1:] or [OPENSTACK.name]:
        print(RECIPES[wanted].ready().directory)
