# SPDX-License-Identifier: Apache-2.0
"""Gives a process its own source address on a machine that has only the loopback network.

Python imports this at its start when this directory is on PYTHONPATH. Every connection to 127.0.0.1 then comes from
``CHAOS_SOURCE_ADDRESS``, as if the process had its own host, so that BMCs and agents can distinguish processes.
"""

import os
import socket
from typing import Any

_SOURCE = os.environ.get("CHAOS_SOURCE_ADDRESS")
_connect = socket.socket.connect


def _connect_from_source(self: socket.socket, address: Any) -> None:
    if self.family == socket.AF_INET and address[0] == "127.0.0.1" and self.getsockname()[1] == 0:
        self.bind((_SOURCE, 0))
    _connect(self, address)


if _SOURCE:
    socket.socket.connect = _connect_from_source  # type: ignore[method-assign]
