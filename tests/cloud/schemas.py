# SPDX-License-Identifier: Apache-2.0
"""Schemas of the services' databases, all made at the same time, and kept as dumps for the next run.

Making them takes most of the time that a cloud needs to start; loading a dump takes a fraction of a second. A dump
belongs to the versions of all packages of the environment. It has no address and no port in it.
"""

import hashlib
import os
import subprocess
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from tests.functional.servers import openstack_environment, process
from tests.functional.servers.mariadb import MariaDB
from tests.functional.servers.openstack_environment import Environment
from tests.functional.servers.process import ServerFailed

_AT_ONCE = 4
_PATIENCE = 180


@dataclass(frozen=True)
class Schema:
    """What makes one schema.

    :param databases: the names of the databases that get it. The commands work on the first one.
    :param commands: programs of the environment, with their arguments, one after the other.
    :param home: their working directory; their output is in ``NAME-schema.log`` there.
    """

    databases: Sequence[str]
    commands: Sequence[Sequence[str]]
    home: Path


class Schemas:
    """Makes or loads schemas on one database server.

    :param cache: the directory of the dumps; None: beside the environment.
    """

    def __init__(
        self, environment: Environment, server: MariaDB, cache: Path | None = None
    ) -> None:
        self._environment = environment
        self._server = server
        parent = openstack_environment.CACHE if cache is None else cache
        self.cache = parent / f"schemas-{_versions(environment)}"

    def create(self, schemas: Iterable[Schema]) -> None:
        """Make all of them; the databases exist and are empty.

        :raises ServerFailed: a command failed; with the end of its output.
        """
        self.cache.mkdir(parents=True, exist_ok=True)
        # A process ends with the thread that started it; these threads wait for theirs.
        with ThreadPoolExecutor(_AT_ONCE) as pool:
            list(pool.map(self._create, schemas))

    def _create(self, schema: Schema) -> None:
        first, *others = schema.databases
        dump = self.cache / f"{first}.sql"
        if dump.exists():
            self._load(dump, first)
        else:
            self._make(schema)
            self._save(first, dump)
        for name in others:
            self._load(dump, name)

    def _make(self, schema: Schema) -> None:
        name = f"{schema.databases[0]}-schema"
        for command in schema.commands:
            step = self._environment.process(name, list(command), schema.home)
            step.start()
            if step.wait(_PATIENCE) != 0:
                raise ServerFailed(f"{' '.join(command)} failed:\n{step.log_tail()}")

    def _save(self, database: str, dump: Path) -> None:
        """Other test processes may do the same: each writes a file of its own, and one of them stays."""
        own = dump.with_suffix(f".{os.getpid()}")
        with own.open("wb") as text:
            self._run("mariadb-dump", database, stdout=text)
        own.rename(dump)

    def _load(self, dump: Path, database: str) -> None:
        with dump.open("rb") as text:
            self._run("mariadb", database, stdin=text)

    def _run(self, program: str, database: str, **streams: IO[bytes]) -> None:
        address = ("-h", "127.0.0.1", "-P", str(self._server.port), "-u", "root")
        argv = [process.find_program(program), "--no-defaults", *address, database]
        done = subprocess.run(
            argv, stderr=subprocess.PIPE, timeout=_PATIENCE, check=False, **streams
        )
        if done.returncode:
            raise ServerFailed(f"{' '.join(argv)} failed: {done.stderr.decode(errors='replace')}")


def _versions(environment: Environment) -> str:
    """A hash of the names and versions of all packages of an environment."""
    installed = sorted(
        path.name for path in environment.directory.glob("lib/python*/*/*.dist-info")
    )
    return hashlib.sha256("\n".join(installed).encode()).hexdigest()[:16]
