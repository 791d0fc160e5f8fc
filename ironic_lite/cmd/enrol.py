# SPDX-License-Identifier: Apache-2.0
"""``ironic-lite enrol``: searches networks for BMCs (``--scan``), lists and accepts discovered servers."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from typing import Any

from ironic_lite.cmd import arguments, rest
from ironic_lite.cmd.enrolling import acceptance, creation, credentials, known
from ironic_lite.common import exception, safe_text

Row = dict[str, Any]


def main(argv: list[str]) -> int:
    """Run the command.

    :returns: the exit status: 0, or 1 when a node could not be created or accepted.
    :raises ConfigInvalid: when the arguments are wrong.
    :raises Refused: when the API refuses or cannot be reached.
    """
    parser = _parser()
    given = parser.parse_args(argv)
    if given.scan is not None or given.file:
        return _scan(given)
    if given.create:
        parser.error("--create needs --scan or --file")
    if given.accept:
        return _accept(given)
    return _list(given)


def _parser() -> argparse.ArgumentParser:
    parser = arguments.parser("enrol", __doc__)
    what = parser.add_mutually_exclusive_group(required=True)
    what.add_argument(
        "--scan",
        nargs="*",
        metavar="NETWORK",
        help="ask these networks (192.0.2.0/24), ranges (192.0.2.10-40) and addresses for BMCs",
    )
    what.add_argument(
        "--list", action="store_true", help="list the servers that wait to be accepted"
    )
    what.add_argument(
        "--accept",
        nargs="+",
        metavar="NODE",
        type=arguments.node,
        help="set the credentials of the BMCs of discovered servers, and make them manageable",
    )
    scan = parser.add_argument_group("for --scan")
    scan.add_argument(
        "--file", action="append", default=[], help="a file with networks, ranges and addresses"
    )
    scan.add_argument("--port", type=arguments.PORT, default=623, help="UDP port of IPMI")
    scan.add_argument(
        "--redfish-port", type=arguments.PORT, default=443, help="TCP port of Redfish"
    )
    scan.add_argument(
        "--rate", type=arguments.positive, default=250.0, help="addresses per second (250)"
    )
    scan.add_argument(
        "--create", action="store_true", help="create a node for each BMC that no node names"
    )
    scan.add_argument("--driver", default="ipmi", help="hardware type of these nodes (ipmi)")
    secret = parser.add_argument_group("for --create and --accept")
    secret.add_argument("--username", help="user of the BMCs")
    secret.add_argument(
        "--password-file", metavar="FILE", help="file with the password in its first line; -: stdin"
    )
    secret.add_argument(
        "--driver-info",
        action="append",
        default=[],
        metavar="NAME=VALUE",
        help="another field of driver_info; no passwords, which others would see in the list of processes",
    )
    rest.add_options(parser)
    return parser


def _scan(given: argparse.Namespace) -> int:
    from ironic_lite.scan import scanner, targets

    addresses = targets.of(given.scan or (), given.file)
    wanted = credentials.driver_info(given.username, given.password_file, given.driver_info)
    call = rest.caller(given.api)
    nodes = known.by_bmc(call, required=given.create)
    options = scanner.Options(given.port, given.redfish_port, given.rate)
    result = scanner.run(addresses, options)
    rows = [
        {**bmc.as_dict(), "enrolled": _enrolled(nodes, str(bmc.address))} for bmc in result.bmcs
    ]
    failed = creation.create(call, rows, given.driver, given.port, wanted) if given.create else 0
    if given.json:
        print(
            json.dumps(
                {"bmcs": rows, "asked": result.asked, "seconds": round(result.seconds, 1)}, indent=2
            )
        )
    else:
        _print(_table(rows))
    _note(f"{result.asked} addresses asked in {result.seconds:.1f} s; {len(rows)} BMCs found.")
    for address, reason in list(result.unreachable.items())[:1]:
        _note(
            f"{len(result.unreachable)} addresses could not be asked over UDP, such as {address}: {reason}."
        )
    return 1 if failed else 0


def _enrolled(nodes: dict[str, str] | None, address: str) -> str | None:
    return None if nodes is None else nodes.get(address)


def _table(rows: Sequence[Row]) -> Iterator[str]:
    if not rows:
        return
    cells = [("ADDRESS", "IPMI", "REDFISH", "ENROLLED AS")]
    cells += [
        (row["address"], _ipmi(row["ipmi"]), _redfish(row["redfish"]), row["enrolled"] or "-")
        for row in rows
    ]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    for row in cells:
        yield "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()


def _ipmi(answer: Row | None) -> str:
    if answer is None:
        return "no"
    parts = [" and ".join(answer["versions"]) or "yes"]
    if answer["cipher_suites"]:
        parts.append(f"suites {','.join(map(str, answer['cipher_suites']))}")
    if answer["anonymous"]:
        parts.append("anonymous login")
    return ", ".join(parts)


def _redfish(answer: Row | None) -> str:
    if answer is None:
        return "no"
    if answer["closed"]:
        return "yes, after a login"
    parts = filter(None, (answer["vendor"], answer["product"]))
    return " ".join([*parts, answer["version"], answer["uuid"] or ""]).strip()


def _list(given: argparse.Namespace) -> int:
    found = acceptance.waiting(rest.caller(given.api))
    if given.json:
        print(json.dumps({"nodes": found}, indent=2))
        return 0
    cells = [("NODE", "SERVER", "BMC", "DISCOVERED AT")]
    cells += [acceptance.described(node) for node in found]
    widths = [max(len(row[column]) for row in cells) for column in range(4)]
    _print(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        for row in (cells if found else ())
    )
    _note(f"{len(found)} discovered servers wait to be accepted.")
    return 0


def _accept(given: argparse.Namespace) -> int:
    wanted = credentials.driver_info(given.username, given.password_file, given.driver_info)
    if not wanted:
        raise exception.ConfigInvalid(
            error_msg="--accept needs --username and --password-file, or --driver-info."
        )
    outcomes = acceptance.accept(rest.caller(given.api), given.accept, wanted)
    for ident, problem in outcomes.items():
        _print([f"{ident}: {problem or 'manageable'}"])
    return 1 if any(outcomes.values()) else 0


def _print(lines: Any) -> None:
    for line in lines:
        print(safe_text.one_line(line))


def _note(line: str) -> None:
    print(safe_text.one_line(line), file=sys.stderr)
