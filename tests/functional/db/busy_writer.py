# SPDX-License-Identifier: Apache-2.0
"""A process that writes as busily as a conductor can: ``python -m tests.functional.db.busy_writer NUMBER ROUNDS``.

It reads the URL of the database from standard input, prints how often it got the shared node's lock, and ends with a
traceback on any error.
"""

import sys

from ironic_lite.common import concurrency

concurrency.setup()

from ironic_lite import objects  # noqa: E402
from ironic_lite.common import context, exception  # noqa: E402
from ironic_lite.conf import CONF  # noqa: E402


def main(number: str, rounds: int) -> None:
    CONF([], project="ironic-lite", default_config_files=[])
    CONF.set_override("connection", sys.stdin.read(), group="database")
    # An error would be hidden by trying again: there shall be none.
    CONF.set_override("max_retries", 0, group="database")
    admin = context.admin_context()
    host, life = f"host{number}", objects.Conductor.new_incarnation()
    objects.Conductor.register(admin, host, ["ipmi"], "", life, {})
    won = 0
    for turn in range(rounds):
        node = objects.Node(admin, driver="ipmi", name=f"{host}-{turn}", provision_state="enroll")
        node.create()
        objects.Conductor.touch(admin, host, life)
        try:
            shared = objects.Node.reserve(admin, host, "shared")
        except exception.NodeLocked:
            pass
        else:
            count = shared.driver_internal_info.get("count", 0)
            shared.set_driver_internal_info("count", count + 1)
            shared.save()
            shared.release()
            won += 1
        objects.Node.rows(admin, ["uuid", "provision_state"], limit=50, sort_key="name")
    print(won)


if __name__ == "__main__":
    main(sys.argv[1], int(sys.argv[2]))
