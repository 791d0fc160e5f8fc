# SPDX-License-Identifier: Apache-2.0
"""Check what a start needs besides its configuration: database, keys, broker, no other conductor. Changes nothing."""

import functools
from collections.abc import Callable, Iterator

from ironic_lite.cmd.roles import Role
from ironic_lite.common import context, exception, rpc
from ironic_lite.conf import CONF


def problems(role: Role) -> list[str]:
    """Return a line for each problem that would end the start of this role. Conditions that a start waits for are
    none."""
    found = []
    for checks in _checks(role):
        for check in checks:
            try:
                check()
            except exception.IronicLiteError as exc:
                found.append(" ".join(exc.message.split()))
                break
    return found


def _checks(role: Role) -> Iterator[list[Callable[[], None]]]:
    """Yield lists of checks. A check runs only if those before it in its list found no problem."""
    from ironic_lite.cmd import database

    all_in_one = role.api and role.conductor
    yield [_broker]
    if role.conductor or CONF.api.database_access == "direct":
        yield [
            functools.partial(database.check, upgrade_embedded=all_in_one),
            database.check_keys,
            *([refuse_company] if all_in_one else []),
        ]


def _broker() -> None:
    from ironic_lite.cmd import broker

    if rpc.transport_name() != rpc.IN_PROCESS:
        try:
            broker.log_in()
        except exception.ServiceUnavailable:
            # A starting process waits for its broker.
            return
        finally:
            broker.leave()


def refuse_company() -> None:
    """Refuse to start beside another conductor: messages inside this process cannot reach it.

    :raises ServiceUnavailable: another conductor uses this database.
    """
    from ironic_lite.cmd import database
    from ironic_lite.db import migration
    from ironic_lite.objects.conductor import Conductor

    if rpc.transport_name() != rpc.IN_PROCESS or database.revision() != migration.head():
        return
    for other in Conductor.list(context.admin_context()):
        if other.alive and other.hostname != CONF.host:
            raise exception.ServiceUnavailable(
                err=f"conductor {other.hostname} uses this database already. Stop it, or let both use a message broker "
                f"([DEFAULT] transport_url). If it is dead, wait until it counts as dead, after "
                f"{CONF.conductor.heartbeat_timeout} s ([conductor] heartbeat_timeout)."
            )
