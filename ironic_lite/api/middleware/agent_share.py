# SPDX-License-Identifier: Apache-2.0
"""Limits agents to a share of the request threads, so that many agents at once do not delay operators.

Agents retry: ironic-python-agent repeats a heartbeat after 5 to 10 seconds and a lookup after up to a minute, whatever
the status. Requests that it repeats only a few times (inspection data) or not at all (boot scripts) are not limited.
"""

import threading
from collections.abc import Iterable
from typing import Any

from ironic_lite.api import bodies, faults
from ironic_lite.common import exception
from ironic_lite.conf import CONF

_AGENTS = ("/v1/heartbeat/", "/heartbeat/", "/v1/lookup", "/lookup")
_THREADS_PER_AGENT = 4
"""One in this many request threads may serve agents."""


class AgentsHaveToWait(exception.ServiceUnavailable):
    """Too many agents at once; the request was not processed."""

    template = "Too many agents send requests at the same time; retry in a moment."
    retry_after = 5


class AgentShare:
    """Refuses agents while their share of the threads is in use. Only complete requests count."""

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
