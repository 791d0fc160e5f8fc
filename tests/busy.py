# SPDX-License-Identifier: Apache-2.0
"""Run a command while other processes keep the processors busy: ``python -m tests.busy 4 pytest ...``."""

import contextlib
import os
import subprocess
import sys
from collections.abc import Iterator

# Ends by itself when whoever started it has died.
LOOP = """
import os, sys
while os.getppid() == int(sys.argv[1]):
    sum(range(100_000))
"""


@contextlib.contextmanager
def processors(loops: int) -> Iterator[None]:
    """So many processes compute without end."""
    with contextlib.ExitStack() as stack:
        for _ in range(loops):
            loop = subprocess.Popen([sys.executable, "-c", LOOP, str(os.getpid())])
            stack.callback(loop.wait)
            stack.callback(loop.kill)
        yield


def main(arguments: list[str]) -> int:
    """The exit status of the command."""
    with processors(int(arguments[0])):
        return subprocess.call(arguments[1:])


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
