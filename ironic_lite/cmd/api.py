# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite api``: an API process of a cluster."""

import argparse
import sys


def main(argv: list[str]) -> int:
    """Serve until a signal comes; returns the exit status.

    :raises IronicLiteError: with the one line to show.
    """
    argparse.ArgumentParser(prog="ironic-lite api", description=__doc__).parse_args(argv)
    from ironic_lite.api.server import APIService
    from ironic_lite.common import process

    prepare()
    return process.Runner().run([APIService()])


def prepare() -> None:
    """Set up what the API needs: RPC, and the database or a way around it.

    :raises IronicLiteError: with the one line to show.
    """
    from ironic_lite.cmd import database
    from ironic_lite.common import config, rpc
    from ironic_lite.conductor import rpcapi
    from ironic_lite.conf import CONF
    from ironic_lite.objects.base import IronicLiteObject

    config.check(api=True)
    rpc.init()
    if CONF.api.database_access == "rpc":
        IronicLiteObject.indirection_api = rpcapi.ConductorAPI()  # type: ignore[assignment]
    else:
        database.require()


def script() -> int:
    """``ironic-lite-api``."""
    from ironic_lite.cmd import main as dispatcher

    return dispatcher.main(["api", *sys.argv[1:]])
