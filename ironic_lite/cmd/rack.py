# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite rack``: the virtual rack in the foreground."""

import argparse
import asyncio
import signal
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from ironic_lite.cmd import arguments

if TYPE_CHECKING:
    from ironic_lite_simulator.rack import Rack, RackOptions, Server

_USAGE = """\
{count} virtual servers, BMC user {username!r}, password {password!r}:
{servers}
The switch is virtual-switch, 02:00:00:00:5c:01. {packets}
They boot over the network from {boot_url}/boot/<mac with hyphens>.

A BMC:
  ipmitool -I lanplus -C 17 -H 127.0.0.1 -p {port} -U {username} -P {password} chassis status
Status of the servers, a serial console, the journal:
  curl {url}/servers
  curl {url}/servers/0/console
  curl '{url}/log?since=0'
The switch, which automation can configure as a Cisco NX-OS switch:
  ssh -p {switch_port} {username}@127.0.0.1
  curl {url}/switch
Put a port into VLAN 101:
  curl -X PUT -d '{{"network": 101}}' {url}/switch/ports/Eth1/0
Kernel, ramdisk and disk image with their SHA-256:
  curl {url}/images
Set a fault, and clear it:
  curl -X PUT -d '{{"bmc_silent": true}}' {url}/servers/0/faults
  curl -X DELETE {url}/servers/0/faults

{consoles}
Ctrl-C stops the rack.
"""


def main(argv: list[str]) -> int:
    """Run a rack until it is interrupted; returns the exit status."""
    from ironic_lite_simulator import description
    from ironic_lite_simulator.network.cables import CablesFailed
    from ironic_lite_simulator.rack import RackOptions
    from ironic_lite_simulator.timing import Timing
    from ironic_lite_simulator.virtual_machine.firmware import NotInstalled

    given = _parse(argv)
    try:
        servers = description.read_file(given.servers) if given.servers else ()
    except description.InvalidDescription as exc:
        print(f"ironic-lite rack: cannot start: {exc}", file=sys.stderr)
        return 1
    count = len(servers) or given.count
    if given.bmc_port_base and given.bmc_port_base + count > 65536:
        print(
            f"ironic-lite rack: --bmc-port-base {given.bmc_port_base} leaves no room for {count} ports up to 65535",
            file=sys.stderr,
        )
        return 2
    options = RackOptions(
        servers=servers,
        count=given.count,
        boot_url=given.boot_url.rstrip("/"),
        http_port=given.http_port,
        bmc_port_base=given.bmc_port_base,
        username=given.username,
        password=given.password,
        state_dir=given.state_dir,
        nics=given.nics,
        switch_port=given.switch_port,
        network_namespace=given.network_namespace,
        timing=Timing().scaled(given.slowness),
    )
    try:
        asyncio.run(_run(options))
    except (CablesFailed, NotInstalled) as exc:
        print(f"ironic-lite rack: cannot start: {exc}", file=sys.stderr)
        return 1
    except OSError as exc:
        print(f"ironic-lite rack: cannot start: {_cause(exc)}", file=sys.stderr)
        return 1
    return 0


def _cause(failure: OSError) -> str:
    if failure.filename:
        return f"{failure.filename}: {failure.strerror}. Choose another --state-dir."
    return f"{failure.strerror or failure}. Choose other ports with --http-port, --bmc-port-base and --switch-port."


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ironic-lite rack",
        description="Virtual servers with IPMI BMCs, network boot and agents, on loopback.",
    )
    parser.add_argument(
        "--count", type=arguments.number(1, 1000), default=4, help="servers, 1 to 1000 (4)"
    )
    parser.add_argument(
        "--servers",
        type=Path,
        metavar="FILE",
        help="a description of the servers in YAML, instead of --count and --nics; they may be virtual machines",
    )
    parser.add_argument(
        "--boot-url",
        default="http://127.0.0.1:6385",
        help="root of the provisioning API (%(default)s)",
    )
    parser.add_argument(
        "--http-port", type=arguments.PORT, default=8088, help="status port (%(default)s)"
    )
    parser.add_argument(
        "--bmc-port-base",
        type=arguments.PORT,
        default=6230,
        help="UDP port of the first BMC (%(default)s)",
    )
    parser.add_argument(
        "--switch-port",
        type=arguments.PORT,
        default=8022,
        help="SSH port of the switch (%(default)s)",
    )
    parser.add_argument(
        "--nics",
        type=arguments.number(1, 8),
        default=1,
        help="network cards of each server, 1 to 8 (1)",
    )
    parser.add_argument(
        "--network-namespace",
        metavar="NAME",
        help="network namespace (ip netns) in which the switch's networks carry packets; needs root, and DHCP servers",
    )
    parser.add_argument("--username", default="admin", help="user of BMCs and switch (%(default)s)")
    parser.add_argument("--password", default="password", help="their password (%(default)s)")
    parser.add_argument(
        "--state-dir",
        type=Path,
        help="directory of the disks, which start empty (default: a temporary one)",
    )
    parser.add_argument(
        "--slowness",
        type=arguments.positive,
        default=1.0,
        help="factor for all delays of the hardware (default: 1.0)",
    )
    return parser.parse_args(argv)


def _packets(namespace: str | None) -> str:
    if namespace is None:
        return "No packets go through it, and servers do without DHCP: see --network-namespace."
    return f"VLAN N is the bridge vlanN in the network namespace {namespace}."


def _consoles(rack: "Rack") -> str:
    """Return how to open the consoles of virtual machines; nothing without one."""
    doors = [
        f"  socat -,raw,echo=0,escape=0x1d UNIX-CONNECT:{status['console_socket']}   # {status['name']}\n"
        for status in (server.status() for server in rack.servers)
        if status["kind"] == "vm"
    ]
    return "".join(["The consoles of virtual machines (Ctrl-] leaves):\n", *doors]) if doors else ""


def _cables(server: "Server") -> str:
    return ", ".join(
        f"{nic.name} {nic.mac} at {nic.switch_port}" for nic in server.machine.identity.nics
    )


async def _run(options: "RackOptions") -> None:
    from ironic_lite_simulator.rack import Rack

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Rack(options) as rack:
        servers = "\n".join(
            f"  {s.name:<11} bmc 127.0.0.1:{s.bmc_port}  {_cables(s)}" for s in rack.servers
        )
        print(
            _USAGE.format(
                count=len(rack.servers),
                username=options.username,
                password=options.password,
                servers=servers,
                boot_url=options.boot_url,
                port=rack.servers[0].bmc_port,
                url=rack.http_url,
                switch_port=rack.fabric.ssh_port,
                packets=_packets(options.network_namespace),
                consoles=_consoles(rack),
            ),
            flush=True,
        )
        await stop.wait()
