# SPDX-License-Identifier: Apache-2.0
"""The root of the tree that pecan walks, which has one branch: the table of routes."""

from typing import Any

import pecan
import webob

from ironic_lite.api import routes
from ironic_lite.api.call import Call
from ironic_lite.api.hooks import MINOR
from ironic_lite.api.routing import MATCH, MethodNotAllowed, Operation, RouteNotFound
from ironic_lite.common import exception
from ironic_lite.conductor import rpcapi

_SUFFIX = ".json"
_SUFFIX_UNTIL = 90


class RootController:
    """Hands pecan the operation that the table names."""

    def __init__(self, conductors: rpcapi.ConductorAPI):
        self._conductors = conductors

    @pecan.expose()
    def _route(self, args: list[str], request: webob.Request) -> tuple[Any, list[str]]:
        minor = request.environ[MINOR]
        segments = list(args)
        while segments and not segments[-1]:
            segments.pop()
        suffix = ""
        if minor <= _SUFFIX_UNTIL and segments and segments[-1].endswith(_SUFFIX):
            suffix = _SUFFIX
            segments[-1] = segments[-1].removesuffix(_SUFFIX)
        found = routes.find(segments)
        if found is None:
            raise RouteNotFound
        entry, arguments = found
        operation: Operation | None = entry.operations.get(request.method)
        if operation is None:
            raise MethodNotAllowed(entry.operations)
        if minor < entry.since:
            raise exception.NotFound()
        request.environ[MATCH] = (
            Call(request, minor, self._conductors, suffix),
            arguments,
        )
        return operation.serve, []
