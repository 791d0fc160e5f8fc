# SPDX-License-Identifier: Apache-2.0
"""One run of a conductor: its parts, its start and its end."""

from collections.abc import Callable
from typing import Any

from oslo_log import log

from ironic_lite.common import concurrency, guru_meditation
from ironic_lite.common import context as ironic_context
from ironic_lite.common.interface_types import INTERFACE_TYPES
from ironic_lite.conductor import periodics
from ironic_lite.conductor.cluster import identity, keepalive, ring, workers
from ironic_lite.conductor.consoles import engine
from ironic_lite.conductor.inspection_rules import built_in
from ironic_lite.conductor.notifications import nova, outbox_sender
from ironic_lite.conductor.operations import handover
from ironic_lite.conductor.periodics import agents, orphans, searches
from ironic_lite.conf import CONF
from ironic_lite.drivers import factory
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

Alarm = Callable[[str], None]


class Life:
    """All parts of a running conductor.

    :param host: its name.
    :param alarm: called with a message when this conductor must stop at once.
    """

    def __init__(self, host: str, alarm: Alarm):
        self.identity = identity.Identity(
            host=host,
            group=CONF.conductor.conductor_group,
            incarnation=Conductor.new_incarnation(),
            workers=workers.Workers(
                CONF.conductor.workers_pool_size, CONF.conductor.reserved_workers_pool_percentage
            ),
            drivers=factory.DriverFactory(),
            ring=ring.HashRingManager(),
            tell_nova=nova.from_configuration(),
        )
        # An event loop in a green thread cannot run beside that of the API.
        if CONF.console.check_interval and not concurrency.green():
            self.identity.consoles = engine.Consoles(host, self.identity.drivers)
        self._context = ironic_context.admin_context()
        self._alarm = alarm
        self._keepalive: keepalive.Keepalive | None = None
        self._periodics: periodics.Scheduler | None = None
        self._sender: outbox_sender.Sender | None = None
        self._claimed = False

    def claim(self) -> None:
        """Register the name without hardware types, so that no request is sent to this conductor yet.

        Listening for RPCs under the name of another process would take requests away from it.

        :raises ConductorAlreadyRegistered: when a conductor of this name is alive.
        """
        self._register(serving=False)
        self._claimed = True

    def begin(self) -> None:
        """Load drivers and rules, register, release locks of an earlier run, and start the periodic tasks.

        :raises ConductorAlreadyRegistered: when a conductor of this name is alive.
        :raises ConfigInvalid, DriverNotFoundInEntrypoint, DriverLoadError: when drivers or built-in rules cannot be
            loaded.
        """
        me = self.identity
        me.drivers.load()
        built_in.load()
        record = self._register()
        me.record_id = record.id
        # No task of this run holds a lock yet, so all locks with this name are from an earlier run.
        freed = Node.release_orphans(self._context, [me.host], even_if_alive=True, by=me.host)
        orphans.log_broken_locks(freed, "from an earlier run")
        self._keepalive = keepalive.Keepalive(
            me.host, me.incarnation, self._register, self._superseded
        )
        self._keepalive.start()
        if CONF.notification_level is not None:
            self._sender = outbox_sender.Sender(f"{me.host} {me.incarnation}")
            self._sender.start()
        with me.active():
            orphans.recover(self._context)
            agents.attend(self._context)
            searches.run(self._context, record.id)
        if me.consoles is not None:
            me.consoles.serve_ssh()
        self._periodics = periodics.Scheduler(me, self._keepalive, record.id)
        self._periodics.start()
        guru_meditation.add(f"Conductor {me.host}", self._facts)
        LOG.info("Conductor %s serves %s", me.host, ", ".join(sorted(me.drivers.hardware_types)))

    def _facts(self) -> dict[str, object]:
        """Return what a report says of this conductor."""
        me = self.identity
        return {
            "group": me.group or "-",
            "incarnation": me.incarnation,
            "stopping": me.stopping.is_set(),
            "locks held": len(me.locks),
            "workers busy": f"{me.workers.busy} of {me.workers.size}",
            "keepalives": "fail" if self._keepalive and self._keepalive.failing else "succeed",
            "ring": me.ring.known(),
            "agents to be polled": me.watched.qsize(),
        }

    def leave_ring(self) -> None:
        """Stop serving hardware types, and hand running operations over at their next step.

        Keepalives continue, so that no other conductor breaks the locks of this one meanwhile.
        """
        if self._periodics is not None:
            self._periodics.stop()
        if self.identity.consoles is not None:
            self.identity.consoles.close()
        if self._keepalive is not None:
            try:
                self._register(serving=False)
            except Exception:
                LOG.exception("Could not leave the hash ring")
        self.identity.ring.reset()
        # Set this after leaving the ring, so that operations are not handed to this conductor itself.
        self.identity.stopping.set()

    def end(self) -> None:
        """Wait for running steps up to ``graceful_shutdown_timeout``, release the remaining locks, and unregister."""
        me = self.identity
        me.workers.close()
        if not me.workers.drain(CONF.conductor.graceful_shutdown_timeout):
            LOG.warning("%d operations still run; another conductor resumes them", me.workers.busy)
        me.workers.shutdown()
        if self._sender is not None:
            self._sender.stop()
        begun = self._keepalive is not None
        if self._keepalive is not None:
            self._keepalive.stop()
        if self._claimed:
            try:
                # Unregister first: if another process has taken the name meanwhile, it is alive and keeps its locks.
                Conductor.unregister(self._context, me.host, me.incarnation)
                left = Node.release_orphans(self._context, [me.host], by=me.host) if begun else []
                with me.active():
                    for row in left:
                        handover.tell_owner(Node.get_by_id(self._context, row["id"]))
            except Exception:
                LOG.exception(
                    "Could not unregister; the other conductors will notice the missing keepalives"
                )
            # Without a record this conductor never ran, for example because another process has the name.
            LOG.info("Conductor %s has stopped", me.host)

    def _superseded(self, message: str) -> None:
        # The locks and the record now belong to the other process.
        self._keepalive = None
        self._alarm(message)

    def _register(self, serving: bool = True) -> Conductor:
        me = self.identity
        types = sorted(me.drivers.hardware_types) if serving else []
        return Conductor.register(
            self._context,
            me.host,
            types,
            me.group,
            me.incarnation,
            {name: _choices(me.drivers, name) for name in types},
        )


def _choices(drivers: factory.DriverFactory, hardware_type: str) -> dict[str, dict[str, Any]]:
    return {
        kind: {
            "enabled": drivers.enabled_interfaces(hardware_type, kind),
            "default": drivers.default_interface(hardware_type, kind),
        }
        for kind in INTERFACE_TYPES
    }
