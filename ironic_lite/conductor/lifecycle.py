# SPDX-License-Identifier: Apache-2.0
"""One life of a conductor: what it needs to work, how it begins and how it ends."""

from collections.abc import Callable
from typing import Any

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common.interface_types import INTERFACE_TYPES
from ironic_lite.conductor import (
    handover,
    identity,
    keepalive,
    nova,
    periodics,
    ring,
    sender,
    workers,
)
from ironic_lite.conductor.inspection_rules import built_in
from ironic_lite.conductor.periodics import agents, orphans, searches
from ironic_lite.conf import CONF
from ironic_lite.drivers import factory
from ironic_lite.objects.conductor import Conductor
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

Alarm = Callable[[str], None]


class Life:
    """Everything a running conductor holds.

    :param host: its name.
    :param alarm: called with a message when this conductor has to stop at once.
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
        self._context = ironic_context.admin_context()
        self._alarm = alarm
        self._keepalive: keepalive.Keepalive | None = None
        self._periodics: periodics.Scheduler | None = None
        self._sender: sender.Sender | None = None
        self._claimed = False

    def claim(self) -> None:
        """Register without hardware types: the name is ours, and nothing is sent to it yet.

        Whoever listens under a name that another process has takes calls away from it.

        :raises ConductorAlreadyRegistered: when a conductor of this name is alive.
        """
        self._register(serving=False)
        self._claimed = True

    def begin(self) -> None:
        """Load drivers and built-in rules, register, clear up after a former life, and start what runs by itself.

        :raises ConductorAlreadyRegistered: when a conductor of this name is alive.
        :raises ConfigInvalid, DriverNotFoundInEntrypoint, DriverLoadError: when drivers or rules cannot be used.
        """
        me = self.identity
        me.drivers.load()
        built_in.load()
        record = self._register()
        me.record_id = record.id
        # Nothing of this life holds a lock yet: what carries our name is a former life's.
        freed = Node.release_orphans(self._context, [me.host], even_if_alive=True, by=me.host)
        orphans.tell(freed, "in a former life")
        self._keepalive = keepalive.Keepalive(
            me.host, me.incarnation, self._register, self._superseded
        )
        self._keepalive.start()
        if CONF.notification_level is not None:
            self._sender = sender.Sender(f"{me.host} {me.incarnation}")
            self._sender.start()
        with me.active():
            orphans.recover(self._context)
            agents.attend(self._context)
            searches.run(self._context, record.id)
        self._periodics = periodics.Scheduler(me, self._keepalive, record.id)
        self._periodics.start()
        LOG.info("Conductor %s serves %s", me.host, ", ".join(sorted(me.drivers.hardware_types)))

    def leave_ring(self) -> None:
        """Serve no hardware type any more; running work is handed over at its next step, under our signs of life."""
        if self._periodics is not None:
            self._periodics.stop()
        if self._keepalive is not None:
            try:
                self._register(serving=False)
            except Exception:
                LOG.exception("Could not leave the hash ring")
        self.identity.ring.reset()
        # Only now: whoever is told to go on with our work must not be us.
        self.identity.stopping.set()

    def end(self) -> None:
        """Wait for running steps, up to ``graceful_shutdown_timeout``, release what is left, and say goodbye."""
        me = self.identity
        me.workers.close()
        if not me.workers.drain(CONF.conductor.graceful_shutdown_timeout):
            LOG.warning("%d operations still run; another conductor takes them up", me.workers.busy)
        me.workers.shutdown()
        if self._sender is not None:
            self._sender.stop()
        begun = self._keepalive is not None
        if self._keepalive is not None:
            self._keepalive.stop()
        if self._claimed:
            try:
                # In this order: if another process has taken the name meanwhile, it is alive, and keeps its locks.
                Conductor.unregister(self._context, me.host, me.incarnation)
                left = Node.release_orphans(self._context, [me.host], by=me.host) if begun else []
                with me.active():
                    for row in left:
                        handover.tell_owner(Node.get_by_id(self._context, row["id"]))
            except Exception:
                LOG.exception("Could not say goodbye; the others notice by themselves")
            # Else it never was one: another process has the name, say.
            LOG.info("Conductor %s has stopped", me.host)

    def _superseded(self, message: str) -> None:
        # Neither locks nor the record are ours any more.
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
