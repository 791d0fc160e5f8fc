# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite conductor``: a conductor of a cluster."""

import sys


def main(argv: list[str]) -> int:
    """Run until a signal comes; returns the exit status.

    :raises IronicLiteError: with a message of one line for the user.
    """
    from ironic_lite.cmd import preflight

    if preflight.only_check("conductor", __doc__, argv):
        return 0
    from ironic_lite.cmd import broker, database, metrics_listener
    from ironic_lite.common import process
    from ironic_lite.conductor.service import RPCService
    from ironic_lite.conf import CONF

    database.require()
    broker.require()
    runner = process.Runner()
    return runner.run([RPCService(CONF.host, runner.alarm), *metrics_listener.services()])


def script() -> int:
    """``ironic-lite-conductor``."""
    from ironic_lite.cmd import main as dispatcher

    return dispatcher.main(["conductor", *sys.argv[1:]])
