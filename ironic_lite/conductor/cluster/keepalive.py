# SPDX-License-Identifier: Apache-2.0
"""Keepalives of a conductor, in their own thread so that no work delays them."""

import threading
import time
from collections.abc import Callable

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception, metrics
from ironic_lite.conf import CONF
from ironic_lite.objects.conductor import Conductor

LOG = log.getLogger(__name__)


class Keepalive:
    """Updates the time on the conductor's record every ``heartbeat_interval``.

    While the database cannot be reached, it retries at each interval without a limit.

    :param register: function that writes the record again if it was removed.
    :param alarm: called with a message when another process has taken the name; no keepalive follows.
    """

    def __init__(
        self,
        host: str,
        incarnation: str,
        register: Callable[[], object],
        alarm: Callable[[str], None],
    ):
        self._host = host
        self._incarnation = incarnation
        self._register = register
        self._alarm = alarm
        self._stop = threading.Event()
        self.calm_since = time.monotonic()
        """When keepalives last recovered, or began (``time.monotonic()``)."""
        self._refused = False
        self._begun: float | None = None
        self._thread = threading.Thread(target=self._run, name="keepalive", daemon=True)

    @property
    def failing(self) -> bool:
        """Tell whether the last keepalive failed, or takes longer than the interval."""
        begun = self._begun
        return self._refused or (begun is not None and _is_late(begun))

    @property
    def steady(self) -> bool:
        """Tell whether the last few keepalives succeeded.

        If not, those of other conductors may be missing for the same reason.
        """
        calm = 2 * CONF.conductor.heartbeat_interval
        return not self.failing and time.monotonic() - self.calm_since > calm

    def start(self) -> None:
        self._thread.start()

    def stop(self) -> None:
        """Stop, and wait for a keepalive in progress."""
        self._stop.set()
        if self._thread is not threading.current_thread():
            self._thread.join(timeout=CONF.conductor.heartbeat_interval)

    def _run(self) -> None:
        while not self._stop.wait(CONF.conductor.heartbeat_interval):
            self._begun = time.monotonic()
            try:
                self._touch()
            except exception.ConductorSuperseded:
                self._alarm(
                    f"Another process has taken the name '{self._host}'. This conductor stops; give each "
                    "conductor its own [DEFAULT] host."
                )
                return
            except Exception as exc:
                if not self._refused:
                    LOG.error("The keepalive failed, trying again: %s", exc)
                self._refused = True
            else:
                self._got_through(self._begun)
            self._begun = None

    def _touch(self) -> None:
        try:
            Conductor.touch(ironic_context.admin_context(), self._host, self._incarnation)
        except exception.ConductorNotFound:
            LOG.warning("The record of conductor %s was removed; registering again", self._host)
            self._register()

    def _got_through(self, begun: float) -> None:
        metrics.KEEPALIVES.set_to_current_time()
        if self._refused:
            LOG.info("Keepalives succeed again")
        elif not _is_late(begun):
            return
        self.calm_since = time.monotonic()
        self._refused = False


def _is_late(begun: float) -> bool:
    return bool(time.monotonic() - begun > CONF.conductor.heartbeat_interval)
