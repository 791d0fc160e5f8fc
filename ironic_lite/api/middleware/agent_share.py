# SPDX-License-Identifier: Apache-2.0
"""Agents get a share of the request threads: a thousand of them that call at once do not keep operators waiting.

An agent that is told to come back does: ironic-python-agent repeats a heartbeat after 5 to 10 seconds and a lookup
after up to a minute, whatever the status. What it repeats only a few times (inspection data), or not at all (boot
scripts), is not refused here.
"""

import threading
from collections.abc import Iterable
from typing import Any

from ironic_lite.api import bodies, faults
from ironic_lite.common import exception
from ironic_lite.conf import CONF

_AGENTS = ("/v1/heartbeat/", "/heartbeat/", "/v1/lookup", "/lookup")
_THREADS_PER_AGENT = 4
"""One of so many request threads may serve an agent at any time."""


class AgentsHaveToWait(exception.ServiceUnavailable):
    """Nothing was done, and trying again costs little."""

    template = "Many agents call at once; retry in a moment."
    retry_after = 5


class AgentShare:
    """Refuses agents while their share of the threads is in use. It is taken by whole requests only."""

    def __init__(self, app: Any):
        self._app = app
        self._share = threading.BoundedSemaphore(-(-CONF.api.threads // _THREADS_PER_AGENT))

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        if not environ["PATH_INFO"].startswith(_AGENTS) or not bodies.is_here(environ):
            return self._app(environ, start_response)
        try:
            bodies.complete(environ, CONF.api.max_body_size)
        except exception.IronicLiteError as exc:
            return faults.from_exception(exc, None)(environ, start_response)
        if not self._share.acquire(blocking=False):
            return faults.from_exception(AgentsHaveToWait(), None)(environ, start_response)
        try:
            return self._app(environ, start_response)
        finally:
            self._share.release()
