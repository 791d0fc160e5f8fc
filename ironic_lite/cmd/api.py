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
    from ironic_lite.cmd import database
    from ironic_lite.common import config, process
    from ironic_lite.conf import CONF

    config.check(api=True)
    if CONF.api.database_access == "direct":
        database.require()
    service = APIService()
    return process.Runner().run([service])


def script() -> int:
    """``ironic-lite-api``."""
    from ironic_lite.cmd import main as dispatcher

    return dispatcher.main(["api", *sys.argv[1:]])
