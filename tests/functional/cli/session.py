# SPDX-License-Identifier: Apache-2.0
"""A client's command many times in one process, for its imports take longer than its work.

Run as a script, with the name of the module that has the client's ``main``, such as ``ironicclient.shell`` or
``openstackclient.shell``: reads one JSON list of words per line, and answers each with a line ``[exit status, output,
errors]``.
"""

import contextlib
import importlib
import io
import json
import sys


def main() -> None:
    """Serve until the input ends."""
    shell = importlib.import_module(sys.argv[1])
    if shell.__name__ == "ironicclient.shell":
        _look_often()
    answers = sys.stdout
    for line in sys.stdin:
        output, errors = io.StringIO(), io.StringIO()
        with contextlib.redirect_stdout(output), contextlib.redirect_stderr(errors):
            try:
                status = shell.main(json.loads(line))
            except SystemExit as exc:
                status = int(exc.code or 0)
        answers.write(json.dumps([status, output.getvalue(), errors.getvalue()]) + "\n")
        answers.flush()


def _look_often() -> None:
    """With --wait it looks every ten seconds, a patience that tests do not have."""
    from ironicclient.v1 import utils

    for waiting in filter(None, utils.PROVISION_ACTIONS.values()):
        waiting["poll_interval"] = 0.2


if __name__ == "__main__":
    main()
