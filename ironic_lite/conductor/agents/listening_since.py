# SPDX-License-Identifier: Apache-2.0
"""Measures for how long this conductor has been reachable for agents.

Heartbeats come through the broker and are answered from the database. While either is away, heartbeats are lost, and
missing ones do not prove that an agent is gone. The same holds shortly after, and after this conductor's start.
"""

import time

from oslo_log import log

from ironic_lite.common import context as ironic_context
from ironic_lite.conductor import rpcapi
from ironic_lite.conductor.cluster import identity
from ironic_lite.conductor.cluster.keepalive import Keepalive
from ironic_lite.conf import CONF

LOG = log.getLogger(__name__)

_PATIENCE = 5.0
"""Seconds that an RPC of this conductor to itself may take."""


class Hearing:
    """Tests, at each :meth:`check`, whether an RPC reaches this conductor."""

    def __init__(self, keepalive: Keepalive):
        self._keepalive = keepalive
        self._peers = rpcapi.ConductorAPI()
        self._since = self._last = time.monotonic()
        self._deaf = False

    def check(self, context: ironic_context.RequestContext) -> float:
        """Return the seconds for which RPCs have reached this conductor; 0 when they do not."""
        asked = time.monotonic()
        # A late check means that this process was held up, and could not receive heartbeats either.
        if asked - self._last > CONF.conductor.check_wait_states_interval + 2 * _PATIENCE:
            self._since = asked
        heard = self._gets_through(context)
        self._last = time.monotonic()
        if not heard or self._last - asked > _PATIENCE:
            if not self._deaf:
                LOG.warning(
                    "RPCs do not reach this conductor; until they do, no wait for an agent times out"
                )
            self._deaf = True
            return 0.0
        if self._deaf:
            self._deaf = False
            self._since = time.monotonic()
            LOG.info("RPCs reach this conductor again")
        return time.monotonic() - max(self._since, self._keepalive.calm_since)

    def _gets_through(self, context: ironic_context.RequestContext) -> bool:
        me = identity.current()
        if self._keepalive.failing:
            return False
        try:
            # One that changes nothing.
            peer = self._peers.named(me.host, timeout=_PATIENCE)
            peer.get_driver_properties(context, min(me.drivers.hardware_types))
        except Exception as exc:
            LOG.debug("The RPC of this conductor to itself failed: %s", exc)
            return False
        return True
