# SPDX-License-Identifier: Apache-2.0
"""A real Neutron whose generic switch driver binds the ports of two fake switches.

:func:`running` is the cheapest form: no authentication unless there is a Keystone, SQLite, no broker, no agents. A port
that names one of :data:`SWITCHES` becomes ACTIVE; one that names another switch fails to bind. What the switches are
told is in the log.
"""

import os
import re
import shutil
import uuid
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import requests

from tests.functional.servers import openstack_settings, wsgi_service
from tests.functional.servers.keystone import Keystone
from tests.functional.servers.openstack_environment import Environment
from tests.functional.servers.process import ServerFailed
from tests.functional.servers.wsgi_service import WSGIService
from tests.waiting import PATIENCE

SWITCHES = {"tor1": "00:00:00:00:00:aa", "tor2": "00:00:00:00:00:bb"}
"""Names of the switches, for ``switch_info``, and their MAC addresses, for ``switch_id``."""

USER, CLIENT = "neutron", "ironic"
"""Neutron's own user in Keystone, and that of the service that uses it."""

PHYSICAL_NETWORKS = ("physnet1", "physnet2")

_CONF = """\
[DEFAULT]
core_plugin = ml2
service_plugins = {service_plugins}
auth_strategy = {auth_strategy}
transport_url = {transport}
rpc_workers = 1
rpc_state_report_workers = 0
state_path = {home}
api_paste_config = {environment}/etc/neutron/api-paste.ini
notify_nova_on_port_status_changes = false
notify_nova_on_port_data_changes = false
max_allowed_address_pair = 10
[database]
connection = {database}
[oslo_concurrency]
lock_path = {home}
[oslo_policy]
policy_file = {home}/policy.yaml
[quotas]
quota_port = -1
quota_network = -1
quota_subnet = -1
"""

# Without authentication there is no role "service", which Neutron requires for these.
_POLICY = """\
"create_port:binding:profile": "rule:context_is_admin"
"update_port:binding:profile": "rule:context_is_admin"
"""

ML2 = """\
[ml2]
type_drivers = flat,vlan
tenant_network_types = vlan
mechanism_drivers = genericswitch
[ml2_type_flat]
flat_networks = *
[ml2_type_vlan]
network_vlan_ranges = {ranges}
"""

_SWITCH = """\
[genericswitch:{name}]
device_type = netmiko_fake
ip = 127.0.0.1
username = x
password = x
ngs_mac_address = {mac}
"""

_SCHEMA = """\
import sys
import sqlalchemy
from neutron.db.migration.models import head
head.get_metadata().create_all(sqlalchemy.create_engine(sys.argv[1]))
"""

_TOLD = re.compile(r"(plug|delete) port (\S+)")


@dataclass
class Neutron:
    """A running Neutron.

    :param service: ``service.process`` can be stopped, paused and started again.
    :param token: sent with each request, where Neutron wants one.
    :param identity: the Keystone that Neutron asks; None: it lets everybody in.
    """

    service: WSGIService
    token: str | None = None
    identity: Keystone | None = None
    _session: requests.Session = field(default_factory=requests.Session)

    @property
    def url(self) -> str:
        """Root of its API."""
        return self.service.url

    @property
    def options(self) -> dict[str, object]:
        """Options of the group ``neutron`` for a service that uses this Neutron."""
        if self.identity is not None:
            return openstack_settings.client(self.identity.url, CLIENT)
        return {"auth_type": "none", "endpoint_override": self.url}

    def request(self, method: str, path: str, body: Any = None, **query: Any) -> requests.Response:
        """One request; ``path`` starts behind the version. No status is an error here."""
        return self._session.request(
            method,
            f"{self.url}/v2.0{path}",
            json=body,
            params=query,
            headers={"X-Auth-Token": self.token},
            timeout=PATIENCE,
        )

    def call(self, method: str, path: str, body: Any = None, **query: Any) -> Any:
        """A request that must succeed; returns the decoded body, None without one."""
        answer = self.request(method, path, body, **query)
        if not answer.ok:
            raise AssertionError(
                f"{method} {path}: {answer.status_code} {answer.text}\n{self.service.process.log_tail()}"
            )
        return answer.json() if answer.content else None

    def create_network(self, name: str | None = None, **fields: Any) -> dict[str, Any]:
        """Make a VLAN network in the first physical network, with a subnet, unless the fields say otherwise.

        :param fields: of the network, and ``cidr``, ``subnet`` (more fields of the subnet).
        """
        subnet = {"cidr": fields.pop("cidr", "10.20.0.0/16"), **fields.pop("subnet", {})}
        network = {
            "name": name or f"net-{uuid.uuid4()}",
            "provider:network_type": "vlan",
            "provider:physical_network": PHYSICAL_NETWORKS[0],
            **fields,
        }
        made: dict[str, Any] = self.call("POST", "/networks", {"network": network})["network"]
        subnet = {"network_id": made["id"], "ip_version": 4, **subnet}
        self.call("POST", "/subnets", {"subnet": subnet})
        return made

    def create_port(self, network: Mapping[str, Any], **fields: Any) -> dict[str, Any]:
        """Make a port as a tenant does."""
        port = {"network_id": network["id"], **fields}
        made: dict[str, Any] = self.call("POST", "/ports", {"port": port})["port"]
        return made

    def port(self, port_id: str) -> dict[str, Any]:
        """Return a port."""
        found: dict[str, Any] = self.call("GET", f"/ports/{port_id}")["port"]
        return found

    def ports(self, **query: Any) -> list[dict[str, Any]]:
        """Return the ports that match the query, such as ``network_id=...``."""
        found: list[dict[str, Any]] = self.call("GET", "/ports", **query)["ports"]
        return found

    def switch_commands(self) -> list[tuple[str, str]]:
        """Return what the switches were told, in order: ``plug`` or ``delete``, and the switch's port."""
        return [match.groups() for match in _TOLD.finditer(self.log())]  # type: ignore[misc]

    def log(self) -> str:
        """Its log."""
        return self.service.process.log.read_text(errors="replace")


