# SPDX-License-Identifier: Apache-2.0
"""Nodes for BMCs that a scan has found."""

import sys
from collections.abc import Sequence
from typing import Any

from ironic_lite.cmd import rest
from ironic_lite.common import safe_text

Row = dict[str, Any]

_IPMI_PORT = 623


def create(
    call: rest.Caller, rows: Sequence[Row], driver: str, port: int, driver_info: dict[str, str]
) -> int:
    """Create a node for each BMC with IPMI that no node names; return how many could not be created.

    :param rows: what was found; ``enrolled`` gets the UUID of the new node.
    :param port: the UDP port at which the BMCs have answered.
    """
    failed = 0
    for row in rows:
        if row["enrolled"] or row["ipmi"] is None:
            continue
        info: Row = {"ipmi_address": row["address"], **driver_info}
        if port != _IPMI_PORT:
            info["ipmi_port"] = port
        try:
            made = call("POST", "nodes", {}, {"driver": driver, "driver_info": info})
        except rest.Refused as exc:
            failed += 1
            reason = safe_text.one_line(exc.message)
            print(f"{row['address']}: no node was created: {reason}", file=sys.stderr)
        else:
            row["enrolled"] = made["uuid"]
    return failed
