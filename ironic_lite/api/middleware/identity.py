# SPDX-License-Identifier: Apache-2.0
"""The common part of the authentication strategies: the context and the refusal."""

from typing import Any

import webob

from ironic_lite.api import faults
from ironic_lite.api.middleware.request_id import GLOBAL_ID, REQUEST_ID
from ironic_lite.common.context import RequestContext


def context(environ: dict[str, Any], **who: Any) -> RequestContext:
    """Return the context of a request, with the fields ``who``."""
    return RequestContext(**_names(environ), **who)


def context_from_headers(environ: dict[str, Any]) -> RequestContext:
    """Return the context from trusted headers, without the token, because contexts are sent to conductors."""
    made: RequestContext = RequestContext.from_environ(
        environ, auth_token=None, service_token=None, **_names(environ)
    )
    return made


def _names(environ: dict[str, Any]) -> dict[str, Any]:
    return {"request_id": environ[REQUEST_ID], "global_request_id": environ.get(GLOBAL_ID)}


def refusal(scheme: str) -> webob.Response:
    """Return a 401 in the form that Ironic's clients parse.

    :param scheme: value of ``WWW-Authenticate``.
    """
    body = faults.routing_error(401, "Authorization required")
    return faults.response(401, body, [("WWW-Authenticate", scheme)])
