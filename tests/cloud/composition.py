# SPDX-License-Identifier: Apache-2.0
"""The whole cloud: which services there are, who they are to Keystone, and the order in which they start.

    with running(directory) as cloud:
        cloud.tenant("server", "create", ...)

Everything runs on loopback addresses and free ports, on a RabbitMQ and a MariaDB of its own. The networks of the rack
are in a network namespace, which needs root.
"""

import dataclasses
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from ironic_lite_simulator.timing import Timing
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.cloud import baremetal, identity, neutron
from tests.cloud.client import Client
from tests.cloud.identity import Inhabitants, User
from tests.cloud.schemas import Schema, Schemas
from tests.functional.deployment import Deployment
from tests.functional.servers import (
    glance,
    keystone,
    mariadb,
    neutron_dhcp_agent,
    nova,
    openstack_environment,
    placement,
    rabbitmq,
    unprivileged,
    virtual_network,
)
from tests.functional.servers.neutron_dhcp_agent import DHCPAgent
from tests.functional.servers.openstack_environment import Environment
from tests.functional.servers.openstack_settings import SERVICE_PROJECT
from tests.functional.servers.ports import free_port
from tests.functional.servers.process import ServerProcess
from tests.functional.servers.virtual_network import VirtualNetwork
from tests.functional.servers.wsgi_service import WSGIService
from tests.waiting import PATIENCE

TENANT = "demo"
# The DHCP agent takes many seconds to serve its first network, and some for new options of a port.
TIMING = dataclasses.replace(Timing().scaled(0.2), dhcp_timeout=30.0, boot_retry=1.0)
_BOOT_ATTEMPTS = 100
_SERVICES = ("image", "placement", "network", "compute", "baremetal")
_INHABITANTS = Inhabitants(
    (
        User(glance.USER, SERVICE_PROJECT, ("service", "admin")),
        User(placement.USER, SERVICE_PROJECT, ("service", "admin")),
        # These ask Ironic for what belongs to no project, or are Ironic.
        *(
            User(name, SERVICE_PROJECT, ("service", "admin"), system_roles=("admin",))
            for name in (neutron.USER, nova.USER, baremetal.USER)
        ),
        User(TENANT, TENANT, ("member",)),
    ),
    _SERVICES,
)
_DATABASES = ("glance", "placement", "neutron", "nova_api", "nova", "nova_cell0", "ironic")


@dataclass
class Cloud:
    """A running cloud.

    :param administrator: the `openstack` client of the administrator, in the project `admin`.
    :param tenant: that of an ordinary user, who is a member of the project `demo`.
    :param cables: the networks of the rack.
    :param broker: RabbitMQ; :param database: MariaDB; both have what all services use.
    :param seconds: how long each phase of the start took.
    """

    home: Path
    environment: Environment
    identity: keystone.Keystone
    administrator: Client
    tenant: Client
    baremetal: Deployment
    rack: VirtualRack
    services: "Services"
    dhcp: DHCPAgent
    cables: VirtualNetwork
    broker: rabbitmq.RabbitMQ
    database: mariadb.MariaDB
    seconds: dict[str, float]

    def ask(
        self, service: str, path: str, method: str = "GET", body: Any = None, user: str = "admin"
    ) -> Any:
        """One request to a service of the catalogue, by the administrator or the tenant."""
        url = self.urls()[service]
        token = self.identity.token(user, user).headers["X-Subject-Token"]
        headers = {"X-Auth-Token": token, "OpenStack-API-Version": "placement 1.39"}
        answer = requests.request(
            method, f"{url}{path}", json=body, headers=headers, timeout=PATIENCE
        )
        answer.raise_for_status()
        return answer.json() if answer.content else None

    def urls(self) -> dict[str, str]:
        """The catalogue: where each type of service is."""
        return {**self.services.urls(), "baremetal": self.baremetal.api_url}

    def logs(self) -> str:
        """The last lines of every service's log."""
        tails = [each.log_tail() for each in (*self.services.processes(), self.dhcp.process)]
        return "\n".join([*tails, self.baremetal.logs()])


@dataclass(frozen=True)
class Services:
    """The OpenStack services."""

    glance: WSGIService
    placement: WSGIService
    neutron: neutron.Neutron
    nova: nova.Nova

    def processes(self) -> list[ServerProcess]:
        """All processes, in the order of their start. Nova's compute service comes last: it needs all others."""
        return [
            self.placement.process,
            self.glance.process,
            *self.neutron.processes(),
            *self.nova.processes(),
        ]

    def urls(self) -> dict[str, str]:
        """Where clients find each type of service."""
        return {
            "image": self.glance.url,
            "placement": self.placement.url,
            "network": self.neutron.api.url,
            "compute": f"{self.nova.api.url}/v2.1",
        }

    def applications(self) -> list[WSGIService]:
        """Those that answer HTTP requests."""
        return [self.placement, self.glance, self.neutron.api, self.nova.api]


