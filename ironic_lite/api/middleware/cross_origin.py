# SPDX-License-Identifier: Apache-2.0
"""Cross-origin requests of web pages, by ``[cors]`` of oslo.middleware."""

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
    """Return ``[cors] allowed_origin``; by default none."""
    # The options are registered only if a configuration file has the group.
    return list(CONF.cors.allowed_origin or ()) if "cors" in CONF else []


def cross_origin(app: Any) -> Any:
    """Return the middleware, with the headers of this API added to the operator's."""
    from oslo_middleware.cors import CORS

    made = CORS(app, CONF)
    for allowed in made.allowed_origins.values():
        # Make new lists, because the existing ones are shared by all origins.
        allowed["allow_headers"] = _union(allowed["allow_headers"], _SENT)
        allowed["expose_headers"] = _union(allowed["expose_headers"], _READ)
    return made


def _union(given: list[str], ours: list[str]) -> list[str]:
    return list(dict.fromkeys((*given, *ours)))
