# SPDX-License-Identifier: Apache-2.0
"""The start, the RPC endpoints and the end of a conductor."""

import threading

from ironic_lite.conductor import lifecycle
from ironic_lite.conductor.cluster.identity import Identity
from ironic_lite.conductor.endpoints import allocations, hardware, nodes, objects, records, serving

_SERVED = (
    nodes.SERVED,
    records.SERVED,
    hardware.SERVED,
    allocations.SERVED,
    objects.SERVED,
)


class ConductorManager:
    """One conductor.

    :param host: its host name.
    :param on_superseded: called when another process has registered the host name; this conductor has to stop.
    """

    identity: Identity

    def __init__(self, host: str, on_superseded: lifecycle.Alarm):
        self.host = host
        self.ready = threading.Event()
        self._life: lifecycle.Life | None = None
        self._on_superseded = on_superseded

    def endpoints(self) -> list[serving.Endpoint]:
        return [serving.Endpoint(self, bound) for bound in _SERVED]

    # -- life ----------------------------------------------------------------------------------------------------

    def claim_host(self) -> None:
        """Register the host name, before anything else is done under it.

        :raises ConductorAlreadyRegistered: when a conductor of this name is alive.
        """
        life = lifecycle.Life(self.host, self._on_superseded)
        life.claim()
        self._life = life

    def init_host(self) -> None:
        """Start the work; see :class:`ironic_lite.conductor.lifecycle.Life`.

        :raises ConductorAlreadyRegistered: when a conductor of this name is alive.
        :raises ConfigInvalid, DriverNotFoundInEntrypoint, DriverLoadError: when an enabled driver cannot be loaded.
        """
        if self._life is None:
            self.claim_host()
        assert self._life is not None
        self.identity = self._life.identity
        self._life.begin()
        self.ready.set()

    def leave_ring(self) -> None:
        """Leave the hash ring, stop the periodic tasks, and hand running operations over at their next step."""
        if self._life is not None:
            self._life.leave_ring()

    def del_host(self) -> None:
        """Wait for the running work, and release what this conductor still holds."""
        if self._life is not None:
            self._life.end()
            self._life = None
