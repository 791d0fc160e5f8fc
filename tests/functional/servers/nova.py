# SPDX-License-Identifier: Apache-2.0
"""A real Nova whose servers are bare metal: API, conductor, scheduler and one compute service with Ironic's driver."""

import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from tests.functional.servers import openstack_settings, wsgi_service
from tests.functional.servers.openstack_environment import Environment
from tests.functional.servers.openstack_settings import Settings
from tests.functional.servers.process import ServerProcess
from tests.functional.servers.wsgi_service import WSGIService

USER = "nova"
COMPUTE_HOST = "compute-1"
# Nova fills these in from its own [database] and [DEFAULT] transport_url: the rows stay right on other ports.
_DATABASE_TEMPLATE = "{scheme}://{username}@{hostname}:{port}/%s?{query}"
_TRANSPORT_TEMPLATE = "{scheme}://{username}:{password}@{hostname}:{port}/{path}"


@dataclass(frozen=True)
class Databases:
    """URLs of the databases `nova_api` and `nova`. `nova_cell0`, on the same server, has the same schema as `nova`."""

    api: str
    cell: str


@dataclass(frozen=True)
class Nova:
    """The processes of one Nova. `prepare` starts none of them."""

    api: WSGIService
    conductor: ServerProcess
    scheduler: ServerProcess
    compute: ServerProcess

    def processes(self) -> Iterator[ServerProcess]:
        """All of them, in the order in which they start best: compute needs an answer of the conductor."""
        yield from (self.conductor, self.scheduler, self.api.process, self.compute)


def prepare(
    environment: Environment,
    home: Path,
    identity_url: str,
    databases: Databases,
    transport: str,
) -> Nova:
    """Write the configuration and return the processes, which are not yet started.

    :param home: an existing directory of its own.
    :param databases: `schema_commands` make the schemas.
    :param transport: URL of a broker's virtual host.
    """
    configuration = openstack_settings.write(
        home / "nova.conf", _settings(home, identity_url, databases, transport)
    )
    shutil.copy(environment.directory / "etc" / "nova" / "api-paste.ini", home)
    (home / "instances").mkdir(exist_ok=True)

    def process(name: str) -> ServerProcess:
        return environment.process(name, [name, "--config-file", str(configuration)], home)

    # OS_NOVA_CONFIG_FILES would make the API look for its paste file in nova.conf.
    api = wsgi_service.prepare(
        environment,
        "nova-api",
        "nova.wsgi.osapi_compute",
        home,
        {"OS_NOVA_CONFIG_DIR": str(home)},
    )
    return Nova(api, process("nova-conductor"), process("nova-scheduler"), process("nova-compute"))


def _settings(home: Path, identity_url: str, databases: Databases, transport: str) -> Settings:
    client = openstack_settings.client(identity_url, USER)
    return {
        "DEFAULT": {
            "host": COMPUTE_HOST,
            "my_ip": "127.0.0.1",
            "compute_driver": "ironic.IronicDriver",
            "state_path": home,
            "transport_url": transport,
            # Seconds; a minute by default. Nodes that have become available are seen at once.
            "update_resources_interval": 3,
            "report_interval": 2,
            # Periodic tasks begin at once, not within a minute.
            "periodic_fuzzy_delay": 0,
        },
        "api_database": {"connection": databases.api},
        "database": {"connection": databases.cell},
        "keystone_authtoken": openstack_settings.token_validation(identity_url, USER),
        "service_user": {"send_service_user_token": "true", **client},
        "placement": client,
        "neutron": client,
        "glance": {"region_name": openstack_settings.REGION},
        "cinder": {
            "catalog_info": "block-storage::publicURL",
            "os_region_name": openstack_settings.REGION,
        },
        "ironic": {
            **openstack_settings.client(identity_url, USER, of_system=True),
            "api_retry_interval": 1,
            # It gives up at the first 503 otherwise, as when a conductor dies.
            "status_code_retries": 15,
        },
        "scheduler": {"workers": 1, "discover_hosts_in_cells_interval": 2},
        "filter_scheduler": {
            "enabled_filters": "ComputeFilter,ComputeCapabilitiesFilter,ImagePropertiesFilter"
        },
        "conductor": {"workers": 1},
        "vnc": {"enabled": "false"},
        "oslo_concurrency": {"lock_path": home / "locks"},
    }


def api_schema_commands(home: Path) -> list[list[str]]:
    """Return the commands that make the schema of the API's database, with the two cells in it."""
    manage = ["nova-manage", "--config-file", str(home / "nova.conf")]
    return [
        [*manage, "api_db", "sync"],
        [
            *manage,
            "cell_v2",
            "map_cell0",
            "--database_connection",
            _DATABASE_TEMPLATE % "nova_cell0",
        ],
        [
            *(*manage, "cell_v2", "create_cell", "--name", "cell1"),
            *("--database_connection", _DATABASE_TEMPLATE % "nova"),
            *("--transport-url", _TRANSPORT_TEMPLATE),
        ],
    ]


def cell_schema_commands(home: Path) -> list[list[str]]:
    """Return the commands that make the schema of a cell's database."""
    return [["nova-manage", "--config-file", str(home / "nova.conf"), "db", "sync", "--local_cell"]]
