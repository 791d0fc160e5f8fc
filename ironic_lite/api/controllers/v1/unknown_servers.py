# SPDX-License-Identifier: Apache-2.0
"""Inspection data of servers that no node is known for. Anybody can send it, so it is limited by address."""

import collections
import threading
import time
from collections.abc import Callable
from typing import Any

from oslo_log import log

from ironic_lite.api.call import Call
from ironic_lite.api.middleware import guessing
from ironic_lite.common import discovery, exception
from ironic_lite.conf import CONF
from ironic_lite.objects.node import Node

LOG = log.getLogger(__name__)

_WINDOW = 60.0
_MOST_ADDRESSES = 10_000


class TooManyInventories(exception.ServiceUnavailable):
    """Agents repeat a request after this status, but not after 429."""

    template = "Too many inventories of unknown servers come from this address; try again in %(seconds)d s."

    def __init__(self, seconds: float):
        self.retry_after = max(1, int(seconds + 0.999))
        super().__init__(seconds=self.retry_after)


class Pace:
    """Counts the inventories of each address in windows of a minute.

    :param clock: returns the time in seconds.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic):
        self._clock = clock
        self._lock = threading.Lock()
        self._windows: collections.OrderedDict[str, tuple[float, int]] = collections.OrderedDict()

    def take(self, address: str) -> None:
        """Count an inventory.

        :raises TooManyInventories: the limit is reached.
        """
        network, now = guessing.network(address), self._clock()
        with self._lock:
            until, count = self._windows.pop(network, (0.0, 0))
            if until <= now:
                until, count = now + _WINDOW, 0
            self._windows[network] = (until, min(count + 1, CONF.auto_discovery.max_per_minute + 1))
            while len(self._windows) > _MOST_ADDRESSES:
                self._windows.popitem(last=False)
        if count >= CONF.auto_discovery.max_per_minute:
            LOG.warning("Too many inventories of unknown servers come from %s", network)
            raise TooManyInventories(until - now)


_PACE = Pace()


def enrol(
    call: Call, inventory: dict[str, Any], data: dict[str, Any], system_uuid: str | None
) -> Node:
    """Let a conductor enrol the server, or recognise a discovered one; return its node.

    :raises NotFound: also when the server belongs to a node that is not being inspected.
    :raises TooManyInventories: when too many came from the client's address.
    """
    address = call.request.remote_addr or ""
    _PACE.take(address)
    sender = {"address": address, "system_uuid": (system_uuid or "")[:64] or None}
    try:
        conductor = _conductor(call, inventory)
        return conductor.discover(call.context, inventory, data, sender)
    except exception.NotFound:
        # The message may say more about other nodes.
        raise exception.NotFound() from None


def _conductor(call: Call, inventory: dict[str, Any]) -> Any:
    """Return a conductor that serves the hardware type that the node will have."""
    has_bmc = any(inventory.get(name) for name in ("bmc_address", "bmc_v6address"))
    for driver in (discovery.BMC_DRIVER if has_bmc else None, CONF.auto_discovery.driver):
        if driver:
            try:
                return call.conductors.serving(driver)
            except exception.DriverNotFound:
                continue
    return call.conductors.any()
