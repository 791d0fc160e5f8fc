# SPDX-License-Identifier: Apache-2.0
"""The users of the chapter ``roles``: every role in system scope, in the projects of a node, and in other projects.

With upstream running, both services use one real Keystone through keystonemiddleware. For the comparison with the
recording, the same users have the same roles through http_basic, because Keystone takes longer to start than the
requests take.
"""

from __future__ import annotations

import base64
import contextlib
import dataclasses
import itertools
import pathlib
from collections.abc import Iterator, Mapping

import bcrypt
import yaml

from tests.functional.servers import keystone
from tests.stories.access_requests import ROLES

OWNER, LESSEE, STRANGER, SERVICE = "owner", "lessee", "stranger", "service"
PROJECTS = (OWNER, LESSEE, STRANGER, SERVICE)
SYSTEM = "system"
USERS: dict[str, tuple[str, str]] = {
    **{f"{g}-{r}": (g, r) for g, r in itertools.product((SYSTEM, *PROJECTS[:3]), ROLES)},
    "service-service": (SERVICE, "service"),
}
"""Project, or ``system``, and role, by the user's name."""
ADMIN = "system-admin"

Options = dict[str, dict[str, str]]


@dataclasses.dataclass(frozen=True)
class Identity:
    """The users of a service.

    :param options: the configuration of both services.
    :param projects: the projects' ids, by the names that cases use.
    :param headers: the headers of each user, by the user's name.
    """

    options: Options
    projects: Mapping[str, str]
    headers: Mapping[str, Mapping[str, str]]

    def filled(self, text: str) -> str:
        """Return ``text`` with ``{owner-project}`` and the like replaced by the ids of projects."""
        for name, its_id in self.projects.items():
            text = text.replace(f"{{{name}-project}}", its_id)
        return text

    def anonymous(self, text: bytes) -> bytes:
        """Return ``text`` with the ids replaced by the names."""
        for name, its_id in self.projects.items():
            text = text.replace(its_id.encode(), f"{{{name}-project}}".encode())
        return text


@contextlib.contextmanager
def of_keystone(home: pathlib.Path) -> Iterator[Identity]:
    """Run a Keystone meanwhile; yields its users."""
    with keystone.running(home) as server:
        projects = {name: server.create_project(name) for name in PROJECTS}
        server.create_user("ironic", "service", projects[SERVICE])
        headers = {}
        for user, (group, role) in USERS.items():
            server.create_user(user, role, projects.get(group))
            told = server.token(
                user, None if group == SYSTEM else group, system=group == SYSTEM
            ).headers
            headers[user] = {"X-Auth-Token": told["X-Subject-Token"]}
        options = {
            "DEFAULT": {"auth_strategy": "keystone"},
            "keystone_authtoken": {
                "auth_type": "password",
                "auth_url": server.url,
                "www_authenticate_uri": server.url,
                "username": "ironic",
                "password": keystone.PASSWORD,
                "project_name": SERVICE,
                "user_domain_id": "default",
                "project_domain_id": "default",
            },
        }
        yield Identity(options, projects, headers)


def of_files(home: pathlib.Path) -> Identity:
    """Return the same users with http_basic, for ironic_lite only."""
    projects = {name: f"{number:032x}" for number, name in enumerate(PROJECTS, start=0xA0)}
    entry = bcrypt.hashpw(keystone.PASSWORD.encode(), bcrypt.gensalt(rounds=4)).decode()
    (home / "htpasswd").write_text("".join(f"{user}:{entry}\n" for user in USERS))
    roles = {
        user: {
            "roles": [role],
            **({"system_scope": "all"} if group == SYSTEM else {"project_id": projects[group]}),
        }
        for user, (group, role) in USERS.items()
    }
    (home / "roles.yaml").write_text(yaml.safe_dump(roles))
    options = {
        "DEFAULT": {
            "auth_strategy": "http_basic",
            "http_basic_auth_user_file": str(home / "htpasswd"),
            "http_basic_roles_file": str(home / "roles.yaml"),
        }
    }
    headers = {
        user: {
            "Authorization": "Basic "
            + base64.b64encode(f"{user}:{keystone.PASSWORD}".encode()).decode()
        }
        for user in USERS
    }
    return Identity(options, projects, headers)
