# SPDX-License-Identifier: Apache-2.0
"""Web pages of other origins that may use the API: ``[cors]`` of oslo.middleware."""

from typing import Any

from ironic_lite.api import versions
from ironic_lite.conf import CONF

_RANGE = [name for name, _value in versions.headers(None)]
_READ = [
    *_RANGE,
    versions.HEADER,
    "OpenStack-Request-ID",
    "X-OpenStack-Request-ID",
    "ETag",
    "Location",
    "Retry-After",
]
_SENT = [
    versions.HEADER,
    "OpenStack-API-Version",
    "X-Auth-Token",
    "Authorization",
    "X-OpenStack-Request-ID",
    "If-Match",
    "If-None-Match",
]


def origins() -> list[str]:
    """``[cors] allowed_origin``: nobody's by default."""
    # The options are registered where a configuration file has the group.
    return list(CONF.cors.allowed_origin or ()) if "cors" in CONF else []


def cross_origin(app: Any) -> Any:
    """The middleware, with the headers of this API beside the operator's."""
    from oslo_middleware.cors import CORS

    made = CORS(app, CONF)
    for allowed in made.allowed_origins.values():
        # New lists: those at hand are the options' own, and shared by all origins.
        allowed["allow_headers"] = _union(allowed["allow_headers"], _SENT)
        allowed["expose_headers"] = _union(allowed["expose_headers"], _READ)
    return made


def _union(given: list[str], ours: list[str]) -> list[str]:
    return list(dict.fromkeys((*given, *ours)))
