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
    from ironic_lite_simulator.rack import RackOptions

_USAGE = """\
{count} virtual servers, BMC user {username!r}, password {password!r}:
{servers}
They boot over the network from {boot_url}/boot/<mac with hyphens>.

A BMC:
  ipmitool -I lanplus -C 17 -H 127.0.0.1 -p {port} -U {username} -P {password} chassis status
Status of the servers, a serial console, the journal:
  curl {url}/servers
  curl {url}/servers/0/console
  curl '{url}/log?since=0'
Kernel, ramdisk and disk image with their SHA-256:
  curl {url}/images
Set a fault, and clear it:
  curl -X PUT -d '{{"bmc_silent": true}}' {url}/servers/0/faults
  curl -X DELETE {url}/servers/0/faults

Ctrl-C stops the rack.
"""


def main(argv: list[str]) -> int:
    """Run a rack until it is interrupted; returns the exit status."""
    from ironic_lite_simulator.rack import RackOptions
    from ironic_lite_simulator.timing import Timing

    given = _parse(argv)
    options = RackOptions(
        count=given.count,
        boot_url=given.boot_url.rstrip("/"),
        http_port=given.http_port,
        bmc_port_base=given.bmc_port_base,
        username=given.username,
        password=given.password,
        state_dir=given.state_dir,
        timing=Timing().scaled(given.slowness),
    )
    try:
        asyncio.run(_run(options))
    except OSError as exc:
        print(f"ironic-lite rack: cannot start: {_why(exc)}", file=sys.stderr)
        return 1
    return 0


def _why(failure: OSError) -> str:
    if failure.filename:
        return f"{failure.filename}: {failure.strerror}. Choose another --state-dir."
    return (
        f"{failure.strerror or failure}. Choose other ports with --http-port and --bmc-port-base."
    )


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ironic-lite rack",
        description="Virtual servers with IPMI BMCs, network boot and agents, on loopback.",
    )
    parser.add_argument(
        "--count", type=arguments.number(1, 1000), default=4, help="servers, 1 to 1000 (4)"
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
    parser.add_argument("--username", default="admin", help="BMC user (%(default)s)")
    parser.add_argument("--password", default="password", help="BMC password (%(default)s)")
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
    given = parser.parse_args(argv)
    if given.bmc_port_base and given.bmc_port_base + given.count > 65536:
        parser.error(
            f"--bmc-port-base {given.bmc_port_base} leaves no room for {given.count} ports up to 65535"
        )
    return given


async def _run(options: "RackOptions") -> None:
    from ironic_lite_simulator.rack import Rack

    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    async with Rack(options) as rack:
        servers = "\n".join(
            f"  {s.name:<11} mac {s.machine.identity.mac}  bmc 127.0.0.1:{s.bmc_port}"
            for s in rack.servers
        )
        print(
            _USAGE.format(
                count=options.count,
                username=options.username,
                password=options.password,
                servers=servers,
                boot_url=options.boot_url,
                port=rack.servers[0].bmc_port,
                url=rack.http_url,
            ),
            flush=True,
        )
        await stop.wait()
