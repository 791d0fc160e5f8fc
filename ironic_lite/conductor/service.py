# SPDX-License-Identifier: Apache-2.0
"""The conductor as a service: starts the RPC server, then the manager, and stops them in reverse."""

from typing import Any

import oslo_messaging
from oslo_log import log
from oslo_service import service

from ironic_lite.common import rpc
from ironic_lite.conductor import lifecycle, rpcapi
from ironic_lite.conductor.manager import ConductorManager
from ironic_lite.objects.base import IronicLiteObjectSerializer

LOG = log.getLogger(__name__)


class RPCService(service.Service):
    """One conductor.

    :param host: its name in the cluster.
    :param alarm: called with a message when the conductor must stop.
    """

    def __init__(self, host: str, alarm: lifecycle.Alarm):
        super().__init__()
        self.host = host
        self.manager = ConductorManager(host, alarm)
        self._server: Any = None

    def start(self) -> None:
        """Claim the name, listen for RPCs, then start to work; RPCs that come in between wait.

        :raises IronicLiteError: when the conductor cannot start; nothing keeps running then.
        """
        self.manager.claim_host()
        super().start()
        rpc.init()
        self._server = rpc.get_server(
            oslo_messaging.Target(topic=rpcapi.TOPIC, server=self.host),
            self.manager.endpoints(),
            IronicLiteObjectSerializer(),
        )
        self._server.start()
        try:
            self.manager.init_host()
        except BaseException:
            self.stop()
            raise

    def stop(self, graceful: bool = True) -> None:
        """Leave the ring, accept no more RPCs, and let running work end. Idempotent."""
        self.manager.leave_ring()
        if self._server is not None:
            self._server.stop()
            self._server.wait()
            self._server = None
        self.manager.del_host()
        super().stop(graceful)
