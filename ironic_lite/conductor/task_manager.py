# SPDX-License-Identifier: Apache-2.0
"""A task is the work of a conductor on one node, under a shared or an exclusive lock.

The exclusive lock is a token on the node's row (see ``objects``). The token fences every write: once another conductor
has locked the node, no write of this task changes the row, and the task ends. A task that has lost its lock does not
record a failure on the node, because the node belongs to another conductor.

A shared lock locks nothing: any number of tasks may read a node at the same time.
"""

import time
from collections.abc import Callable
from types import TracebackType
from typing import Any, TypeVar

from oslo_log import log
from oslo_utils import timeutils

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception, logs, metrics, redaction
from ironic_lite.common import journal as terms
from ironic_lite.common.operations import machine, provision_states
from ironic_lite.conductor.agents import ramdisk_logs
from ironic_lite.conductor.cluster import identity, workers
from ironic_lite.conductor.hardware import power
from ironic_lite.conductor.notifications import node_notifications
from ironic_lite.conductor.operations import concurrency_limits, journal
from ironic_lite.conductor.records import if_match
from ironic_lite.conf import CONF
from ironic_lite.drivers import boot_persistence
from ironic_lite.drivers.interfaces.driver import Driver
from ironic_lite.objects.node import Node
from ironic_lite.objects.port import Port, Portgroup
from ironic_lite.objects.volume import VolumeConnector, VolumeTarget

LOG = log.getLogger(__name__)

Part = TypeVar("Part", Port, Portgroup, VolumeConnector, VolumeTarget)


def _measure_state(node: Node) -> None:
    """Observe how long the node was in the state that it leaves."""
    since = node.provision_updated_at or node.created_at
    if since is not None:
        seconds = (timeutils.utcnow(with_timezone=True) - since).total_seconds()
        metrics.STATES.labels(str(node.provision_state)).observe(max(seconds, 0.0))


class _Move:
    """The node's fields before a move along the state machine, to undo the move."""

    FIELDS = ("provision_state", "target_provision_state", "last_error", "operation")

    def __init__(self, node: Node, operation: str | None):
        self._before = {field: getattr(node, field) for field in self.FIELDS}
        self._before["operation"] = operation

    def undo(self, task: "TaskManager") -> None:
        node = task.node
        if node.operation != self._before["operation"]:
            journal.note(task, terms.OPERATION, task.purpose, terms.FAILED, "it could not start")
        left, aim = node.provision_state, node.target_provision_state
        for field, value in self._before.items():
            setattr(node, field, value)
        journal.note(task, terms.STATE, node.provision_state, terms.ENTERED, "taken back")
        node_notifications.provision(node, "fail", left, aim, starts=False)
        node.save()


