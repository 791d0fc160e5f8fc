# SPDX-License-Identifier: Apache-2.0
"""What happens around every request, as pecan hooks."""

from typing import Any

import webob
from pecan import hooks

from ironic_lite.api import faults, versions

MINOR = "ironic_lite.minor"
"""Where the negotiated microversion stands in the WSGI environment."""


class VersionHook(hooks.PecanHook):
    """Settles the microversion before anything is looked up."""

    priority = 1

    def on_route(self, state: Any) -> None:
        request = state.request
        request.environ[MINOR] = versions.negotiate(request.environ)
        # Never to negotiate the content type: there is one.
        request.pecan["content_type"] = "application/json"


class FaultHook(hooks.PecanHook):
    """Turns what a controller raises into the reply that Ironic's clients parse."""

    def on_error(self, state: Any, error: Exception) -> webob.Response:
        return faults.from_exception(error, state.request.environ.get(MINOR))
