# SPDX-License-Identifier: Apache-2.0
"""A Keystone that knows everybody in a cloud: projects, users with their roles, and the catalogue.

Making them takes some hundred requests, so they are kept in a database for the next run.
"""

import hashlib
import os
import shutil
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path

from tests.functional.servers import keystone
from tests.functional.servers.openstack_environment import CACHE


@dataclass(frozen=True)
class User:
    """A user with roles in a project, and perhaps roles in the system too."""

    name: str
    project: str
    roles: tuple[str, ...]
    system_roles: tuple[str, ...] = ()


@dataclass(frozen=True)
class Inhabitants:
    """Who and what is in a cloud besides the user and the project `admin`.

    :param services: types of the services in the catalogue.
    """

    users: tuple[User, ...]
    services: tuple[str, ...]

    @property
    def database(self) -> Path:
        """Where the database with exactly these is kept."""
        digest = hashlib.sha256(repr(self).encode()).hexdigest()[:16]
        return CACHE / f"keystone-{version('keystone')}-{digest}.sqlite"


@contextmanager
def running(
    home: Path, port: int, inhabitants: Inhabitants, urls: Mapping[str, str]
) -> Iterator[keystone.Keystone]:
    """A Keystone with these inhabitants.

    :param home: an existing, empty directory.
    :param port: where to listen.
    :param urls: where each type of service is.
    """
    database = inhabitants.database
    if not database.exists():
        _make(home / "first", inhabitants)
    with keystone.running(home, database, urls, port) as identity:
        yield identity


def _make(home: Path, inhabitants: Inhabitants) -> None:
    home.mkdir()
    with keystone.running(home) as identity:
        projects = {
            name: identity.create_project(name)
            for name in dict.fromkeys(user.project for user in inhabitants.users)
        }
        for user in inhabitants.users:
            first, *others = user.roles
            identity.create_user(user.name, first, projects[user.project])
            for role in others:
                identity.add_role(user.name, role, projects[user.project])
            for role in user.system_roles:
                identity.add_role(user.name, role)
        for kind in inhabitants.services:
            identity.register(kind, "http://127.0.0.1:1", ("public", "internal"))
    # Other test processes may do the same: each writes a file of its own, and one of them stays.
    own = inhabitants.database.with_suffix(f".{os.getpid()}")
    shutil.copy(home / "keystone.sqlite", own)
    own.rename(inhabitants.database)