class TaskManager:
    """A task for one node; entering it takes the lock.

    :param node_ident: id, UUID or name.
    :param purpose: the lock's purpose, for the log and for errors.
    :param retry: whether to try again for a while when the node is locked.
    :raises NodeNotFound: on entering, when there is no such node.
    :raises NodeLocked: on entering, when another task holds the lock.
    :raises PreconditionFailed: on entering, when the node's revision is not the one that the client requires.
    """

    def __init__(
        self,
        context: ironic_context.RequestContext,
        node_ident: int | str,
        shared: bool = False,
        purpose: str = "unspecified action",
        retry: bool = True,
    ):
        self.context = context
        self.node: Node
        self.shared = shared
        self.purpose = purpose
        self._ident = node_ident
        self._retry = retry
        self._patience = 0.0
        self._conductor = identity.current()
        self._driver: Driver | None = None
        self._parts: dict[type[Any], list[Any]] = {}
        self._held = False
        self._token = ""
        self._spawn: tuple[Callable[..., Any], tuple[Any, ...], dict[str, Any]] | None = None
        self._slot: workers.Slot | None = None
        self._move: _Move | None = None
        self._operation: str | None = None
        self._in_worker = False
        self._then: list[tuple[Callable[..., Any], tuple[Any, ...]]] = []

    # -- the node's driver and ports ---------------------------------------------------------------------------

    @property
    def driver(self) -> Driver:
        """The node's interfaces.

        :raises DriverNotFound, InterfaceNotFoundInEntrypoint: when this conductor has not enabled them.
        """
        if self._driver is None:
            self._driver = self._conductor.drivers.driver_for(self.node)
        return self._driver

    @property
    def ports(self) -> list[Port]:
        """The node's ports, read once."""
        return self._parts_of(Port)

    @property
    def portgroups(self) -> list[Portgroup]:
        """The node's port groups, read once."""
        return self._parts_of(Portgroup)

    @property
    def volume_connectors(self) -> list[VolumeConnector]:
        """The node's volume connectors, read once."""
        return self._parts_of(VolumeConnector)

    @property
    def volume_targets(self) -> list[VolumeTarget]:
        """The node's volume targets by boot index, read once."""
        return sorted(self._parts_of(VolumeTarget), key=lambda target: target.boot_index)

    def _parts_of(self, kind: type[Part]) -> list[Part]:
        if kind not in self._parts:
            self._parts[kind] = list(kind.list_by_node_id(self.context, self.node.id))
        return self._parts[kind]

    def for_node(self, node_ident: int | str, purpose: str, shared: bool = False) -> "TaskManager":
        """Return a task for another node, on behalf of the same client.

        It waits for the lock as long as a power change may take: after a crash both nodes are recovered at once.
        """
        relative = TaskManager(self.context, node_ident, shared, purpose, retry=True)
        relative._patience = CONF.conductor.power_state_change_timeout
        return relative

    # -- the lock ----------------------------------------------------------------------------------------------

    def __enter__(self) -> "TaskManager":
        if self.shared:
            self.node = Node.get(self.context, self._ident)
        else:
            self._lock()
        return self

    def _lock(self) -> None:
        attempts = CONF.conductor.node_locked_retry_attempts if self._retry else 0
        deadline = time.monotonic() + (self._patience if attempts else 0)
        while True:
            try:
                self._reserve()
            except exception.NodeLocked:
                if attempts <= 0 and time.monotonic() >= deadline:
                    raise
                attempts -= 1
                time.sleep(CONF.conductor.node_locked_retry_interval)
            else:
                self._held = True
                self._operation = self.node.operation
                self._driver = None
                self._parts.clear()
                LOG.debug(
                    "Locked node %s for %s",
                    self.node.uuid,
                    self.purpose,
                    extra={logs.ALIKE: ""},  # Never dropped as a repetition: each lock is logged
                )
                self._check_precondition()
                return

    def _reserve(self) -> None:
        """Lock the node. The token is registered before the database has it: see ``periodics.orphans``."""
        token = Node.new_token()
        self._conductor.locks.add(token)
        try:
            self.node = Node.reserve(self.context, self._conductor.host, self._ident, token)
        except BaseException:
            self._conductor.locks.discard(token)
            raise
        self._token = token

    def _check_precondition(self) -> None:
        try:
            if_match.check(self.context, self.node)
        except exception.PreconditionFailed:
            self._unlock()
            raise

    def upgrade_lock(self, purpose: str | None = None) -> None:
        """Turn a shared lock into an exclusive one, and read the node again.

        :raises NodeLocked: when another task holds the lock.
        """
        self.purpose = purpose or self.purpose
        if self.shared:
            self._ident = self.node.id
            self._lock()
            self.shared = False

    def ensure_locked(self) -> None:
        """Check in the database that this task still holds the lock.

        :raises NodeLockLost: when it does not.
        """
        if self.shared or not self._held:
            raise exception.NodeLockLost(node=self.node.uuid)
        self.node.check_lock()

    def _unlock(self) -> None:
        if not self._held:
            return
        self._held = False
        try:
            self.node.release()
        except exception.NodeLockLost:
            self._log_lost_lock()
        except exception.DatabaseError as exc:
            LOG.error("The lock on node %s is given back later: %s", self.node.uuid, exc.message)
        except exception.NodeNotFound:
            LOG.debug("Node %s was deleted during %s", self.node.uuid, self.purpose)
        finally:
            self._conductor.locks.discard(self._token)
        for function, args in self._then:
            function(*args)

    def when_released(self, function: Callable[..., Any], *args: Any) -> None:
        """Call the function after the lock is released."""
        self._then.append((function, args))

    def _log_lost_lock(self) -> None:
        self._conductor.locks.discard(self._token)
        LOG.warning(
            "Lost the lock on node %s during %s: another conductor has taken the node over. This task ends and "
            "has written nothing since",
            self.node.uuid,
            self.purpose,
        )

    def release_resources(self) -> None:
        """End the task: release the lock and a claimed worker. Idempotent."""
        if self._slot is not None:
            self._slot.give_back()
            self._slot = None
        self._spawn = None
        self._unlock()

    # -- moves, and work that continues after the task's block -----------------------------------------------

    def process_event(
        self,
        event: str,
        callback: Callable[..., Any] | None = None,
        call_args: tuple[Any, ...] = (),
        call_kwargs: dict[str, Any] | None = None,
        target_state: str | None = None,
        then: str | None = None,
    ) -> None:
        """Move the node along the state machine, and save it.

        With a callback, the move is undone if the task's block ends with an error.

        :param then: a second event; both moves are one write, so the state between them is never stored.
        :param callback: runs on the worker pool after the task's block, under the same lock.
        :param target_state: the target provision state, if it differs from the state machine's.
        :raises InvalidStateRequested: when the state does not allow the event.
        :raises NoFreeConductorWorker: when no worker is free for the callback; the node has not moved.
        :raises ConcurrentActionLimit: when too many nodes of the cluster run such an operation; the node has not moved.
        """
        node = self.node
        move = self._next_state(event, target_state)
        if callback is not None:
            self.spawn_after(callback, *call_args, **(call_kwargs or {}))
            if not self._in_worker:
                self._move = _Move(node, self._operation)
            node.last_error = None
        self._enter(move, event, starts=callback is not None)
        if then is not None:
            self._enter(self._next_state(then, None), then)
        try:
            node.save()
        except exception.ConcurrentActionLimit:
            # The node has not moved, so there is no move to undo.
            self._move = None
            raise

    def _next_state(self, event: str, target_state: str | None) -> machine.Move:
        node = self.node
        try:
            return machine.move(
                node.provision_state, event, node.target_provision_state, target_state
            )
        except ValueError:
            raise exception.InvalidStateRequested(
                action=event, node=node.uuid, state=node.provision_state
            ) from None

    def _enter(self, move: machine.Move, event: str, starts: bool = False) -> None:
        node = self.node
        before, aim = node.provision_state, node.target_provision_state
        LOG.info("Node %s: %s -> %s (%s)", node.uuid, before, move.state, event)
        _measure_state(node)
        node.provision_state = move.state
        node.target_provision_state = move.target
        if provision_states.is_live(move.state):
            # A conductor that prepared the instance itself need not take the node over later.
            node.conductor_affinity = self._conductor.record_id
        journal.note(self, terms.STATE, move.state, terms.ENTERED, f"from {before} by {event}")
        concurrency_limits.check(node, before, event)
        node_notifications.provision(node, event, before, aim, starts)

    def spawn_after(self, function: Callable[..., Any], *args: Any, **kwargs: Any) -> None:
        """Run the function on the worker pool after the task's block, under the same lock.

        When work on the pool calls this, the function runs on the same worker.

        :raises NoFreeConductorWorker: when the pool is full.
        """
        if self._slot is None and not self._in_worker:
            self._slot = self._conductor.workers.claim()
        self._spawn = (function, args, kwargs)

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        if exc is None and self._slot is not None:
            slot, self._slot = self._slot, None
            try:
                slot.run(self._work)
            except BaseException:
                self._undo_move()
                self.release_resources()
                raise
            return
        if isinstance(exc, exception.NodeLockLost):
            self._held = False
            self._log_lost_lock()
        elif exc is not None:
            self._undo_move()
        self.release_resources()

    def _undo_move(self) -> None:
        if self._move is None or not self._held:
            return
        try:
            self._move.undo(self)
        except Exception:
            LOG.exception("Could not move node %s back after a failed start", self.node.uuid)

    def _work(self) -> None:
        """Run the task's function on a worker, and then the functions that it passes to :meth:`spawn_after`."""
        self._in_worker = True
        # The worker's log lines name the request that started this work.
        self.context.update_store()
        try:
            while self._spawn is not None:
                function, args, kwargs = self._spawn
                self._spawn = None
                function(*args, **kwargs)
        except exception.NodeLockLost:
            self._held = False
            self._log_lost_lock()
        except exception.DatabaseUnavailable as exc:
            LOG.error(
                "%s of node %s stops, and goes on from what is on record: %s",
                self.purpose,
                self.node.uuid,
                exc.message,
            )
        except Exception as exc:
            LOG.exception("%s of node %s has failed", self.purpose, self.node.uuid)
            self._record_failure(exc)
        finally:
            self.release_resources()

    def _record_failure(self, exc: Exception) -> None:
        """Record an unexpected error of work on the pool; flows record their own failures."""
        node = self.node
        try:
            node.last_error = redaction.mask_text(f"{self.purpose} failed: {exc}")
            if node.operation is not None:
                journal.end(self, self.purpose, terms.FAILED, node.last_error)
            if provision_states.is_working(node.provision_state):
                self.process_event("fail")
            else:
                node.save()
        except exception.NodeLockLost:
            self._held = False
            self._log_lost_lock()
        except Exception:
            LOG.exception("Could not record the failure on node %s", node.uuid)

    def note_retry(self, what: str, why: str) -> None:
        """Note a retry in the node's journal, with the node's next save."""
        journal.note(self, terms.RETRY, what, terms.STARTED, why)

    def keep_ramdisk_logs(self) -> None:
        """Collect the logs of the ramdisk, which is about to end, if they are always collected."""
        ramdisk_logs.collect_before_end(self)

    # -- the server --------------------------------------------------------------------------------------------

    def set_power(self, state: str, timeout: int | None = None) -> None:
        """Change the power state and record it; see :func:`ironic_lite.conductor.hardware.power.change`."""
        power.change(self, state, timeout)

    def set_boot_device(self, device: str, persistent: bool = False) -> None:
        """Set the boot device through the management interface.

        :param persistent: whether to set it for all boots, unless the node says otherwise (``boot_persistence``).
        :raises InvalidParameterValue: when the server does not offer the device.
        :raises NodeLockLost: when this task no longer holds the lock; no command is sent to the BMC.
        """
        self.ensure_locked()
        self.driver.management.validate(self)
        for_good = boot_persistence.decide(self.node, persistent)
        self.driver.management.set_boot_device(self, device, persistent=for_good)


acquire = TaskManager
