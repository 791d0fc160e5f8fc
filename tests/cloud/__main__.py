# SPDX-License-Identifier: Apache-2.0
"""`make cloud`: a whole cloud that runs until Ctrl-C.

Starts Keystone, Glance, Placement, Neutron and Nova around ironic_lite and a virtual rack, makes an image, a flavor and
networks, and prints what to type. With `--exit` it creates one server, deletes it, and stops.
"""

import argparse
import shlex
import shutil
import signal
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from tests.cloud import composition, furnishing, servers
from tests.cloud.composition import Cloud
from tests.functional.servers import openstack_environment
from tests.functional.servers.process import ServerFailed


def main() -> int:
    """Run the cloud; returns 0 if it was stopped by Ctrl-C, or with `--exit` if the server became active."""
    parser = argparse.ArgumentParser(prog="make cloud", description=__doc__)
    parser.add_argument(
        "--exit", action="store_true", help="create and delete one server, and stop"
    )
    parser.add_argument("--servers", type=int, default=3, help="in the virtual rack (3)")
    options = parser.parse_args()
    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, signal.default_int_handler)
    home = Path(tempfile.mkdtemp(prefix="ironic-lite-cloud-"))
    try:
        _run(home, options.servers, options.exit)
    except KeyboardInterrupt:
        _say("Stopped.")
    except AssertionError as failure:
        _say(f"{failure}\nLogs: {home}")
        return 1
    shutil.rmtree(home, ignore_errors=True)
    return 0


def _run(home: Path, count: int, leaves: bool) -> None:
    environment = openstack_environment.OPENSTACK
    _say(
        f"OpenStack's services: {environment.directory} (the first time, a few minutes to install)"
    )
    ready = environment.ready()
    _say(f"Starting them; logs are in {home}")
    began = time.monotonic()
    with composition.running(home, ready, servers=count) as cloud:
        try:
            furnishing.furnish(cloud)
            phases = ", ".join(f"{phase} {took:.0f}" for phase, took in cloud.seconds.items())
            _say(f"The cloud is up after {time.monotonic() - began:.0f} s ({phases}).")
            if leaves:
                _create_one(cloud)
            else:
                _say("\n".join(hints(cloud)))
                _stay(cloud)
        finally:
            # An impatient second Ctrl-C must not leave services behind.
            for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
                signal.signal(number, signal.SIG_IGN)
            _say("Stopping the cloud ...")


def _create_one(cloud: Cloud) -> None:
    began = time.monotonic()
    server = servers.create(cloud, "first", "--network", furnishing.TENANT_NETWORK)
    server.wait_until_booted()
    servers.check_network(server)
    took = time.monotonic() - began
    _say(
        f"first: {server.shown['status']} at {server.address} on {server.node['name']}, {took:.0f} s"
    )
    cloud.tenant("server", "delete", "--wait", "first")
    servers.check_nothing_is_left(server)
    _say("first: deleted, its node is available")


def hints(cloud: Cloud) -> Iterator[str]:
    """What to type in another terminal: `openrc` files, and commands in an order that works."""
    clients = {"demo": cloud.tenant, "admin": cloud.administrator}
    for name, client in clients.items():
        (cloud.home / f"openrc-{name}").write_text(client.openrc())
    programs = Path(cloud.environment.program("openstack")).parent
    create = f"--image {furnishing.IMAGE} --flavor {furnishing.FLAVOR} --network {furnishing.TENANT_NETWORK}"
    yield from (
        "",
        "In another terminal, as a user of the project demo:",
        "",
        f"  export PATH={shlex.quote(str(programs))}:$PATH",
        f"  source {cloud.home}/openrc-demo",
        f"  openstack server create {create} --config-drive true --wait first",
        "  openstack server reboot --wait first",
        "  openstack server delete --wait first",
        "",
        "The file has these lines; openrc-admin beside it has those of the administrator:",
        "",
        *(f"  {line}" for line in cloud.tenant.openrc().splitlines()),
        "",
        "What the administrator sees (nodes belong to no project, so they need the scope of the system):",
        "",
        f"  source {cloud.home}/openrc-admin",
        "  openstack hypervisor list",
        "  env -u OS_PROJECT_NAME -u OS_PROJECT_DOMAIN_NAME OS_SYSTEM_SCOPE=all openstack baremetal node list",
        "",
        "The machines, a serial console, and the switch:",
        "",
        *(f"  curl {cloud.rack.http_url}/{path}" for path in _PATHS),
        "",
        "Ctrl-C stops everything.",
    )


_PATHS = ("servers/0", "servers/0/console", "switch")


def _stay(cloud: Cloud) -> None:
    """Wait for Ctrl-C, or for the end of a service."""
    while True:
        time.sleep(1)
        for each in cloud.services.processes():
            if not each.alive:
                raise ServerFailed(f"{each.name} ended\n{each.log_tail()}")


def _say(text: str) -> None:
    print(text, flush=True)


if __name__ == "__main__":
    sys.exit(main())
