# SPDX-License-Identifier: Apache-2.0
"""A real Neutron that commands the switch of a virtual rack, and whose DHCP agent answers in the rack's networks.

    with neutron_with_agents.running(environment, home, transport, database, count=2) as site:
        network = site.neutron.create_network()
        ...

Without Keystone: the cheapest form that has agents. API, RPC server and agent talk over a real broker.
"""

import dataclasses
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import Any

from ironic_lite_simulator.timing import Timing
from ironic_lite_simulator.virtual_rack import VirtualRack
from tests.functional.servers import neutron as plain
from tests.functional.servers import neutron_dhcp_agent, virtual_network
from tests.functional.servers.neutron import Neutron
from tests.functional.servers.neutron_dhcp_agent import DHCPAgent
from tests.functional.servers.openstack_environment import Environment
from tests.waiting import wait_for

# The first DHCP server of an agent takes many seconds to come up.
TIMING = dataclasses.replace(Timing().scaled(0.1), dhcp_timeout=30.0)


@dataclasses.dataclass(frozen=True)
class Site:
    """What runs."""

    neutron: Neutron
    rack: VirtualRack
    agent: DHCPAgent


@contextmanager
def running(
    environment: Environment, home: Path, transport: str, database: str, **rack_options: Any
) -> Iterator[Site]:
    """A Neutron that lists its DHCP agent as alive, and a rack.

    :param home: an existing directory.
    :param transport: URL of a broker's virtual host.
    :param database: URL of an empty database of MariaDB.
    :param rack_options: of the rack: ``count``, ``nics``, ...
    """
    with ExitStack() as stack:
        network = stack.enter_context(virtual_network.running())
        options = {"timing": TIMING, "network_namespace": network.namespace, **rack_options}
        rack = stack.enter_context(VirtualRack(**options))
        ranges = f"{plain.PHYSICAL_NETWORKS[0]}:100:199"
        ml2 = plain.ML2.format(ranges=ranges) + virtual_network.generic_switch(rack.switch_ssh_port)
        service = plain.running(environment, home, transport=transport, database=database, ml2=ml2)
        neutron = stack.enter_context(service)
        files = [f"--config-file={home}/{name}" for name in ("neutron.conf", "ml2_conf.ini")]
        rpc = environment.process("neutron-rpc-server", ["neutron-rpc-server", *files], home)
        stack.callback(rpc.kill)
        rpc.start()
        agent = stack.enter_context(neutron_dhcp_agent.running(environment, transport, network))
        wait_for(
            lambda: any(each["alive"] for each in neutron.call("GET", "/agents")["agents"]),
            "neutron-dhcp-agent in Neutron's list",
            timeout=180,
            describe=lambda: agent.process.log_tail() + rpc.log_tail(),
        )
        yield Site(neutron, rack, agent)
