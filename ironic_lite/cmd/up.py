# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite up``: API and conductor in one process.

Without a configuration it keeps all data in one SQLite file. It creates or upgrades an SQLite database itself.
With ``--provision INTERFACE`` servers that are connected there boot over the network, without another DHCP server.
"""

import argparse

READY = "ironic-lite is up at {url} (Ctrl-C stops it)"


def main(argv: list[str]) -> int:
    """Serve until a signal comes; returns the exit status.

    :raises IronicLiteError: with a message of one line for the user.
    """
    from ironic_lite.cmd import preflight

    given = _parse(argv)
    if preflight.checks_only("up", given):
        return 0
    from ironic_lite.api.front.service import APIService
    from ironic_lite.cmd import database, provisioning, surroundings
    from ironic_lite.common import process
    from ironic_lite.conductor.service import RPCService
    from ironic_lite.conf import CONF

    database.require(upgrade_embedded=True)
    surroundings.refuse_company()
    runner = process.Runner()
    if given.provision is None:
        api = APIService()
        services = [RPCService(CONF.host, runner.alarm), api]
    else:
        prepared = provisioning.prepare(given.provision, given.mode)
        api = APIService(
            listening_on=prepared.listening,
            also_on=prepared.also_listening,
            streams=prepared.streams,
        )
        services = [RPCService(CONF.host, runner.alarm), api, prepared.netboot]
    return runner.run(services, ready=lambda: READY.format(url=api.url))


def _parse(argv: list[str]) -> argparse.Namespace:
    from ironic_lite.cmd import netboot, preflight

    parser = preflight.parser("up", __doc__)
    parser.add_argument(
        "--provision",
        metavar="INTERFACE",
        help="give servers on this network interface, such as eth1, addresses and what they boot; needs root or the "
        "capabilities CAP_NET_BIND_SERVICE and CAP_NET_RAW",
    )
    netboot.add_mode(parser)
    given = parser.parse_args(argv)
    if given.mode and given.provision is None:
        parser.error("--mode is for --provision")
    return given
