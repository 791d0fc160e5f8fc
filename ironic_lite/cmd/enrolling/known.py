# SPDX-License-Identifier: Apache-2.0
"""Which BMCs nodes name already."""

import ipaddress
import sys
import urllib.parse
from collections.abc import Iterator
from typing import Any

from ironic_lite.cmd import rest
from ironic_lite.common import safe_text

_PAGE = 1000

Row = dict[str, Any]


def by_bmc(call: rest.Caller, required: bool) -> dict[str, str] | None:
    """Return ``{address of the BMC: name or UUID of the node}``.

    :param required: whether an API that cannot be reached is an error; else the result is None, and a line on stderr
        says so.
    :raises Refused: see ``required``.
    """
    try:
        return {
            address: node["name"] or node["uuid"]
            for node in _nodes(call)
            for address in _addresses(node["driver_info"])
        }
    except rest.Refused as exc:
        if required:
            raise
        reason = safe_text.one_line(exc.message)
        print(f"Which BMCs are enrolled is unknown: {reason}.", file=sys.stderr)
        return None


def _nodes(call: rest.Caller) -> Iterator[Row]:
    query: Row = {"fields": "uuid,name,driver_info", "limit": _PAGE}
    while True:
        page = call("GET", "nodes", query, None)["nodes"]
        yield from page
        if len(page) < _PAGE:
            return
        query["marker"] = page[-1]["uuid"]


def _addresses(driver_info: Row) -> Iterator[str]:
    for key, value in driver_info.items():
        if key.endswith("_address") and isinstance(value, str):
            host = urllib.parse.urlsplit(value).hostname if "//" in value else value.strip("[]")
            try:
                yield str(ipaddress.ip_address(host or ""))
            except ValueError:
                continue
