# SPDX-License-Identifier: Apache-2.0
"""Advice about discovered servers, and about data of servers that does not fit their nodes."""

from collections.abc import Iterator, Sequence
from typing import Any

from ironic_lite.common import discovery, states
from ironic_lite.common import journal as terms
from ironic_lite.objects.node import Node

_BMC = {
    "ipmi": (
        "set the user and password of its BMC with 'baremetal node set {node} --driver-info ipmi_username=USER "
        "--driver-info ipmi_password=PASSWORD'"
    )
}
_OTHER = "set what its driver needs with 'baremetal node set {node} --driver-info NAME=VALUE'"


def advice(node: Node, entries: Sequence[dict[str, Any]]) -> Iterator[str]:
    """Yield what an operator can do.

    :param entries: the entries of the node's journal since its last operation began.
    """
    mark = discovery.of(node.driver_internal_info)
    if node.provision_state == states.ENROLL and mark.get("state") == discovery.WAITING:
        ident = node.name or node.uuid
        how = _BMC.get(node.driver, _OTHER).format(node=ident)
        yield (
            f"The server was discovered at {mark.get('at')} from {mark.get('from')}, and waits to be accepted: {how}, "
            f"then run 'baremetal node manage {ident}'. If it is none of yours, run 'baremetal node delete {ident}'."
        )
    yield from dict.fromkeys(
        entry["detail"] for entry in entries if entry["kind"] == terms.CONFLICT
    )
