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
    from ironic_lite.cmd import database
    from ironic_lite.common import process
    from ironic_lite.conductor.service import RPCService
    from ironic_lite.conf import CONF

    database.require(upgrade_embedded=True)
    _refuse_company()
    runner = process.Runner()
    api = APIService()
    return runner.run(
        [RPCService(CONF.host, runner.alarm), api], ready=lambda: READY.format(url=api.url)
    )


def _refuse_company() -> None:
    """Refuse to start beside another conductor: messages inside this process cannot reach it.

    :raises ServiceUnavailable: another conductor uses this database.
    """
    from ironic_lite.common import context, exception, rpc
    from ironic_lite.conf import CONF
    from ironic_lite.objects.conductor import Conductor

    if rpc.transport_name() != rpc.IN_PROCESS:
        return
    for other in Conductor.list(context.admin_context()):
        if other.alive and other.hostname != CONF.host:
            raise exception.ServiceUnavailable(
                err=f"conductor {other.hostname} uses this database already. Stop it, or let both use a message broker "
                f"([DEFAULT] transport_url). If it is dead, wait until it counts as dead, after "
                f"{CONF.conductor.heartbeat_timeout} s ([conductor] heartbeat_timeout)."
            )
