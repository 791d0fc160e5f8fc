# SPDX-License-Identifier: Apache-2.0
"""The WSGI application: pecan, and the middleware in front of it."""

from collections.abc import Iterator
from typing import Any

from ironic_lite.api.controllers.root import Application
from ironic_lite.api.hooks import FaultHook, VersionHook
from ironic_lite.api.middleware import cross_origin, local_only
from ironic_lite.api.middleware.agent_share import AgentShare
from ironic_lite.api.middleware.auth import auth
from ironic_lite.api.middleware.parsed_body_limit import DocumentRoom
from ironic_lite.api.middleware.proxied import Proxied
from ironic_lite.api.middleware.request_id import RequestId
from ironic_lite.api.middleware.retry_after import RetryAfter
from ironic_lite.api.middleware.unexpected_errors import LastResort
from ironic_lite.common import policy, rpc
from ironic_lite.conductor import rpcapi
from ironic_lite.conf import CONF
from ironic_lite.objects.base import IronicLiteObject

# From the inside out: a request passes them from the last to the first.
_INNER: tuple[Any, ...] = (
    DocumentRoom,  # releases the memory of parsed bodies as soon as there is an answer
    auth,  # a refusal costs only a header; public routes pass
    LastResort,  # outside of everything that may fail, inside of the request id
    AgentShare,  # outside of everything expensive, to refuse agents cheaply
)
_OUTER: tuple[Any, ...] = (
    RequestId,  # so that refusals and failures have an id too, and are logged
    RetryAfter,  # outermost, for every source of a 503
)


def make_app() -> Any:
    """Make the application. The configuration must have been read.

    :raises ConfigInvalid: the policy file, the files of http_basic, or the transport cannot be used.
    """
    policy.load()
    rpc.init()
    conductors = rpcapi.ConductorAPI()
    if CONF.api.database_access == "rpc":
        # It has the three methods of oslo.versionedobjects' interface, among others.
        IronicLiteObject.indirection_api = conductors.any()  # type: ignore[assignment]
    app: Any = Application(conductors, [VersionHook(), FaultHook()])
    for middleware in (*_INNER, *_against_web_pages(), *_OUTER):
        app = middleware(app)
    # Outside of everything that reads an address.
    return Proxied(app) if CONF.oslo_middleware.enable_proxy_headers_parsing else app


def _against_web_pages() -> Iterator[Any]:
    """Return the middleware that decides which web pages may use the API."""
    origins = cross_origin.origins()
    if local_only.is_needed():
        yield lambda app: local_only.LocalOnly(app, origins)
    if origins:
        yield cross_origin.cross_origin
