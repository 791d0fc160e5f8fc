# SPDX-License-Identifier: Apache-2.0
"""A name for each request, by which its reply, its log lines and its RPCs can be found together."""

import logging
import re
import time
import uuid
from collections.abc import Iterable
from typing import Any

LOG = logging.getLogger(__name__)

REQUEST_ID = "openstack.request_id"
GLOBAL_ID = "openstack.global_request_id"
"""Where the names stand in the WSGI environment."""

_GLOBAL_HEADER = "HTTP_X_OPENSTACK_REQUEST_ID"
_GLOBAL = re.compile(r"^req-[a-f0-9]{8}(-[a-f0-9]{4}){3}-[a-f0-9]{12}\Z", re.IGNORECASE)


class RequestId:
    """Adds the request's name to its environment and its reply, and logs one line about it.

    Reads that succeed are only told in debug mode: they change nothing, and the line is a tenth of what they cost.
    """

    def __init__(self, app: Any):
        self._app = app

    def __call__(self, environ: dict[str, Any], start_response: Any) -> Iterable[bytes]:
        request_id = f"req-{uuid.uuid4()}"
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
            level = logging.DEBUG if method == "GET" and status < "4" else logging.INFO
            if LOG.isEnabledFor(level):
                # Without the query: a client may have put anything there. The context adds the name.
                LOG.log(
                    level,
                    "%s %s %s %.1f ms",
                    method,
                    environ["PATH_INFO"]
                    .encode("latin-1", "replace")
                    .decode("utf-8", "replace")[:512],
                    status[:3],
                    (time.monotonic() - began) * 1000,
                )
            return start_response(status, headers, exc_info)

        return self._app(environ, start)
