# SPDX-License-Identifier: Apache-2.0
"""Since when agents could have made themselves heard by this conductor.

Agents' calls come through the broker and are answered from the database. While either is away nobody hears them, and
their silence proves nothing; neither does it just after, nor when this conductor has only just started.
"""

import time

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.conductor import identity, rpcapi
from ironic_lite.conductor.keepalive import Keepalive
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds that a call of ours to ourselves may take."""


class Hearing:
    """Asks, at each :meth:`check`, whether a call gets through to this conductor."""

    def __init__(self, keepalive: Keepalive):
        self._keepalive = keepalive
        self._peers = rpcapi.ConductorAPI()
        self._since = self._last = time.monotonic()
        self._deaf = False

    def check(self, context: ironic_context.RequestContext) -> float:
        """Seconds for which calls have got through by now; 0 when they do not."""
        asked = time.monotonic()
        # Who was held up, by a silent broker or by being stopped, has heard nothing meanwhile either.
        if asked - self._last > CONF.conductor.check_wait_states_interval + 2 * _PATIENCE:
            self._since = asked
        heard = self._gets_through(context)
        self._last = time.monotonic()
        if not heard or self._last - asked > _PATIENCE:
            if not self._deaf:
                LOG.warning(
                    "Calls do not get through to this conductor; until they do, no agent's silence ends a wait"
                )
            self._deaf = True
            return 0.0
        if self._deaf:
            self._deaf = False
            self._since = time.monotonic()
            LOG.info("Calls get through again")
        return time.monotonic() - max(self._since, self._keepalive.calm_since)

    def _gets_through(self, context: ironic_context.RequestContext) -> bool:
        me = identity.current()
        if self._keepalive.failing:
            return False
        try:
            self._peers.greet(context, me.host, min(me.drivers.hardware_types), _PATIENCE)
        except Exception as exc:
            LOG.debug("A call to ourselves: %s", exc)
            return False
        return True
