# SPDX-License-Identifier: Apache-2.0
"""The conductor: which conductors are alive, and which hardware types and interfaces each has enabled.

Every run of a conductor process has its own incarnation. A process that starts takes the host name over from an earlier
run that is dead; if that run wakes up, its next ``touch`` fails. A new process decides as follows whether the earlier
run is dead:

* it unregistered, or sent no keepalive for ``[conductor] heartbeat_timeout``: it is dead;
* it ran on this machine: it is dead if its process is gone;
* otherwise: it is dead if it sends no keepalive for two heartbeat intervals.
"""

import time
from collections.abc import Iterable, Sequence
from typing import Any, Self

from ironic_lite.common import exception, process_identity
from ironic_lite.conf import CONF
from ironic_lite.db import conductors
from ironic_lite.db.models import CONDUCTORS
from ironic_lite.objects import base, fields

Row = dict[str, Any]
Interfaces = conductors.Interfaces

WATCH_INTERVAL = 0.25
"""Seconds between two checks of an earlier run."""


@base.register
class Conductor(base.IronicLiteObject):
    """``updated_at`` is the last keepalive; ``alive`` is computed when the object is read."""

    COLUMNS = dict(CONDUCTORS.c)

    fields = {"alive": fields.BooleanField()}

    @classmethod
    @base.remotable
    def get_by_hostname(cls, context: Any, hostname: str) -> Self:
        """Return the conductor with this host name, alive or not.

        :raises ConductorNotFound: when there is no such conductor.
        """
        return cls._from_row(context, conductors.get_by_hostname(hostname))

    @classmethod
    @base.remotable
    def list(
        cls,
        context: Any,
        limit: int | None = None,
        marker: str | None = None,
        sort_key: str = "id",
        sort_dir: str = "asc",
    ) -> Sequence[Self]:
        """Return a page of conductors, including dead ones; the marker is a host name.

        :raises ConductorNotFound: when the marker is no conductor.
        :raises InvalidParameterValue: when the sort key or the direction is wrong.
        """
        page = conductors.rows(limit, marker, sort_key, sort_dir)
        return [cls._from_row(context, row) for row in page]

    @classmethod
    @base.remotable
    def offline(cls, context: Any) -> Sequence[str]:
        """Return the host names of the conductors that are not alive."""
        return [row["hostname"] for row in conductors.rows() if not row["alive"]]

    @classmethod
    @base.remotable
    def ring_members(cls, context: Any) -> dict[str, Any]:
        """Return ``{"<conductor group>:<hardware type>": [host names of live conductors]}``."""
        members: dict[str, Any] = {}
        for row, driver in _served():
            name = f"{row['conductor_group'].lower()}:{driver}"
            members.setdefault(name, []).append(row["hostname"])
        return members

    @classmethod
    @base.remotable
    def hardware_types(cls, context: Any) -> dict[str, Any]:
        """Return ``{hardware type: [host names of live conductors]}``."""
        types: dict[str, Any] = {}
        for row, driver in _served():
            types.setdefault(driver, []).append(row["hostname"])
        return dict(sorted(types.items()))

    @classmethod
    @base.remotable
    def interfaces(cls, context: Any) -> Interfaces:
        """Return the interfaces that live conductors have enabled, in the form that ``register`` takes."""
        return conductors.interfaces()

    # A conductor's own record

    @staticmethod
    def new_incarnation() -> str:
        return process_identity.new()

    @classmethod
    def register(
        cls,
        context: Any,
        hostname: str,
        drivers: Iterable[str],
        conductor_group: str,
        incarnation: str,
        interfaces: Interfaces,
    ) -> Self:
        """Register a conductor that starts; this may wait for up to two heartbeat intervals.

        :param interfaces: ``{hardware type: {interface type: {"enabled": [names], "default": name or None}}}``
        :raises ConductorAlreadyRegistered: when another process of this name is alive.
        """
        announced = (hostname, tuple(drivers), conductor_group, incarnation, interfaces)
        try:
            row = conductors.register(*announced)
        except exception.ConductorAlreadyRegistered:
            former = conductors.get_by_hostname(hostname)
            if _is_alive(former):
                raise
            row = conductors.register(*announced, replaces=former["incarnation"])
        return cls._from_row(context, row)

    @classmethod
    def touch(cls, context: Any, hostname: str, incarnation: str) -> None:
        """Record a keepalive.

        :raises ConductorSuperseded: when a newer process has registered the host name; this one must stop.
        :raises ConductorNotFound: when the record was deleted; register again.
        """
        conductors.touch(hostname, incarnation)

    @classmethod
    def unregister(cls, context: Any, hostname: str, incarnation: str) -> None:
        """Mark the conductor as offline, unless a newer process has registered the host name."""
        conductors.unregister(hostname, incarnation)


def _served() -> list[tuple[Row, str]]:
    """Return the live conductors, each with every hardware type that it serves."""
    alive = [row for row in conductors.rows(sort_key="hostname") if row["alive"]]
    return [(row, driver) for row in alive for driver in row["drivers"]]


def _is_alive(former: Row) -> bool:
    match process_identity.look_up(former["incarnation"]):
        case process_identity.Life.ALIVE:
            return True
        case process_identity.Life.DEAD:
            return False
    patience = 2 * CONF.conductor.heartbeat_interval
    while True:
        now = conductors.get_by_hostname(former["hostname"])
        if (now["incarnation"], now["updated_at"]) != (
            former["incarnation"],
            former["updated_at"],
        ):
            return True
        if not now["alive"] or now["silent_for"] > patience:
            return False
        time.sleep(WATCH_INTERVAL)
