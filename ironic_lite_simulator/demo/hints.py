# SPDX-License-Identifier: Apache-2.0
"""Commands to paste while the demo's service and servers are up, in an order that works."""

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

from ironic_lite_simulator.demo.servers import Servers
from ironic_lite_simulator.demo.service import Service
from ironic_lite_simulator.virtual_rack import VirtualRack


def lines(service: Service, rack: VirtualRack, servers: Servers) -> Iterator[str]:
    cli = Path(sys.executable).with_name("baremetal")
    yield from ("", f"The service stays up at {service.url} until Ctrl-C. In another terminal:", "")
    if not cli.exists():
        yield f"  {shlex.quote(sys.executable)} -m pip install python-ironicclient"
    yield f"  export OS_AUTH_TYPE=none OS_ENDPOINT={service.url}"
    baremetal = f"  {shlex.quote(str(cli))}"
    for title, commands in _commands(rack, servers):
        yield f"  # {title}"
        yield from (f"{baremetal} {command}" for command in commands)
    for title, commands in servers.looks(rack):
        yield from ("", title, "")
        yield from (f"  {command}" for command in commands)
    yield from ("", f"Log of the service: {service.log}")


def _commands(rack: VirtualRack, servers: Servers) -> Iterator[tuple[str, list[str]]]:
    info = servers.instance_info(rack)
    wanted = " ".join(f"--instance-info {name}={value}" for name, value in info.items())
    yield (
        "look",
        [
            "node list",
            "node show demo-0 --fields provision_state power_state driver_info",
            "node history list demo-0",
        ],
    )
    yield (
        "change power, and boot a rescue ramdisk",
        [
            "node power off demo-0",
            "node power on demo-0",
            "node rescue demo-0 --rescue-password secret --wait 60",
            "node unrescue demo-0 --wait 60",
        ],
    )
    yield "undeploy the node, which cleans its disk", ["node undeploy demo-0 --wait 60"]
    yield (
        "inspect its hardware",
        [
            "node manage demo-0 --wait 60",
            "node inspect demo-0 --wait 60",
            "node inventory save demo-0",
            "node provide demo-0 --wait 60",
        ],
    )
    yield (
        "deploy it again, with a config drive",
        [
            f"node set demo-0 {wanted}",
            'node deploy demo-0 --config-drive \'{"meta_data": {"hostname": "again"}}\' --wait 60',
        ],
    )
