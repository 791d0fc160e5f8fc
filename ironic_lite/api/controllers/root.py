# SPDX-License-Identifier: Apache-2.0
"""The pecan application: its requests, and how it finds what answers them."""

from collections.abc import Callable
from typing import Any

import pecan
import webob
from pecan.core import ExplicitPecan

from ironic_lite.api import routes
from ironic_lite.api.call import Call
from ironic_lite.api.hooks import MINOR
from ironic_lite.api.routing import MATCH, MethodNotAllowed, RouteNotFound
from ironic_lite.common import exception
from ironic_lite.conductor import rpcapi

_SUFFIX = ".json"
_SUFFIX_UNTIL = 90


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


class Application(ExplicitPecan):
    """pecan with the table of routes as its tree of controllers.

    pecan itself would walk attributes and inspect signatures anew for each request, which takes longer than all the
    rest of it.
    """

    def __init__(self, conductors: rpcapi.ConductorAPI, hooks: list[pecan.hooks.PecanHook]):
        super().__init__(None, hooks=hooks, request_cls=Request, guess_content_type_from_ext=False)
        self._conductors = conductors

    def route(self, req: webob.Request, node: Any, path: str) -> tuple[Any, list[str]]:
        """The operation that a request asks for.

        :raises RouteNotFound: there is no such path.
        :raises MethodNotAllowed: it has no such method.
        :raises NotFound: not yet at this microversion; ``MethodNotAllowed`` or ``NotAcceptable`` where Ironic says so.
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
        entry, arguments = found
        if req.method == "OPTIONS" and entry.operation(req.method) is None:
            return entry.options, []
        if minor < entry.since:
            raise entry.too_early(req.method)
        operation = entry.operation(req.method)
        if operation is None:
            raise MethodNotAllowed(entry.operations)
        call = Call(req, minor, self._conductors, operation.form, routes.TABLES, suffix)
        req.environ[MATCH] = (call, arguments)
        return operation.serve, []

    def get_args(
        self, state: Any, all_params: Any, remainder: Any, argspec: Any, im_self: Any
    ) -> tuple[list[Any], list[Any], dict[str, Any]]:
        """Operations take what they need from the call."""
        return [state.request, state.response], [], {}

    def invoke_controller(self, controller: Any, args: Any, kwargs: Any, state: Any) -> None:
        """Operations return the whole response."""
        state.response = controller(*args)

    def _handle_empty_response_body(self, state: Any) -> None:
        """Operations choose their status. pecan would put a long body together to see whether it is empty."""
