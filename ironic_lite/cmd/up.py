# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite up``: API and conductor in one process.

Without a configuration it keeps everything in one SQLite file; an SQLite database is created or upgraded by itself.
"""

import argparse

READY = "ironic-lite is up at {url} (Ctrl-C stops it)"


def main(argv: list[str]) -> int:
    """Serve until a signal comes; returns the exit status.

    :raises IronicLiteError: with the one line to show.
    """
    argparse.ArgumentParser(prog="ironic-lite up", description=__doc__).parse_args(argv)
    from ironic_lite.api.server import APIService
    from ironic_lite.cmd import database
    from ironic_lite.common import config, process
    from ironic_lite.conductor.service import RPCService
    from ironic_lite.conf import CONF

    config.check(api=True, conductor=True)
    database.require(upgrade_embedded=True)
    runner = process.Runner()
    api = APIService()
    return runner.run(
        [RPCService(CONF.host, runner.alarm), api], ready=lambda: READY.format(url=api.url)
    )
