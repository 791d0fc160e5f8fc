# SPDX-License-Identifier: Apache-2.0
"""A real neutron-dhcp-agent whose DHCP servers are in the networks of a virtual rack.

    with virtual_network.running() as network:
        rack = VirtualRack(..., network_namespace=network.namespace)  # dhcp_timeout=30 in its timing
        ...  # Neutron's API and neutron-rpc-server run, with virtual_network.generic_switch(rack.switch_ssh_port)
        with neutron_dhcp_agent.running(environment, transport_url, network) as agent:
            ...  # networks with a subnet get a dnsmasq as soon as they have a port

The rack has to run before Neutron makes a network, because that makes a VLAN on its switch. Once this agent has served
a network, Neutron makes a port ACTIVE only after the agent has reported it; the very first port of a network may be
ACTIVE some seconds before there is a DHCP server.

The agent, its privileged helpers and its dnsmasqs run in a PID namespace and a mount namespace of their own: when the
agent's first process is killed, by :func:`running` or with a killed test run, nothing of it is left: no process, no
network namespace below /run/netns, no veth. This needs root.
"""

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.functional.servers import process, unprivileged
from tests.functional.servers.openstack_environment import Environment
from tests.functional.servers.virtual_network import VirtualNetwork
from tests.waiting import wait_for

DRIVER = Path(__file__).with_name("dhcp_interface")
_SECTIONS = ("", "_dhcp_release", "_ovs_vsctl", "_namespace", "_conntrack", "_link")
_CONF = """\
[DEFAULT]
host = {host}
transport_url = {transport}
# What it asks before neutron-rpc-server listens is lost, and it waits for so long.
rpc_response_timeout = 15
state_path = {home}
interface_driver = rack_bridges.RackBridges
enable_isolated_metadata = false
resync_interval = 2
dnsmasq_base_log_dir = {home}
[AGENT]
root_helper =
report_interval = 5
# dnsmasq 2.90 dies now and then of a segmentation fault when it reads its files again.
check_child_processes_interval = 1
[oslo_concurrency]
lock_path = {home}
"""
_PRIVILEGED = """\
[privsep{section}]
helper_command = {helper} --config-file {conf}
"""
# /proc still shows the processes outside, until it is mounted again.
_ENTER = """\
mount -t tmpfs tmpfs /run/netns &&
touch /run/netns/rack &&
mount --bind /proc/{pid}/ns/net /run/netns/rack &&
mount -t proc proc /proc &&
exec "$@"
"""


@dataclass(frozen=True)
class DHCPAgent:
    """A running agent.

    :param host: its name in Neutron's list of agents.
    :param process: with `log`.
    :param home: its state; what its dnsmasqs heard and answered is in NETWORK-UUID/dhcp_dns_log there.
    """

    host: str
    process: process.ServerProcess
    home: Path

    def processes(self) -> list[int]:
        """The processes with its directory on their command lines: the agent, its helpers and its dnsmasqs."""
        found = []
        for each in Path("/proc").glob("[0-9]*"):
            try:
                arguments = (each / "cmdline").read_bytes()
            except OSError:
                continue
            if str(self.home).encode() in arguments:
                found.append(int(each.name))
        return found

    def kill(self) -> None:
        """End all its processes, and wait until they have ended."""
        self.process.kill()
        wait_for(lambda: not self.processes(), "the end of all processes of neutron-dhcp-agent")

    def wait_until_it_serves(self, network: str) -> None:
        """Wait until a network has a DHCP server; that begins when the network gets its first port."""
        log = self.home / network / "dhcp_dns_log"
        wait_for(
            log.exists,
            f"the DHCP server of network {network}",
            timeout=120,
            describe=self.process.log_tail,
        )


@contextmanager
def running(
    environment: Environment, transport: str, network: VirtualNetwork, host: str = "dhcp-1"
) -> Iterator[DHCPAgent]:
    """An agent that is starting: Neutron's list of agents has it some seconds after neutron-rpc-server answers.

    :param transport: of Neutron: URL of a broker's virtual host.
    :param network: the namespace of the rack's switch.
    """
    # Its dnsmasqs run as somebody else, and read their files again.
    with unprivileged.server_directory("dhcp") as home:
        home.chmod(0o755)
        agent = prepare(environment, home, transport, network, host)
        agent.process.start()
        try:
            yield agent
        finally:
            agent.kill()


def prepare(
    environment: Environment, home: Path, transport: str, network: VirtualNetwork, host: str
) -> DHCPAgent:
    """Return an agent that is not yet started: ``process.start()``. It ends with ``kill()``.

    :param home: an existing directory that everybody may enter.
    """
    assert os.geteuid() == 0, "network namespaces need root"
    Path("/run/netns").mkdir(exist_ok=True)
    conf, helper = home / "dhcp_agent.ini", environment.program("privsep-helper")
    conf.write_text(
        _CONF.format(host=host, transport=transport, home=home)
        + "".join(_PRIVILEGED.format(section=s, helper=helper, conf=conf) for s in _SECTIONS)
    )
    inside = [process.find_program("unshare"), "--mount", "--pid", "--fork", "--kill-child"]
    script = ["sh", "-c", _ENTER.format(pid=network.pid), "sh"]
    program = [environment.program("neutron-dhcp-agent"), "--config-file", str(conf)]
    started = process.ServerProcess(
        "neutron-dhcp-agent",
        [*inside, *script, *program],
        log=home / "neutron-dhcp-agent.log",
        env=environment.variables({"PYTHONPATH": str(DRIVER)}),
        cwd=home,
        drop_privileges=False,
    )
    return DHCPAgent(host, started, home)
