# SPDX-License-Identifier: Apache-2.0
"""The traits of nodes and of runbooks; allocations and runbooks are matched to nodes by them."""

from collections.abc import Callable, Iterable
from typing import Any

import sqlalchemy as sa
from oslo_utils import timeutils

from ironic_lite.common import exception
from ironic_lite.db import engine, retry
from ironic_lite.db.models.base import new_revision
from ironic_lite.db.types import SortedWords

MAX_TRAITS = 50
"""Ironic's limit."""


class Traits:
    """The traits of one kind of owner.

    :param table: a table with a row for each trait of each owner.
    :param owner: the column with the owner's id.
    """

    def __init__(
        self,
        table: sa.Table,
        owner: sa.Column[int],
        owner_not_found: Callable[[object], Exception],
        trait_not_found: Callable[[object, str], Exception],
    ):
        (key,) = owner.foreign_keys
        self._table = table
        self._owner = owner
        self._owners = key.column.table
        self._owner_not_found = owner_not_found
        self._trait_not_found = trait_not_found

    def column(self) -> sa.Label[Any]:
        """Return a derived column with all traits of an owner as a sorted list."""
        joined = sa.type_coerce(sa.func.aggregate_strings(self._table.c.trait, ","), SortedWords())
        return (
            sa.select(joined)
            .where(self._owner == self._owners.c.id)
            .scalar_subquery()
            .label("traits")
        )

    def owners_with_all(self, traits: Iterable[str]) -> sa.ColumnElement[bool]:
        """Return the condition, on rows of owners, that the owner has all of these traits."""
        wanted = sorted(set(traits))
        found = (
            sa.select(self._owner)
            .where(self._table.c.trait.in_(wanted))
            .group_by(self._owner)
            .having(sa.func.count() == len(wanted))
        )
        return self._owners.c.id.in_(found) if wanted else sa.true()

    @retry.on_transient_error
    def replace(self, owner_id: int, traits: Iterable[str], token: str | None = None) -> list[str]:
        """Set the owner's traits; return all of them. Raises as ``Traited.set_traits`` does.

        :param token: write only while this is the token of the lock on the owner, a node.
        """
        with engine.writer() as connection:
            self._lock(connection, owner_id, token)
            present = self._read(connection, owner_id)
            return self._write(connection, owner_id, present, set(traits))

    @retry.on_transient_error
    def add(self, owner_id: int, trait: str, token: str | None = None) -> list[str]:
        """Add a trait to the owner, unless it has it. Returns and raises as ``replace`` does."""
        with engine.writer() as connection:
            self._lock(connection, owner_id, token)
            present = self._read(connection, owner_id)
            return self._write(connection, owner_id, present, present | {trait})

    @retry.on_transient_error
    def remove(self, owner_id: int, trait: str, token: str | None = None) -> list[str]:
        """Remove a trait from the owner. Returns as ``replace`` does, and raises as ``Traited.remove_trait`` does."""
        with engine.writer() as connection:
            ident = self._lock(connection, owner_id, token)
            present = self._read(connection, owner_id)
            if trait not in present and not retry.is_repeated():
                raise self._trait_not_found(ident, trait)
            return self._write(connection, owner_id, present, present - {trait})

    def _lock(self, connection: sa.Connection, owner_id: int, token: str | None) -> str:
        """Lock the owner's row, so that other changes of its traits wait; return its UUID."""
        statement = sa.select(self._owners).where(self._owners.c.id == owner_id).with_for_update()
        owner = connection.execute(statement).mappings().first()
        if owner is None:
            raise self._owner_not_found(owner_id)
        uuid: str = owner["uuid"]
        if token is not None and owner["reservation_token"] != token:
            raise exception.NodeLockLost(node=uuid)
        return uuid

    def _read(self, connection: sa.Connection, owner_id: int) -> set[str]:
        statement = sa.select(self._table.c.trait).where(self._owner == owner_id)
        return set(connection.execute(statement).scalars())

    def _write(
        self, connection: sa.Connection, owner_id: int, present: set[str], wanted: set[str]
    ) -> list[str]:
        if len(wanted) > MAX_TRAITS:
            raise exception.InvalidParameterValue(
                err=f"There can be no more than {MAX_TRAITS} traits; these are {len(wanted)}."
            )
        surplus = sorted(present - wanted)
        if surplus:
            connection.execute(
                sa.delete(self._table).where(
                    self._owner == owner_id, self._table.c.trait.in_(surplus)
                )
            )
        now = timeutils.utcnow(with_timezone=True)
        fresh = [
            {self._owner.name: owner_id, "trait": trait, "created_at": now}
            for trait in sorted(wanted - present)
        ]
        if fresh:
            connection.execute(sa.insert(self._table), fresh)
        if (surplus or fresh) and "revision" in self._owners.c:
            connection.execute(
                sa.update(self._owners)
                .where(self._owners.c.id == owner_id)
                .values(revision=new_revision())
            )
        return sorted(wanted)
