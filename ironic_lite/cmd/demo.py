# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite demo``: a virtual rack, enrolled, cleaned and deployed while you watch."""

import argparse

from ironic_lite.cmd import arguments

_MOST_MACHINES = 8
"""Each machine takes 2 GiB of memory while it runs the agent."""


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
        vm=given.vm,
        doors=given.inside,
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
    parser.add_argument(
        "--vm",
        action="store_true",
        help="servers are virtual machines with real firmware, the real agent, and a login at the end",
    )
    parser.add_argument(
        "--servers",
        type=arguments.number(1, 200),
        help="1 to 200 (4); 1 to 8 virtual machines (2)",
    )
    parser.add_argument(
        "--port",
        type=arguments.PORT,
        help="port of the API; 0 for any free port (default: 6385, or any free port if it is in use)",
    )
    parser.add_argument(
        "--timeout",
        type=arguments.positive,
        help="seconds within which all servers must be active (120; virtual machines: 900, or 5400 without KVM)",
    )
    # The demo with virtual machines starts itself again in a network namespace, with these open sockets.
    parser.add_argument(
        "--inside", type=_descriptors, default=(), help=argparse.SUPPRESS, metavar="FD,FD"
    )
    given = parser.parse_args(argv)
    if given.vm and (given.servers or 1) > _MOST_MACHINES:
        parser.error(f"--vm takes 1 to {_MOST_MACHINES} servers")
    return given


def _descriptors(text: str) -> tuple[int, ...]:
    return tuple(map(int, text.split(",")))
