# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite api``: an API process of a cluster."""

import sys


def main(argv: list[str]) -> int:
    """Serve until a signal comes; returns the exit status.

    :raises IronicLiteError: with a message of one line for the user.
    """
    from ironic_lite.cmd import preflight

    if preflight.only_check("api", __doc__, argv):
        return 0
    from ironic_lite.api.front.service import APIService
    from ironic_lite.common import process
    from ironic_lite.conf import CONF

    if CONF.api.workers > 1:
        return _run_workers(CONF.api.workers)
    prepare()
    return process.Runner().run([APIService()])


def _run_workers(count: int) -> int:
    """Serve with several processes that accept connections from the same socket."""
    from ironic_lite.api.front import listening, service
    from ironic_lite.cmd import broker, database
    from ironic_lite.common import prefork, process
    from ironic_lite.conf import CONF

    # Report problems once, before forking the workers. No connection may survive a fork.
    if CONF.api.database_access == "direct":
        database.require()
        database.leave()
    broker.require()
    broker.leave()
    shared = listening.listen()

    def work(lifeline: int) -> int:
        prepare()
        return process.Runner(lifeline).run([service.APIService(listening_on=shared)])

    return prefork.Prefork(count, work).run()


def prepare() -> None:
    """Set up RPC, and the database or (``[api] database_access = rpc``) access to it through conductors.

    :raises IronicLiteError: with a message of one line for the user.
    """
    from ironic_lite.cmd import broker, database
    from ironic_lite.common import rpc
    from ironic_lite.conductor import rpcapi
    from ironic_lite.conf import CONF
    from ironic_lite.objects.base import IronicLiteObject

    rpc.init()
    if CONF.api.database_access == "rpc":
        IronicLiteObject.indirection_api = rpcapi.ConductorAPI().any()  # type: ignore[assignment]
    else:
        database.require()
    broker.require()


def script() -> int:
    """``ironic-lite-api``."""
    from ironic_lite.cmd import main as dispatcher

    return dispatcher.main(["api", *sys.argv[1:]])
