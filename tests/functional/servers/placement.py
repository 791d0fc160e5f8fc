# SPDX-License-Identifier: Apache-2.0
"""A real Placement, on a database that has its schema."""

from pathlib import Path

from tests.functional.servers import openstack_settings, wsgi_service
from tests.functional.servers.openstack_environment import Environment
from tests.functional.servers.wsgi_service import WSGIService

USER = "placement"


def prepare(environment: Environment, home: Path, identity_url: str, database: str) -> WSGIService:
    """Return a Placement that is not yet started.

    :param home: an existing directory of its own.
    :param database: URL; `schema_commands` make the schema.
    """
    openstack_settings.write(
        home / "placement.conf",
        {
            "DEFAULT": {"debug": "false"},
            "api": {"auth_strategy": "keystone"},
            "placement_database": {"connection": database},
            "keystone_authtoken": openstack_settings.token_validation(identity_url, USER),
        },
    )
    variables = {"OS_PLACEMENT_CONFIG_DIR": str(home)}
    return wsgi_service.prepare(environment, "placement", "placement.wsgi.api", home, variables)


def schema_commands(home: Path) -> list[list[str]]:
    """Return the commands that make the schema, after `prepare`."""
    return [["placement-manage", "--config-file", str(home / "placement.conf"), "db", "sync"]]
