# SPDX-License-Identifier: Apache-2.0
"""The pecan hooks around every request."""

from typing import Any

import webob
from pecan import hooks

from ironic_lite.api import faults, versions

MINOR = "ironic_lite.minor"
"""Key of the negotiated microversion in the WSGI environment."""


class VersionHook(hooks.PecanHook):
    """Negotiates the microversion before the route is looked up."""

    priority = 1

    def on_route(self, state: Any) -> None:
        request = state.request
        request.environ[MINOR] = versions.negotiate(request.environ)
        # Do not negotiate the content type, because there is only one.
        request.pecan["content_type"] = "application/json"


class FaultHook(hooks.PecanHook):
    """Turns the exceptions of controllers into replies that Ironic's clients parse."""

    def on_error(self, state: Any, error: Exception) -> webob.Response:
        return faults.from_exception(error, state.request.environ.get(MINOR))
