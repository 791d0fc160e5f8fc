# SPDX-License-Identifier: Apache-2.0
"""An id for each request, which connects its reply, log lines and RPCs."""

import logging
import re
import time
import uuid
from collections.abc import Iterable
from typing import Any

from ironic_lite.api import bodies
from ironic_lite.common import logs, metrics

LOG = logging.getLogger(__name__)

_METHODS = ("GET", "HEAD", "OPTIONS", "POST", "PUT", "PATCH", "DELETE")
_READS = ("GET", "HEAD", "OPTIONS")

REQUEST_ID = "openstack.request_id"
GLOBAL_ID = "openstack.global_request_id"
"""Keys of the ids in the WSGI environment."""

ROUTE = "ironic_lite.route"
"""Key in the WSGI environment: the path of the route that answers, with its variables in braces."""

REFUSED = "ironic_lite.refused"
"""Key in the WSGI environment: text to append to the log line of a refused request, such as `` (...)``."""

_GLOBAL_HEADER = "HTTP_X_OPENSTACK_REQUEST_ID"
_GLOBAL = re.compile(r"^req-[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}\Z", re.IGNORECASE)


def _measure(environ: dict[str, Any], method: str, status: str, seconds: float) -> None:
    """Observe the time; what was answered before a route was found counts for the route ``none``."""
    known = method if method in _METHODS else "other"
    labels = (environ.get(ROUTE, "none") or "/", known, status[:3])
    metrics.count(lambda: metrics.REQUESTS.labels(*labels).observe(seconds))


def _path(environ: dict[str, Any]) -> str:
    sent: str = environ["PATH_INFO"]
    return sent.encode("latin-1", "replace").decode("utf-8", "replace")[:512]


def _alike(environ: dict[str, Any], status: str) -> str:
    """Return the key by which repeated refusals are counted instead of logged. Other requests are always logged."""
    if status < "4":
        return ""
    return f"{environ['REQUEST_METHOD']} {_path(environ)} {status[:3]}{environ.get(REFUSED, '')}"


class RequestId:
    """Adds the request's id to its environment and reply, and logs one line about it.

    Successful reads are logged in debug mode only: they change nothing, and logging is a tenth of their cost.
    """

    def __init__(self, app: Any):
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        # A request keeps its id when it comes again with its body.
        request_id = environ.get(REQUEST_ID) or f"req-{uuid.uuid4()}"
        environ[REQUEST_ID] = request_id
        given = environ.get(_GLOBAL_HEADER)
        if given and _GLOBAL.match(given):
            environ[GLOBAL_ID] = given
        began = time.monotonic()

        def start(status: str, headers: list[tuple[str, str]], exc_info: Any = None) -> Any:
            headers += [
                ("openstack-request-id", request_id),
                ("x-openstack-request-id", request_id),
            ]
            method = environ["REQUEST_METHOD"]
            if bodies.MOST not in environ:
                _measure(environ, method, status, time.monotonic() - began)
            level = logging.DEBUG if method in _READS and status < "4" else logging.INFO
            if bodies.MOST not in environ and LOG.isEnabledFor(level):
                # Log the path without the query, which may hold secrets. The context adds the id.
                LOG.log(
                    level,
                    "%s %s %s%s %.1f ms",
                    method,
                    _path(environ),
                    status[:3],
                    environ.get(REFUSED, ""),
                    (time.monotonic() - began) * 1000,
                    extra={logs.ALIKE: _alike(environ, status)},
                )
            return start_response(status, headers, exc_info)

        return self._app(environ, start)
