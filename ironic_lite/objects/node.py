# SPDX-License-Identifier: Apache-2.0
"""The node: a server, its state, and its lock.

``Node.reserve`` returns a *fenced* node. It remembers the token of its lock, and everything that it writes carries the
condition that the lock is still this one. The token stays in the process: a node that has crossed RPC, like one that
was only read, is not fenced, and writes without condition. Flows therefore work on the node of their task alone.

Dictionaries are replaced as a whole. A change inside one goes unnoticed; the ``set_`` and ``del_`` methods do it right.
"""

import functools
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from oslo_utils import timeutils

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.db import journal, nodes
from ironic_lite.objects import base, secrets
from ironic_lite.objects.record import Stored
from ironic_lite.objects.traits import Traited

Row = dict[str, Any]

SHOWN_AGENT_COLUMNS = ("agent_url", "agent_version", "agent_last_heartbeat")
"""Ironic keeps these in driver_internal_info, and its clients read them there."""

_FRESH_ANSWERS = 5
"""How often the database is asked about a lock, until an answer comes soon enough to be relied on."""

_AGENT_FIELDS = (*SHOWN_AGENT_COLUMNS, "agent_verify_ca", "agent_secret_token")


@secrets.register
class Node(Traited, secrets.Secretive, Stored):
    """Fields as Ironic's; the ``agent_*`` ones are kept there in ``driver_internal_info``.

    ``chassis_uuid`` and ``allocation_uuid`` follow from other records; ``traits`` have methods of their own. What is
    given to ``note`` is written by the next ``save``, in the same transaction and under the same fence.

    The ``agent_*`` fields have columns of their own, and a save writes changed columns only: so heartbeats, which take
    no lock, and the engine never overwrite each other. Replies show all of them but token and certificate.
    """

    REPOSITORY = nodes.nodes
    GUARDED = nodes.nodes.guarded
    TRAITS = nodes.node_traits

    driver_internal_info: dict[str, Any]
    instance_info: dict[str, Any]

    def __init__(self, context: Any = None, **kwargs: Any):
        super().__init__(context, **kwargs)
        self._token: str | None = None
        self.noted: list[journal.Entry] = []

    def __deepcopy__(self, memo: dict[int, Any]) -> Self:
        # A copy without the token would write past the fence.
        copied = super().__deepcopy__(memo)
        copied._token = self._token
        return copied

    # Reading

    @classmethod
    def get_by_id(cls, context: Any, node_id: int) -> Self:
        """See ``get``."""
        return cls.get(context, int(node_id))

    @classmethod
    def get_by_uuid(cls, context: Any, uuid: str) -> Self:
        """See ``get``."""
        return cls.get(context, uuid)

    @classmethod
    @base.remotable
    def get_by_name(cls, context: Any, name: str) -> Self:
        """The node of this name, even where it looks like a UUID."""
        return cls._from_row(context, nodes.get_by_name(name))

    @classmethod
    @base.remotable
    def get_by_port_addresses(
        cls, context: Any, addresses: Iterable[str], node_uuid: str | None = None
    ) -> Self:
        """The one node with ports of these MAC addresses.

        :raises NodeNotFound: when there is none, or more than one.
        """
        return cls._from_row(context, nodes.get_by_port_addresses(addresses, node_uuid))

    @classmethod
    @base.remotable
    def rows(
        cls,
        context: Any,
        columns: Iterable[str],
        limit: int | None = None,
        marker: str | None = None,
        sort_key: str = "id",
        sort_dir: str = "asc",
        filters: Row | None = None,
    ) -> Sequence[Row]:
        """A page of nodes as plain dictionaries with exactly these columns, JSON-able. Raises as ``list`` does."""
        wanted = tuple(columns)
        selected, extra = _with_agent_columns(wanted)
        page = cls.REPOSITORY.rows(
            selected, limit, marker, sort_key, sort_dir, filters, text_moments=True
        )
        if "driver_internal_info" in wanted:
            for row in page:
                _merge_agent(row, extra)
        return page

    @classmethod
    @base.remotable
    def shards(cls, context: Any) -> Sequence[Row]:
        """``[{"name", "count"}]``: how many nodes are in each shard; the name of those in none is None."""
        return nodes.shards()

    def as_row(self, columns: Iterable[str]) -> Row:
        """This node as ``rows`` would show it."""
        wanted = tuple(columns)
        selected, extra = _with_agent_columns(wanted)
        if not self.REPOSITORY.hidden.isdisjoint(selected):
            hidden = self.REPOSITORY.hidden.intersection(wanted)
            raise exception.InvalidParameterValue(err=f"Nodes have no column '{min(hidden)}'.")
        row = super().as_row(selected)
        if "driver_internal_info" in wanted:
            _merge_agent(row, extra)
        return row

    # Writing

    @base.remotable
    def save(self) -> None:
        """Write the changed fields; a new provision state is dated.

        :raises NodeLockLost: the node is fenced and its lock gone; nothing was written.
        :raises NodeNotFound: ``DuplicateName``, ``InstanceAssociated``, and ``InvalidParameterValue`` for
            fields that cannot be changed.
        """
        changes, also = self._changes(), self._also("save")
        if changes or self.noted or also:
            self._load(nodes.update(self.id, changes, self._token, self.noted, also, self.uuid))
            self.noted = []
            if "chassis_id" in changes:
                self._load(self.REPOSITORY.get(self.id))

    def note(self, entry: journal.Entry) -> None:
        """Add an entry to the node's journal or history with the next ``save``; until then it is in ``noted``."""
        self.noted.append(entry)

    def allow_in_states(
        self, in_states: Iterable[str], most: int, mutex: str, refusal: Exception
    ) -> None:
        """Have the next ``save`` raise ``refusal`` and write nothing if more than ``most`` nodes of the cluster are in
        one of these states by then, this one among them."""
        self.along(nodes.at_most(most, in_states, mutex, refusal))

    @base.remotable
    def destroy(self) -> None:
        """Delete the node and all that belongs to it. Raises as ``save`` does."""
        nodes.destroy(self.id, self._token, self._also("destroy"))

    # The lock

    @classmethod
    def reserve(cls, context: Any, tag: str, node_id: int | str, token: str | None = None) -> Self:
        """Lock a node.

        :param tag: who holds it: the conductor's host name.
        :param node_id: id, UUID or name.
        :param token: from ``new_token``, where the caller has to know it beforehand.
        :returns: the node, fenced.
        :raises NodeLocked: when somebody holds it.
        :raises NodeNotFound:
        """
        token = token or cls.new_token()
        self = cls._from_row(context, nodes.reserve(tag, node_id, token))
        self._token = token
        return self

    @staticmethod
    def new_token() -> str:
        """A secret for one lock."""
        return str(uuid.uuid4())

    @property
    def is_fenced(self) -> bool:
        """Whether this node was reserved by this process and not released since."""
        return self._token is not None

    def release(self) -> None:
        """Give the lock back.

        :raises NodeLockLost: it was lost already. ``NodeNotFound`` when the node was deleted.
        :raises NodeNotLocked: this object never held it.
        """
        if self._token is None:
            raise exception.NodeNotLocked(node=self.uuid)
        nodes.release(self.id, self._token)
        self._token = None
        self._load({"reservation": None, "reserved_at": None})

    def check_lock(self) -> None:
        """Ask the database whether the lock is still ours. Raises as ``release`` does.

        An answer that took long is asked for again: a process that was stopped in between would take for true what was
        so before others declared it dead.
        """
        if self._token is None:
            raise exception.NodeNotLocked(node=self.uuid)
        for _ in range(_FRESH_ANSWERS):
            asked = time.monotonic()
            nodes.check_lock(self.id, self._token)
            if time.monotonic() - asked < CONF.conductor.heartbeat_timeout / 2:
                return
        raise exception.NodeLockLost(node=self.uuid)

    @classmethod
    def release_orphans(
        cls,
        context: Any,
        hostnames: Iterable[str],
        even_if_alive: bool = False,
        by: str | None = None,
    ) -> Sequence[Row]:
        """Break the locks of these hosts; returns ``id``, ``uuid`` and ``reservation`` (who held it) of the nodes.

        What still runs there is fenced off.

        :param even_if_alive: also of hosts that are alive, as the caller's own at its start. Otherwise a host that has
            come back since the caller saw it dead keeps its locks.
        :param by: the conductor that does it, for the nodes' journals.
        """
        return nodes.release_orphans(hostnames, even_if_alive, by)

    @classmethod
    def release_mislaid(
        cls, context: Any, hostname: str, incarnation: str, is_held: Callable[[str], bool]
    ) -> Sequence[Row]:
        """Break the locks that a conductor has on record and none of its tasks holds; returns as ``release_orphans``.

        :param incarnation: of the caller; nothing happens when it is no longer the conductor's.
        :param is_held: tells from a token whether a task of the caller holds the lock, or is about to take it.
        """
        return nodes.release_mislaid(hostname, incarnation, is_held)

    def seal(self) -> None:
        """Nothing of what is changed about this object from now on can be saved: its fence is that of no lock."""
        self._token = str(uuid.uuid4())

    # The agent

    @classmethod
    def record_heartbeat(
        cls,
        context: Any,
        node_id: int,
        agent_token: str,
        agent_url: str,
        agent_version: str | None,
        agent_verify_ca: str | None = None,
    ) -> Row | None:
        """Note that the agent called, without need of the lock; a wait for it begins anew.

        :returns: ``provision_state`` and ``maintenance`` as they were once that was on record; None when
            ``agent_token`` is not the node's, and nothing was written.
        """
        told = {
            "agent_url": agent_url,
            "agent_version": agent_version,
            "agent_verify_ca": agent_verify_ca,
        }
        return nodes.record_heartbeat(node_id, agent_token, told)

    @classmethod
    @base.remotable
    def claim_agent_token(cls, context: Any, node_id: int, token: str) -> bool:
        """Make this the token of the node's agent, unless it has another one.

        To be tried again with the same token when no answer comes.

        :returns: False when it has another one, or its power is being changed: whoever asks then is about to end.
        """
        return nodes.claim_agent_token(node_id, token)

    def forget_agent(self) -> None:
        """The agent is gone, or about to be; its token is void. Takes effect with ``save``."""
        for name in _AGENT_FIELDS:
            setattr(self, name, None)
            # Written even where this copy knows of no agent: one may have called since it was read.
            self._changed_fields.add(name)

    # Dictionaries

    def set_driver_internal_info(self, key: str, value: Any) -> None:
        """Set one key; takes effect with ``save``, as do the methods below."""
        self.driver_internal_info = {**self.driver_internal_info, key: value}

    def timestamp_driver_internal_info(self, key: str) -> None:
        """Set one key to the present moment, as ISO 8601 text."""
        self.set_driver_internal_info(key, timeutils.utcnow().isoformat())

    def del_driver_internal_info(self, key: str, default: Any = None) -> Any:
        """Remove one key and return its value, or ``default`` when it was not there."""
        left = dict(self.driver_internal_info)
        if key not in left:
            return default
        value = left.pop(key)
        self.driver_internal_info = left
        return value

    def set_instance_info(self, key: str, value: Any) -> None:
        """Set one key of ``instance_info``."""
        self.instance_info = {**self.instance_info, key: value}

    def del_instance_info(self, key: str, default: Any = None) -> Any:
        """Remove one key of ``instance_info`` and return its value, or ``default``."""
        left = dict(self.instance_info)
        if key not in left:
            return default
        value = left.pop(key)
        self.instance_info = left
        return value


@functools.lru_cache(maxsize=256)
def _with_agent_columns(columns: tuple[str, ...]) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """What has to be read to show these columns, and those of it that nobody asked for."""
    if "driver_internal_info" not in columns:
        return columns, ()
    selected = tuple(dict.fromkeys(columns + SHOWN_AGENT_COLUMNS))
    return selected, tuple(name for name in selected if name not in columns)


def _merge_agent(row: Row, extra: Iterable[str]) -> None:
    """Show the agent's columns where Ironic has them; those that nobody asked for leave the row."""
    # Few nodes of a list have an agent.
    if not (row["agent_url"] is row["agent_version"] is row["agent_last_heartbeat"] is None):
        agent = {name: row[name] for name in SHOWN_AGENT_COLUMNS if row[name] is not None}
        row["driver_internal_info"] = {**row["driver_internal_info"], **agent}
    for name in extra:
        del row[name]
