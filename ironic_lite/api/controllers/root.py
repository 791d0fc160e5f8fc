# SPDX-License-Identifier: Apache-2.0
"""The pecan application: its requests, and how it finds their operations."""

from collections.abc import Callable
from typing import Any

import pecan
import webob
from pecan.core import ExplicitPecan

from ironic_lite.api import routes
from ironic_lite.api.call import Call
from ironic_lite.api.hooks import MINOR
from ironic_lite.api.middleware.request_id import ROUTE
from ironic_lite.api.routing import CALL, RouteNotFound
from ironic_lite.common import exception
from ironic_lite.conductor import rpcapi

_SUFFIX = ".json"
_SUFFIX_UNTIL = 90


class Request(pecan.Request):
    """A request whose body pecan does not parse.

    Otherwise pecan would parse every body to look for arguments of controllers.
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


class Application(ExplicitPecan):
    """pecan with the table of routes as its tree of controllers.

    pecan's own routing walks attributes and inspects signatures for each request, which takes longer than the rest of
    pecan.
    """

    def __init__(self, conductors: rpcapi.ConductorAPI, hooks: list[pecan.hooks.PecanHook]):
        super().__init__(None, hooks=hooks, request_cls=Request, guess_content_type_from_ext=False)
        self._conductors = conductors

    def route(self, req: webob.Request, node: Any, path: str) -> tuple[Any, list[str]]:
        """Return the operation for a request.

        :raises RouteNotFound: the path does not exist.
        :raises MethodNotAllowed, NotFound, NotAcceptable: as ``Route.operation_at``.
        """
        minor = req.environ[MINOR]
        segments = path.split("/")[1:]
        while segments and not segments[-1]:
            segments.pop()
        suffix = ""
        if (
            minor <= _SUFFIX_UNTIL
            and segments
            and segments[-1].endswith(_SUFFIX)
            and routes.UNVERSIONED.find(segments) is None
        ):
            suffix = _SUFFIX
            segments[-1] = segments[-1].removesuffix(_SUFFIX)
        found = routes.find(segments)
        if found is None:
            raise RouteNotFound
        route, parts = found
        req.environ[ROUTE] = route.path
        if req.method == "OPTIONS":
            return route.options, []
        operation = route.operation_at(req.method, minor)
        named = dict(zip(route.variables, parts, strict=True)) if parts else {}
        req.environ[CALL] = Call(
            req, minor, self._conductors, operation.form, routes.TABLES, named, suffix
        )
        return operation.serve, []

    def get_args(
        self, state: Any, all_params: Any, remainder: Any, argspec: Any, im_self: Any
    ) -> tuple[list[Any], list[Any], dict[str, Any]]:
        """Return request and response as the only arguments; operations get theirs from the call."""
        return [state.request, state.response], [], {}

    def invoke_controller(self, controller: Any, args: Any, kwargs: Any, state: Any) -> None:
        """Call the operation, which returns a complete response."""
        state.response = controller(*args)

    def _handle_empty_response_body(self, state: Any) -> None:
        """Do nothing: operations set their status. pecan would join the parts of a long body to see if it is empty."""
