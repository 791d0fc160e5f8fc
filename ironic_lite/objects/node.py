# SPDX-License-Identifier: Apache-2.0
"""The node: a server, its state, and its lock.

``Node.reserve`` returns a *fenced* node. It holds the token of its lock, and its writes succeed only while the node
has that lock. The token never leaves the process: a node that was only read, or has crossed RPC, is not fenced, and
writes without that condition. Flows therefore use only the node of their task.

Assign dictionaries as a whole: a change inside one is not saved. The ``set_`` and ``del_`` methods do this.
"""

import functools
import time
import uuid
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Self

from oslo_utils import timeutils

from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.db import journal, node_agents, node_locks, nodes
from ironic_lite.objects import base, secrets
from ironic_lite.objects.record import Stored
from ironic_lite.objects.traits import Traited

Row = dict[str, Any]

SHOWN_AGENT_COLUMNS = ("agent_url", "agent_version", "agent_last_heartbeat")
"""Columns that Ironic keeps in ``driver_internal_info``, where its clients read them."""

_FRESH_ANSWERS = 5
"""How often a lock is checked in the database until an answer comes fast enough to be reliable."""

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
        # Without the token, the copy's writes would not be fenced.
        copied = super().__deepcopy__(memo)
        copied._token = self._token
        return copied

    # Reading

    @classmethod
    def get_by_id(cls, context: Any, node_id: int) -> Self:
        return cls.get(context, int(node_id))

    @classmethod
    def get_by_uuid(cls, context: Any, uuid: str) -> Self:
        return cls.get(context, uuid)

    @classmethod
    @base.remotable
    def get_by_name(cls, context: Any, name: str) -> Self:
        """Return the node of this name, even if the name looks like a UUID."""
        return cls._from_row(context, nodes.get_by_name(name))

    @classmethod
    @base.remotable
    def get_by_port_addresses(
        cls, context: Any, addresses: Iterable[str], node_uuid: str | None = None
    ) -> Self:
        """Return the one node with ports of these MAC addresses.

        :raises NodeNotFound: when there is no such node, or more than one.
        """
        return cls._from_row(context, node_agents.get_by_port_addresses(addresses, node_uuid))

    @classmethod
    def _page(cls, columns: tuple[str, ...], **place: Any) -> Sequence[Row]:
        selected, extra = _with_agent_columns(columns)
        page = super()._page(selected, **place)
        if "driver_internal_info" in columns:
            for row in page:
                _merge_agent(row, extra)
        return page

    @classmethod
    @base.remotable
    def shards(cls, context: Any) -> Sequence[Row]:
        """Return ``[{"name", "count"}]``: the number of nodes in each shard; name None for nodes without a shard."""
        return nodes.shards()

    def as_row(self, columns: Iterable[str]) -> Row:
        """Return this node in the form of ``rows``."""
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
        """Write the changed fields; a new provision state also sets ``provision_updated_at``.

        :raises NodeLockLost: when the node is fenced and its lock is lost; nothing was written.
        :raises NodeNotFound, AlreadyExists, InstanceAssociated: when the node was deleted, or another node has its name
            or its instance.
        :raises InvalidParameterValue: when a field was changed that cannot be changed.
        """
        changes, also = self._changes(), self._also("save")
        if changes or self.noted or also:
            self._load(nodes.update(self.id, changes, self._token, self.noted, also, self.uuid))
            self.noted = []
            if "chassis_id" in changes:
                self._load(self.REPOSITORY.get(self.id))

    def note(self, entry: journal.Entry) -> None:
        """Add an entry to the node's journal or history with the next ``save``; until then ``noted`` holds it."""
        self.noted.append(entry)

    def allow_in_states(
        self, in_states: Iterable[str], most: int, mutex: str, refusal: Exception
    ) -> None:
        """Make the next ``save`` raise ``refusal`` and write nothing if more than ``most`` nodes of the cluster, this
        one included, would then be in one of these states."""
        self.along(nodes.at_most(most, in_states, mutex, refusal))

    @base.remotable
    def destroy(self) -> None:
        """Delete the node and all records that belong to it. Raises as ``save`` does."""
        nodes.destroy(self.id, self._token, self._also("destroy"))

    # The lock

    @classmethod
    def reserve(cls, context: Any, tag: str, node_id: int | str, token: str | None = None) -> Self:
        """Lock a node.

        :param tag: the holder's name: the conductor's host name.
        :param node_id: id, UUID or name.
        :param token: a token from ``new_token``, for a caller that has to know it beforehand.
        :returns: the node, fenced.
        :raises NodeLocked: when the node is locked already.
        :raises NodeNotFound: when there is no such node.
        """
        token = token or cls.new_token()
        self = cls._from_row(context, node_locks.reserve(tag, node_id, token))
        self._token = token
        return self

    @staticmethod
    def new_token() -> str:
        return str(uuid.uuid4())

    @property
    def is_fenced(self) -> bool:
        """Whether this object holds a lock that it has not released."""
        return self._token is not None

    def release(self) -> None:
        """Release the lock.

        :raises NodeLockLost, NodeNotFound: when the lock is lost, or the node was deleted.
        :raises NodeNotLocked: when this object never held the lock.
        """
        if self._token is None:
            raise exception.NodeNotLocked(node=self.uuid)
        node_locks.release(self.id, self._token)
        self._token = None
        self._load({"reservation": None, "reserved_at": None})

    def check_lock(self) -> None:
        """Check in the database that this object still holds the lock. Raises as ``release`` does.

        A slow check is repeated: if the process was paused after the database answered, the lock may have been broken
        since.
        """
        if self._token is None:
            raise exception.NodeNotLocked(node=self.uuid)
        for _ in range(_FRESH_ANSWERS):
            asked = time.monotonic()
            node_locks.check_lock(self.id, self._token)
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
        """Break the locks of these hosts; return ``id``, ``uuid`` and ``reservation`` (the holder) of the nodes.

        Tasks that still run on these hosts can no longer write to the nodes.

        :param even_if_alive: also break the locks of hosts that are alive, such as the caller's own at its start.
            Otherwise a host that is alive again since the caller saw it dead keeps its locks.
        :param by: the conductor that breaks the locks, for the nodes' journals.
        """
        return node_locks.release_orphans(hostnames, even_if_alive, by)

    @classmethod
    def release_mislaid(
        cls, context: Any, hostname: str, incarnation: str, is_held: Callable[[str], bool]
    ) -> Sequence[Row]:
        """Break a conductor's locks that none of its tasks holds; returns as ``release_orphans`` does.

        :param incarnation: the caller's incarnation; no lock is broken if the conductor has another one now.
        :param is_held: returns whether a task of the caller holds the lock with this token, or is about to take it.
        """
        return node_locks.release_mislaid(hostname, incarnation, is_held)

    def seal(self) -> None:
        """Make every later ``save`` of this object fail, by a token that no lock has."""
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
        """Record a heartbeat of the agent, without the node's lock; the node's wait timeout starts again.

        :returns: ``provision_state`` and ``maintenance`` after the write; None when ``agent_token`` is not the node's
            and nothing was written.
        """
        values = {
            "agent_url": agent_url,
            "agent_version": agent_version,
            "agent_verify_ca": agent_verify_ca,
        }
        return node_agents.record_heartbeat(node_id, agent_token, values)

    @classmethod
    @base.remotable
    def claim_agent_token(cls, context: Any, node_id: int, token: str) -> bool:
        """Set the token of the node's agent, unless the node has another one.

        When no answer comes, call it again with the same token.

        :returns: False when the node has another token, or its power is being changed, which ends the agent.
        """
        return node_agents.claim_agent_token(node_id, token)

    def forget_agent(self) -> None:
        """Delete the agent's token and address: the agent is gone or about to be. Takes effect with ``save``."""
        for name in _AGENT_FIELDS:
            setattr(self, name, None)
            # Written even if this object has no agent: one may have sent a heartbeat since it was read.
            self._changed_fields.add(name)

    # Dictionaries

    def set_driver_internal_info(self, key: str, value: Any) -> None:
        """Set one key; takes effect with ``save``, as do the methods below."""
        self.driver_internal_info = {**self.driver_internal_info, key: value}

    def timestamp_driver_internal_info(self, key: str) -> None:
        """Set one key to the current time, as ISO 8601 text."""
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
    """Return the columns to read for these columns, and those of them that were not requested."""
    if "driver_internal_info" not in columns:
        return columns, ()
    selected = tuple(dict.fromkeys(columns + SHOWN_AGENT_COLUMNS))
    return selected, tuple(name for name in selected if name not in columns)


def _merge_agent(row: Row, extra: Iterable[str]) -> None:
    """Move the agent's columns to where Ironic has them, and remove the columns that were not requested."""
    # Most nodes of a list have no agent and skip this.
    if not (row["agent_url"] is row["agent_version"] is row["agent_last_heartbeat"] is None):
        agent = {name: row[name] for name in SHOWN_AGENT_COLUMNS if row[name] is not None}
        row["driver_internal_info"] = {**row["driver_internal_info"], **agent}
    for name in extra:
        del row[name]
