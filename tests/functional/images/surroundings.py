# SPDX-License-Identifier: Apache-2.0
"""Keystone, Glance, ironic_lite and a virtual rack.

with running(directory, environment) as made:
    image = made.glance.upload(made.token("navy"), content)
    server = made.cloud.enrol_available()
    made.cloud.deploy(server, {"image_source": image})
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.functional.rack import cloud as rack_cloud
from tests.functional.rack.cloud import Cloud
from tests.functional.servers import glance, keystone
from tests.functional.servers.openstack_environment import Environment
from tests.waiting import PATIENCE

SERVICE_PROJECT = "service"
IRONIC = "ironic"
GLANCE_TIMEOUT = 20
"""Seconds after which Glance counts as away."""


@dataclass
class Surroundings:
    """What runs.

    :param projects: name -> id; each has a user of its name with the role admin in the project.
    """

    identity: keystone.Keystone
    glance: glance.Glance
    cloud: Cloud
    projects: Mapping[str, str]

    def token(self, project: str | None = None) -> str:
        """A token of the project's user; None: of the administrator of the system."""
        if project is None:
            return self.identity.token("admin", system=True).headers["X-Subject-Token"]
        return self.identity.token(project, project).headers["X-Subject-Token"]

    def ask(self, token: str, method: str, path: str, body: Any = None) -> requests.Response:
        """One request to ironic_lite with this token; no status is an error."""
        return requests.request(
            method,
            f"{self.cloud.service.api_url}{path}",
            json=body,
            headers={"X-OpenStack-Ironic-API-Version": "latest", "X-Auth-Token": token},
            timeout=PATIENCE,
        )


def credentials(identity: keystone.Keystone) -> dict[str, object]:
    """Options of a group for another service: those of the user of ironic_lite."""
    return {
        "auth_type": "password",
        "auth_url": identity.url,
        "username": IRONIC,
        "password": keystone.PASSWORD,
        "project_name": SERVICE_PROJECT,
        "user_domain_name": "Default",
        "project_domain_name": "Default",
    }


@contextmanager
def keystone_and_glance(
    directory: Path, environment: Environment
) -> Iterator[tuple[keystone.Keystone, glance.Glance, dict[str, str]]]:
    """Keystone with two projects of tenants, and Glance."""
    homes = {name: directory / name for name in ("keystone", "glance")}
    for home in homes.values():
        home.mkdir()
    with keystone.running(homes["keystone"]) as identity:
        projects = {
            name: identity.create_project(name) for name in (SERVICE_PROJECT, "navy", "army")
        }
        for name in ("navy", "army"):
            identity.create_user(name, "admin", projects[name])
        identity.create_user(IRONIC, "service", projects[SERVICE_PROJECT])
        identity.add_role(IRONIC, "admin", projects[SERVICE_PROJECT])
        with glance.running(environment, identity, SERVICE_PROJECT, homes["glance"]) as images:
            yield identity, images, projects


@contextmanager
def running(
    directory: Path, environment: Environment, **options: dict[str, object]
) -> Iterator[Surroundings]:
    """All of it, for the length of the block. `options` of ironic_lite come on top, by group."""
    with keystone_and_glance(directory, environment) as (identity, images, projects):
        own = credentials(identity)
        settings = {
            "DEFAULT": {"auth_strategy": "keystone"},
            "keystone_authtoken": own,
            "glance": {**own, "timeout": GLANCE_TIMEOUT},
            **options,
        }
        token = identity.token("admin", system=True).headers["X-Subject-Token"]
        with rack_cloud.running(directory, token=token, **settings) as cloud:
            yield Surroundings(identity, images, cloud, projects)
