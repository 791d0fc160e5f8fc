# SPDX-License-Identifier: Apache-2.0
"""The periodic tasks of a conductor. Each task has its own thread, so no task delays another."""

import dataclasses
import random
import threading
from collections.abc import Callable

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import metrics
from ironic_lite.conductor.agents import listening_since
from ironic_lite.conductor.cluster import workers
from ironic_lite.conductor.cluster.identity import Identity
from ironic_lite.conductor.cluster.keepalive import Keepalive
from ironic_lite.conductor.periodics import (
    agents,
    consoles,
    history_cleanup,
    node_counts,
    orphans,
    power_recovery,
    power_sync,
    searches,
    sensors,
    stalled_boots,
    stray_ports,
    takeover,
    wait_timeouts,
)
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

POOL_UPKEEP_INTERVAL = 5
"""Seconds between two adjustments of the worker pool's size."""

Context = ironic_context.RequestContext


@dataclasses.dataclass(frozen=True)
class Periodic:
    """A periodic task.

    :param name: its name, for its thread and the log.
    :param interval: seconds from the end of one run to the start of the next; 0 disables the task.
    :param run: function that does one run.
    """

    name: str
    interval: float
    run: Callable[[Context], object]


def _check_waits(context: Context, hears: listening_since.Hearing) -> None:
    heard_for = hears.check(context)
    wait_timeouts.run(context, heard_for)
    stalled_boots.run(context, heard_for)


class Scheduler:
    """Runs the periodic tasks of one conductor.

    :param conductor_id: id of the conductor's record.
    """

    def __init__(self, identity: Identity, keepalive: Keepalive, conductor_id: int):
        self._identity = identity
        self._stop = threading.Event()
        taking_over = takeover.Takeover(conductor_id)
        conf = CONF.conductor
        syncing = power_sync.PowerSync(self._stop)
        recovering = power_recovery.PowerRecovery(self._stop)
        hears = listening_since.Hearing(keepalive)
        self._sensors = sensors.Sensors(self._stop)
        sensors_interval = CONF.sensor_data.interval if sensors.wanted() else 0
        tasks = (
            Periodic("power sync", conf.sync_power_state_interval, syncing.run),
            Periodic("power recovery", conf.power_failure_recovery_interval, recovering.run),
            Periodic("sensors", sensors_interval, self._sensors.run),
            Periodic(
                "waits", conf.check_wait_states_interval, lambda ctx: _check_waits(ctx, hears)
            ),
            Periodic(
                "orphans", conf.heartbeat_interval, lambda ctx: orphans.run(ctx, keepalive.steady)
            ),
            Periodic(
                "searches", conf.heartbeat_interval, lambda ctx: searches.run(ctx, conductor_id)
            ),
            Periodic("takeover", CONF.hash_ring_reset_interval, taking_over.run),
            Periodic("consoles", CONF.console.check_interval, consoles.run),
            Periodic("history cleanup", conf.node_history_cleanup_interval, history_cleanup.run),
            Periodic("stray ports", conf.stray_ports_interval, stray_ports.run),
            Periodic("node counts", CONF.metrics.nodes_interval, node_counts.NodeCounts().run),
            Periodic("pool upkeep", POOL_UPKEEP_INTERVAL, lambda _: identity.workers.maintain()),
        )
        self._threads = [
            threading.Thread(target=self._repeat, args=(task,), name=task.name, daemon=True)
            for task in tasks
            if task.interval
        ]
        asking = agents.Agents(identity, self._stop)
        self._threads.append(threading.Thread(target=asking.run, name="agents", daemon=True))

    def start(self) -> None:
        """Start. The first runs are at random times in the first interval, so that conductors do not run in step."""
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Start no more runs, and wait briefly for those in progress."""
        self._stop.set()
        for thread in self._threads:
            thread.join(timeout=1)
        self._sensors.close()

    def _repeat(self, task: Periodic) -> None:
        wait = task.interval * random.uniform(0.1, 1)  # noqa: S311 - spreads load, keeps no secret
        while not self._stop.wait(wait):
            wait = task.interval
            try:
                timed = metrics.timed(metrics.PERIODICS, task.name)
                with self._identity.active(), workers.background(), timed:
                    task.run(ironic_context.admin_context())
                metrics.PERIODIC_ENDS.labels(task.name).set_to_current_time()
            except Exception:
                LOG.exception(
                    "Periodic task '%s' failed; it runs again after its interval", task.name
                )
