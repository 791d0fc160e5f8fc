# SPDX-License-Identifier: Apache-2.0
"""A real Neutron of a cloud: API and RPC server, and the rack's switch, which it commands."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import amqp
import kombu

from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.servers import openstack_settings, virtual_network, wsgi_service
from tests.functional.servers.openstack_environment import Environment
from tests.functional.servers.openstack_settings import Settings
from tests.functional.servers.process import ServerProcess
from tests.functional.servers.wsgi_service import WSGIService

USER = "neutron"
PHYSICAL_NETWORK = "physnet1"


@dataclass(frozen=True)
class Neutron:
    """The processes of one Neutron. `prepare` starts none of them. Start them when the bare-metal API answers."""

    api: WSGIService
    rpc: ServerProcess
    configuration: tuple[Path, Path]
    transport: str

    def wait_for_rpc(self) -> None:
        """Wait until agents are answered. One that asks earlier waits a minute for an answer that does not come."""
        self.rpc.wait_until(self._is_listening, "neutron-rpc-server to listen")

    def _is_listening(self) -> bool:
        with kombu.Connection(self.transport.replace("rabbit://", "amqp://", 1)) as connection:
            try:
                queue = connection.default_channel.queue_declare("q-plugin", passive=True)
            except amqp.exceptions.NotFound:
                return False
        return bool(queue.consumer_count)

    def processes(self) -> Iterator[ServerProcess]:
        """All of them."""
        yield from (self.api.process, self.rpc)


def prepare(
    environment: Environment,
    home: Path,
    identity_url: str,
    database: str,
    transport: str,
    rack: VirtualRack,
) -> Neutron:
    """Write the configuration and return the processes, which are not yet started.

    :param home: an existing directory of its own.
    :param database: URL; `schema_commands` make the schema.
    :param transport: URL of a broker's virtual host.
    :param rack: its switch must run when a network is made or a port is bound.
    """
    paste = environment.directory / "etc" / "neutron" / "api-paste.ini"
    settings = _settings(home, identity_url, database, transport, paste)
    neutron = openstack_settings.write(home / "neutron.conf", settings)
    ml2 = openstack_settings.write(home / "ml2_conf.ini", _ML2)
    account = (rack.options.username, rack.options.password)
    with ml2.open("a") as file:
        file.write(virtual_network.generic_switch(rack.switch_ssh_port, *account))
    api = wsgi_service.prepare(
        environment,
        "neutron-api",
        "neutron.wsgi.api",
        home,
        {
            "OS_NEUTRON_CONFIG_DIR": str(home),
            "OS_NEUTRON_CONFIG_FILES": "neutron.conf;ml2_conf.ini",
        },
    )
    files = ["--config-file", str(neutron), "--config-file", str(ml2)]
    rpc = environment.process("neutron-rpc-server", ["neutron-rpc-server", *files], home)
    return Neutron(api, rpc, (neutron, ml2), transport)


_ML2: Settings = {
    "ml2": {
        "type_drivers": "flat,vlan",
        "tenant_network_types": "vlan",
        "mechanism_drivers": "baremetal,genericswitch",
    },
    "ml2_type_vlan": {"network_vlan_ranges": f"{PHYSICAL_NETWORK}:100:199"},
}


def _settings(
    home: Path, identity_url: str, database: str, transport: str, paste: Path
) -> Settings:
    return {
        "DEFAULT": {
            "core_plugin": "ml2",
            "service_plugins": "",
            "auth_strategy": "keystone",
            "transport_url": transport,
            "state_path": home,
            "api_paste_config": paste,
            "rpc_workers": 1,
            "rpc_state_report_workers": 0,
            "send_events_interval": 1,
        },
        "database": {"connection": database},
        "keystone_authtoken": openstack_settings.token_validation(identity_url, USER),
        "nova": openstack_settings.client(identity_url, USER),
        "ironic": {
            "enable_notifications": "true",
            **openstack_settings.client(identity_url, USER, of_system=True),
        },
        "oslo_concurrency": {"lock_path": home / "locks"},
    }


def schema_commands(neutron: Neutron) -> list[list[str]]:
    """Return the commands that make the schema."""
    files = [word for path in neutron.configuration for word in ("--config-file", str(path))]
    return [["neutron-db-manage", *files, "upgrade", "heads"]]