class _Clock:
    """Measures the phases of the start."""

    def __init__(self) -> None:
        self.seconds: dict[str, float] = {}
        self._since = time.monotonic()

    def lap(self, phase: str) -> None:
        now = time.monotonic()
        self.seconds[phase] = round(now - self._since, 1)
        self._since = now


@contextmanager
def running(
    home: Path,
    environment: Environment | None = None,
    servers: int = 1,
    cache: Path | None = None,
) -> Iterator[Cloud]:
    """A cloud whose services answer and whose conductors are alive; its nodes are not enrolled yet.

    :param home: an empty directory; the logs stay there.
    :param servers: in the virtual rack; each has two network cards.
    :param cache: where dumps of schemas are kept; None: beside the environment.
    """
    environment = environment or openstack_environment.ready()
    clock = _Clock()
    with ExitStack() as stack:
        broker = stack.enter_context(rabbitmq.running())
        database = stack.enter_context(mariadb.running())
        clock.lap("RabbitMQ and MariaDB")
        port = free_port()
        urls = {name: database.create_database(name) for name in _DATABASES}
        ironic = stack.enter_context(
            baremetal.prepare(
                _made(home / "ironic"), keystone.url_at(port), urls["ironic"], broker.create_vhost()
            )
        )
        cables = stack.enter_context(virtual_network.running())
        rack = stack.enter_context(
            VirtualRack(
                count=servers,
                nics=2,
                boot_attempts=_BOOT_ATTEMPTS,
                timing=TIMING,
                network_namespace=cables.namespace,
            )
        )
        services, schemas = _prepare(environment, home, keystone.url_at(port), urls, broker, rack)
        # Its dnsmasqs run as somebody else, and read their files again.
        agent_home = stack.enter_context(unprivileged.server_directory("dhcp"))
        agent_home.chmod(0o755)
        transport = services.neutron.transport
        agent = neutron_dhcp_agent.prepare(environment, agent_home, transport, cables, "dhcp-1")
        catalogue = {**services.urls(), "baremetal": ironic.api_url}
        keystone_home = _made(home / "keystone")
        known = identity.running(keystone_home, port, _INHABITANTS, catalogue)
        authority = stack.enter_context(known)
        ironic.token = authority.token("admin", system=True).headers["X-Subject-Token"]
        clock.lap("Keystone")
        Schemas(environment, database, cache).create(schemas)
        clock.lap("schemas")
        _start(stack, services, ironic, agent.process)
        clock.lap("services")
        clients = (
            stack.enter_context(Client(environment, home, authority.url, user, user))
            for user in ("admin", TENANT)
        )
        yield Cloud(
            *(home, environment, authority, *clients, ironic, rack, services, agent, cables),
            *(broker, database, clock.seconds),
        )


def _made(directory: Path) -> Path:
    directory.mkdir()
    return directory


def _prepare(
    environment: Environment,
    home: Path,
    identity_url: str,
    urls: dict[str, str],
    broker: rabbitmq.RabbitMQ,
    rack: VirtualRack,
) -> tuple[Services, list[Schema]]:
    """Write the configurations; return the services, and how their schemas are made."""
    homes = {name: _made(home / name) for name in ("glance", "placement", "neutron", "nova")}
    services = Services(
        glance.prepare(environment, homes["glance"], identity_url, SERVICE_PROJECT, urls["glance"]),
        placement.prepare(environment, homes["placement"], identity_url, urls["placement"]),
        neutron.prepare(
            environment,
            homes["neutron"],
            identity_url,
            urls["neutron"],
            broker.create_vhost(),
            rack,
        ),
        nova.prepare(
            environment,
            homes["nova"],
            identity_url,
            nova.Databases(urls["nova_api"], urls["nova"]),
            broker.create_vhost(),
        ),
    )
    schemas = [
        # The longest ones first.
        Schema(["neutron"], neutron.schema_commands(services.neutron), homes["neutron"]),
        Schema(["nova_api"], nova.api_schema_commands(homes["nova"]), homes["nova"]),
        Schema(["nova", "nova_cell0"], nova.cell_schema_commands(homes["nova"]), homes["nova"]),
        Schema(["glance"], [glance.schema_command(homes["glance"])], homes["glance"]),
        Schema(["placement"], placement.schema_commands(homes["placement"]), homes["placement"]),
    ]
    return services, schemas


def _start(stack: ExitStack, services: Services, ironic: Deployment, agent: ServerProcess) -> None:
    """Start everything, and wait only for what others cannot start without."""
    processes = services.processes()
    stack.callback(_stop, processes)
    # It leaves nothing behind only if it is killed.
    stack.callback(agent.kill)
    # Neutron ends at once when it cannot reach Ironic's API.
    ironic.start_api()
    for process in processes:
        process.start()
    ironic.add_conductors(*baremetal.CONDUCTORS)
    services.neutron.wait_for_rpc()
    agent.start()
    for application in services.applications():
        application.wait_until_it_answers()


def _stop(processes: list[ServerProcess]) -> None:
    """Stop all at the same time: some take seconds."""
    for process in reversed(processes):
        process.terminate()
    for process in reversed(processes):
        process.stop()
