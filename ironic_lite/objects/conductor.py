# SPDX-License-Identifier: Apache-2.0
"""The conductor: who is alive, and what each of them drives.

Every life of a conductor process has its own incarnation. A process that starts takes over the name of a former life
that is dead, and the former, should it wake, learns so from its next ``touch``. What tells a dead former life from a
rival of the same name:

* it unregistered, or was silent for ``[conductor] heartbeat_timeout``: dead;
* it ran on this machine: its process is there or it is not;
* else, it is watched for two heartbeat intervals since its last sign of life.
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
"""Seconds between two looks at a former life."""


@base.register
class Conductor(base.IronicLiteObject):
    """``updated_at`` is the last sign of life; ``alive`` is judged when the object is read."""

    COLUMNS = dict(CONDUCTORS.c)

    fields = {"alive": fields.BooleanField()}

    @classmethod
    @base.remotable
    def get_by_hostname(cls, context: Any, hostname: str) -> Self:
        """The conductor of this name, alive or not.

        :raises ConductorNotFound:
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
        """A page of conductors, dead ones among them; the marker is a host name.

        :raises ConductorNotFound: for the marker.
        :raises InvalidParameterValue: for the sort key or the direction.
        """
        page = conductors.rows(limit, marker, sort_key, sort_dir)
        return [cls._from_row(context, row) for row in page]

    @classmethod
    @base.remotable
    def offline(cls, context: Any) -> Sequence[str]:
        """Host names of the conductors that are not alive."""
        return [row["hostname"] for row in conductors.rows() if not row["alive"]]

    @classmethod
    @base.remotable
    def ring_members(cls, context: Any) -> dict[str, Any]:
        """``{"<conductor group>:<hardware type>": [host names alive]}``"""
        members: dict[str, Any] = {}
        for row in conductors.rows(sort_key="hostname"):
            if row["alive"]:
                for driver in row["drivers"]:
                    members.setdefault(f"{row['conductor_group'].lower()}:{driver}", []).append(
                        row["hostname"]
                    )
        return members

    @classmethod
    @base.remotable
    def hardware_types(cls, context: Any) -> dict[str, Any]:
        """``{hardware type: [host names alive]}``"""
        types: dict[str, Any] = {}
        for row in conductors.rows(sort_key="hostname"):
            if row["alive"]:
                for driver in row["drivers"]:
                    types.setdefault(driver, []).append(row["hostname"])
        return dict(sorted(types.items()))

    @classmethod
    @base.remotable
    def interfaces(cls, context: Any) -> Interfaces:
        """What the conductors alive have enabled, in the shape that ``register`` takes."""
        return conductors.interfaces()

    # A conductor about itself

    @staticmethod
    def new_incarnation() -> str:
        """A name for this life of this process."""
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
        """Announce a conductor that starts; may wait for up to two heartbeat intervals.

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
        """Give a sign of life.

        :raises ConductorSuperseded: a newer process has the name; this one must stop.
        :raises ConductorNotFound: the record is gone; register again.
        """
        conductors.touch(hostname, incarnation)

    @classmethod
    def unregister(cls, context: Any, hostname: str, incarnation: str) -> None:
        """Say goodbye; nothing happens when a newer process has the name."""
        conductors.unregister(hostname, incarnation)


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
