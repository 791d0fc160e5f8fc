# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite up``: API and conductor in one process.

Without a configuration it keeps all data in one SQLite file. It creates or upgrades an SQLite database itself.
"""

READY = "ironic-lite is up at {url} (Ctrl-C stops it)"


def main(argv: list[str]) -> int:
    """Serve until a signal comes; returns the exit status.

    :raises IronicLiteError: with a message of one line for the user.
    """
    from ironic_lite.cmd import preflight

    if preflight.only_check("up", __doc__, argv):
        return 0
    from ironic_lite.api.front.service import APIService
    from ironic_lite.cmd import database, surroundings
    from ironic_lite.common import process
    from ironic_lite.conductor.service import RPCService
    from ironic_lite.conf import CONF

    database.require(upgrade_embedded=True)
    surroundings.refuse_company()
    runner = process.Runner()
    api = APIService()
    return runner.run(
        [RPCService(CONF.host, runner.alarm), api], ready=lambda: READY.format(url=api.url)
    )
