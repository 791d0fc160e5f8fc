# SPDX-License-Identifier: Apache-2.0
"""Signs of life of a conductor, in a thread of their own so that no work holds them up."""

import threading
import time
from collections.abc import Callable

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.objects.conductor import Conductor

LOG = log.getLogger(__name__)


class Keepalive:
    """Touches the conductor's record each ``heartbeat_interval``.

    A database that cannot be reached is tried again at the next interval, for as long as it takes.

    :param register: writes the record anew, should somebody have removed it.
    :param alarm: called with a message when another process has taken the name; no sign of life follows.
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
        """When the last trouble of this kind was over, or this began."""
        self._refused = False
        self._begun: float | None = None
        self._thread = threading.Thread(target=self._run, name="keepalive", daemon=True)

    @property
    def failing(self) -> bool:
        """Whether the last sign of life did not get through, or takes longer than the time to the next one."""
        begun = self._begun
        return self._refused or (begun is not None and _is_late(begun))

    @property
    def steady(self) -> bool:
        """Whether the last few signs of life got through.

        While they did not, and just after, the signs of the others may be missing for the same reason.
        """
        calm = 2 * CONF.conductor.heartbeat_interval
        return not self.failing and time.monotonic() - self.calm_since > calm

    def start(self) -> None:
        """Begin."""
        self._thread.start()

    def stop(self) -> None:
        """End, and wait for a sign that is on its way."""
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
                    LOG.error("No sign of life could be given, trying on: %s", exc)
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
        if self._refused:
            LOG.info("Signs of life get through again")
        elif not _is_late(begun):
            return
        self.calm_since = time.monotonic()
        self._refused = False


def _is_late(begun: float) -> bool:
    return time.monotonic() - begun > CONF.conductor.heartbeat_interval
