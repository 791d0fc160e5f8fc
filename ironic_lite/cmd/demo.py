# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite demo``: a virtual rack, enrolled, cleaned and deployed while you watch."""

import argparse

from ironic_lite.cmd import arguments


def main(argv: list[str]) -> int:
    """Run the demo; returns 0 if every server became active."""
    from rich.console import Console

    from ironic_lite_simulator.demo.run import DemoOptions, run

    given = _parse(argv)
    options = DemoOptions(
        servers=given.servers,
        port=given.port,
        exit=given.exit,
        timeout=given.timeout,
    )
    return run(options, Console())


def _parse(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="ironic-lite demo",
        description="Starts the service and a rack of virtual servers, and deploys all of them.",
    )
    parser.add_argument(
        "--exit",
        action="store_true",
        help="stop when all servers are active; the exit status is 0 only then",
    )
    parser.add_argument("--servers", type=arguments.number(1, 200), default=4, help="1 to 200 (4)")
    parser.add_argument(
        "--port",
        type=arguments.PORT,
        help="port of the API; 0 for any free port (default: 6385, or any free port if it is in use)",
    )
    parser.add_argument(
        "--timeout",
        type=arguments.positive,
        default=120.0,
        help="seconds within which all servers must be active (default: 120)",
    )
    return parser.parse_args(argv)
