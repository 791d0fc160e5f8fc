# SPDX-License-Identifier: Apache-2.0
"""Discovered servers that wait to be accepted, and their acceptance."""

import time
from collections.abc import Sequence
from typing import Any

from ironic_lite.cmd import rest
from ironic_lite.common import discovery, states

Row = dict[str, Any]

_PATIENCE = 300
"""Seconds to wait for the verification of all servers."""
_PAUSE = 0.5
_FIELDS = "uuid,name,driver,driver_info,extra,last_error"


def waiting(call: rest.Caller) -> list[Row]:
    """Return the nodes of the servers that wait to be accepted."""
    query = {
        "provision_state": states.ENROLL,
        "description_contains": discovery.WAITS,
        "fields": _FIELDS,
    }
    found: list[Row] = call("GET", "nodes", query, None)["nodes"]
    return found


def described(node: Row) -> tuple[str, str, str, str]:
    """Return what to show of such a node: its name, its server, the address of its BMC, and when it was discovered."""
    discovered = node["extra"].get("discovered")
    discovered = discovered if isinstance(discovered, dict) else {}
    server = (discovered.get(key) for key in ("manufacturer", "product_name", "serial_number"))
    return (
        node["name"] or node["uuid"],
        " ".join(str(part) for part in server if part) or "-",
        str(node["driver_info"].get("ipmi_address") or "-"),
        str(discovered.get("at") or "-"),
    )


def accept(
    call: rest.Caller, idents: Sequence[str], driver_info: dict[str, str]
) -> dict[str, str | None]:
    """Set these fields of the nodes, and verify them; return what went wrong with each, None if nothing did."""
    outcomes: dict[str, str | None] = {}
    for ident in idents:
        path = rest.record("nodes", ident)
        patch = [
            {
                "op": "add",
                "path": f"/driver_info/{name.replace('~', '~0').replace('/', '~1')}",
                "value": value,
            }
            for name, value in driver_info.items()
        ]
        try:
            call("PATCH", path, {}, patch)
            call("PUT", f"{path}/states/provision", {}, {"target": "manage"})
        except rest.Refused as exc:
            outcomes[ident] = exc.message
        else:
            outcomes[ident] = ""
    deadline = time.monotonic() + _PATIENCE
    for ident in [ident for ident, problem in outcomes.items() if problem == ""]:
        outcomes[ident] = _verified(call, ident, deadline)
    return outcomes


def _verified(call: rest.Caller, ident: str, deadline: float) -> str | None:
    """Wait for the end of a verification; return what went wrong, or None."""
    path = rest.record("nodes", ident)
    while True:
        try:
            node = call("GET", path, {}, None)
        except rest.Refused as exc:
            return exc.message
        if node["provision_state"] != states.VERIFYING:
            if node["provision_state"] == states.MANAGEABLE:
                return None
            return str(node["last_error"] or f"the node is '{node['provision_state']}'")
        if time.monotonic() > deadline:
            return f"the verification has not ended in {_PATIENCE} s; see 'ironic-lite explain {ident}'"
        time.sleep(_PAUSE)