def ml2_configuration() -> str:
    """Return the configuration of ML2 and its switches."""
    ranges = ",".join(
        f"{name}:{500 * n}:{500 * n + 499}" for n, name in enumerate(PHYSICAL_NETWORKS, 1)
    )
    switches = (_SWITCH.format(name=name, mac=mac) for name, mac in SWITCHES.items())
    return ML2.format(ranges=ranges) + "".join(switches)


@contextmanager
def running(
    environment: Environment,
    home: Path,
    service_plugins: str = "",
    transport: str = "fake:/",
    database: str | None = None,
    ml2: str | None = None,
    identity: Keystone | None = None,
) -> Iterator[Neutron]:
    """A Neutron.

    :param identity: a Keystone to ask, which gets a project `service` with the users `neutron` and `ironic` and an
        entry in its catalogue; None: no authentication.
    :param transport: URL of a broker's virtual host, if there are agents.
    :param database: URL of an empty database, if there are agents; None: an SQLite file, for one process only.
    :param ml2: content of ml2_conf.ini; None: as of :func:`ml2_configuration`.
    """
    made = _CONF.format(
        home=home,
        environment=environment.directory,
        service_plugins=service_plugins,
        auth_strategy="keystone" if identity else "noauth",
        transport=transport,
        database=database or f"sqlite:///{home}/neutron.sqlite",
    )
    if identity:
        made += _validation(identity)
    (home / "neutron.conf").write_text(made)
    (home / "ml2_conf.ini").write_text(ml2_configuration() if ml2 is None else ml2)
    (home / "policy.yaml").write_text("" if identity else _POLICY)
    if database is None:
        shutil.copy(_template(environment), home / "neutron.sqlite")
    else:
        _create_tables(environment, database, home)
    service = wsgi_service.prepare(
        environment,
        "neutron",
        "neutron.wsgi.api",
        home,
        {
            "OS_NEUTRON_CONFIG_DIR": str(home),
            "OS_NEUTRON_CONFIG_FILES": "neutron.conf;ml2_conf.ini",
        },
        # SQLite fails when two requests write at the same time.
        threads=1,
    )
    with wsgi_service.running(service):
        yield _known(service, identity) if identity else Neutron(service)


def _validation(identity: Keystone) -> str:
    options = openstack_settings.token_validation(identity.url, USER)
    lines = [f"{name} = {value}" for name, value in options.items()]
    return "\n".join(["[keystone_authtoken]", *lines, ""])


def _known(service: WSGIService, identity: Keystone) -> Neutron:
    """Make its users and its entry in the catalogue; return Neutron as its client sees it."""
    project = identity.create_project(openstack_settings.SERVICE_PROJECT)
    for user in (USER, CLIENT):
        identity.create_user(user, "admin", project)
        identity.add_role(user, "service", project)
    identity.register("network", service.url)
    token = identity.token(CLIENT, openstack_settings.SERVICE_PROJECT).headers["X-Subject-Token"]
    return Neutron(service, token, identity)


def _template(environment: Environment) -> Path:
    """Return a database with Neutron's tables, made once: its migrations do not work on SQLite."""
    template = environment.directory / "neutron.sqlite"
    if not template.exists():
        making = template.with_name(f"neutron-{os.getpid()}.sqlite")
        making.unlink(missing_ok=True)
        _create_tables(environment, f"sqlite:///{making}", environment.directory)
        making.replace(template)
    return template


def _create_tables(environment: Environment, database: str, home: Path) -> None:
    """Make Neutron's tables from its models, which takes a tenth of the time of its migrations."""
    step = environment.process("neutron-schema", ["python", "-c", _SCHEMA, database], home)
    step.start()
    if step.wait(180) != 0:
        raise ServerFailed(step.log_tail())
