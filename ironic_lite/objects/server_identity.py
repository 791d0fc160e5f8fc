# SPDX-License-Identifier: Apache-2.0
"""Which server a node is, by what its ramdisk reported: system UUID, serial number, addresses of its BMC.

Only for processes with database access.
"""

import dataclasses
from collections.abc import Collection, Sequence
from typing import Any

from ironic_lite.common import exception, states
from ironic_lite.db import server_identities
from ironic_lite.objects.node import Node

Row = dict[str, Any]

KEYS = server_identities.KEYS
bmc_addresses = server_identities.bmc_addresses


class AlreadyKnown(exception.IronicLiteError):
    """A node like the discovered server exists."""

    template = "A node for this server exists."


class TooManyWaiting(exception.IronicLiteError):
    """As many discovered servers wait as may."""

    template = "Too many discovered servers wait to be accepted."


@dataclasses.dataclass(frozen=True)
class Known:
    """A node that a server may belong to.

    :param identity: what is known about its server, by :data:`KEYS`; None for what is not.
    :param macs: the server's MAC addresses that the node has ports with.
    :param named: whether its ``driver_info`` names an address of the server's BMC.
    :param waits: whether it is a discovered server that waits to be accepted.
    """

    node_id: int
    uuid: str
    identity: Row
    macs: frozenset[str]
    named: bool
    waits: bool


def alike(identity: Row, macs: Collection[str]) -> list[Known]:
    """Return the nodes that have one of these MAC addresses, or share a part of this identity."""
    return [
        Known(
            node_id=row["node_id"],
            uuid=row["uuid"],
            identity={name: row[name] for name in KEYS},
            macs=frozenset(row["macs"]),
            named=row["named"],
            waits=row["discovered_at"] is not None and row["provision_state"] == states.ENROLL,
        )
        for row in server_identities.alike(identity, macs)
    ]


def enrol_with(node: Node, identity: Row, nics: Sequence[Row], most: int) -> None:
    """Let the node of a discovered server be created with its identity and its ports, in one transaction.

    The creation then also raises ``AlreadyKnown`` when a node like it exists, and ``TooManyWaiting`` when more than
    ``most`` discovered servers would wait to be accepted.

    :param nics: ``address``, ``pxe_enabled`` and ``extra`` of the ports.
    """
    node.along(server_identities.enrolment(identity, nics, most, AlreadyKnown(), TooManyWaiting()))


def store(node_id: int, identity: Row) -> None:
    """Replace what is known about the identity of a node's server.

    :raises NodeNotFound: when there is no such node.
    """
    server_identities.store(node_id, identity)


def waiting() -> int:
    """Return the number of discovered servers that wait to be accepted."""
    return server_identities.waiting()
