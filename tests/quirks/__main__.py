# SPDX-License-Identifier: Apache-2.0
"""``python -m tests.quirks``: every flow under every quirk, and under random pairs of them."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.functional.rack.cloud import running
from tests.quirks import catalog, runner
from tests.quirks.flows import FLOWS


def main() -> int:
    parser = argparse.ArgumentParser(prog="make quirks", description=__doc__)
    parser.add_argument(
        "--pairs", type=int, default=12, help="random pairs of quirks (%(default)s)"
    )
    parser.add_argument("--seed", type=int, default=1, help="of the dice (%(default)s)")
    parser.add_argument("--quirks", default="", help="only those whose names have this in them")
    parser.add_argument("--flows", default=",".join(FLOWS), help="%(default)s")
    parser.add_argument("--at-once", type=int, default=13, help="servers (%(default)s)")
    given = parser.parse_args()
    quirks = [catalog.NONE, *catalog.QUIRKS, *catalog.pairs(given.pairs, given.seed)]
    quirks = [quirk for quirk in quirks if given.quirks in quirk.name]
    with (
        tempfile.TemporaryDirectory(prefix="ironic-lite-quirks-") as directory,
        running(Path(directory), runner.TIMING, **runner.OPTIONS) as cloud,
    ):
        outcomes = runner.run(cloud, quirks, given.flows.split(","), given.at_once)
    print(runner.table(outcomes))
    failures = sum(len(each.failed) for each in outcomes)
    flows = sum(len(each.passed) for each in outcomes)
    print(f"{len(outcomes)} servers, {flows} flows passed, failures: {failures}")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
