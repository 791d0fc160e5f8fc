# SPDX-License-Identifier: Apache-2.0
"""Send valid and invalid requests of all kinds to a service: `python -m tests.fuzz [--requests 20000] [--seed 1]`.

The same seed sends the same requests as long as the answers are the same.
"""

import argparse
import contextlib
import sys
import tempfile
import time
from pathlib import Path

from tests.functional.servers import mariadb, postgresql
from tests.fuzz.run import Fuzz, start

DATABASES = {"mariadb": mariadb.running, "postgresql": postgresql.running}

_SHOWN = 40


def main() -> int:
    parser = argparse.ArgumentParser(prog="make fuzz", description=__doc__)
    parser.add_argument("--requests", type=int, default=20_000, help="how many are sent")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--database", choices=["sqlite", *DATABASES], default="sqlite")
    arguments = parser.parse_args()
    with contextlib.ExitStack() as begun:
        directory = Path(
            begun.enter_context(tempfile.TemporaryDirectory(prefix="ironic-lite-fuzz-"))
        )
        database = None
        if arguments.database in DATABASES:
            database = begun.enter_context(DATABASES[arguments.database]()).create_database()
        service = begun.enter_context(start(directory, database))
        fuzz = begun.enter_context(contextlib.closing(Fuzz(service, arguments.seed)))
        start_time = time.monotonic()
        fuzz.run(arguments.requests)
        seconds = time.monotonic() - start_time
        fuzz.check_log()
        _report(fuzz, arguments.requests, seconds)
        return 1 if fuzz.wrong else 0


def _report(fuzz: Fuzz, count: int, seconds: float) -> None:
    print(f"{count} requests, {len(fuzz.operations)} operations, {seconds:.0f} s")
    for user, statuses in fuzz.counts.items():
        told = ", ".join(f"{status}: {number}" for status, number in sorted(statuses.items()))
        print(f"  {user:<22} {told}")
    never = [str(each) for each in fuzz.operations if not fuzz.reached[str(each)]]
    print(f"  never answered with 2xx: {len(never)}: {', '.join(sorted(never))}")
    for each in fuzz.wrong[:_SHOWN]:
        print(f"WRONG: {each}")
    print(f"{len(fuzz.wrong)} wrong")


if __name__ == "__main__":
    sys.exit(main())
