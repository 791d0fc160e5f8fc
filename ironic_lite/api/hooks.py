# SPDX-License-Identifier: Apache-2.0
"""What happens around every request, as pecan hooks."""

from collections.abc import Callable
from typing import Any

import pecan
import webob
from pecan import hooks

from ironic_lite.api import faults, versions
from ironic_lite.common import exception

MINOR = "ironic_lite.minor"
"""Where the negotiated microversion stands in the WSGI environment."""


class Request(pecan.Request):
    """A request whose body pecan leaves alone.

    pecan would parse every body a first time to look for arguments of controllers in it.
    """

    @property
    def json(self) -> Any:
        raise ValueError

    @property
    def params(self) -> Any:
        return self.GET

    @property
    def path_info(self) -> str:
        return _decoded(lambda: super(Request, self).path_info)

    @property
    def GET(self) -> Any:  # noqa: N802 - WebOb's name
        return _decoded(lambda: super(Request, self).GET)


def _decoded(read: Callable[[], Any]) -> Any:
    try:
        return read()
    except UnicodeDecodeError:
        raise exception.Invalid("The URL is not valid UTF-8.") from None


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
