# SPDX-License-Identifier: Apache-2.0
"""The table of routes, and how it finds the operation for a request."""

import dataclasses
import enum
from collections.abc import Callable, Iterable, Mapping
from typing import Any

import pecan
import webob

from ironic_lite.api import types
from ironic_lite.api.forms import ANYTHING, Form
from ironic_lite.common import exception

Handler = Callable[..., webob.Response]

METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")


class Weight(enum.Enum):
    """What a request depends on besides this process. The HTTP server chooses the thread for the request by it."""

    LIGHT = enum.auto()
    """Nothing: no file, no database, no other service."""
    SHORT = enum.auto()
    """One record of the database."""
    FULL = enum.auto()
    """Whatever the operation uses."""


class RouteNotFound(Exception):
    """The path does not exist (404)."""


class MethodNotAllowed(Exception):
    """The path exists, but not with this method (405)."""

    def __init__(self, allowed: Iterable[str]):
        super().__init__()
        self.allowed = with_implied(allowed)


def with_implied(methods: Iterable[str]) -> list[str]:
    """Return these methods, with HEAD and OPTIONS, for ``Allow``."""
    named = set(methods)
    return sorted(named | {"OPTIONS"} | ({"HEAD"} if "GET" in named else set()))


_UNSAID = Form(reply=ANYTHING)
_VENDOR = Form(body=types.OBJECT.schema, status="2XX", reply=ANYTHING)
_VENDOR_IN_QUERY = dataclasses.replace(_VENDOR, query={"method": types.TEXT})


class Operation:
    """One method of one path, as a pecan controller.

    :param form: its query, body and reply.
    """

    def __init__(self, handler: Handler, form: Form = _UNSAID):
        self.handler = handler
        self.form = form

    @pecan.expose(content_type="application/json")
    def serve(self, request: webob.Request, response: webob.Response) -> webob.Response:
        call, arguments = request.environ[MATCH]
        return self.handler(call, *arguments)


MATCH = "ironic_lite.match"
"""The key of the WSGI environment with the call and the variable parts of its path."""


@dataclasses.dataclass
class Route:
    """A path and its methods.

    :param path: such as ``nodes/{node}/states``; the handlers get the segments in braces as arguments, in order.
    :param public: it needs no authentication.
    :param light: it is public, and needs no file, database or other service; the event loop answers it at once, also
        when all threads are busy.
    :param short: GET reads one record. If the database is a file and there is no authentication, the event loop answers
        it at once, unless it would have to wait for a lock.
    :param since: the first microversion that has the path.
    :param before: status of each method (404, 405 or 406) at earlier microversions; 404 if the method is not named.
    """

    path: str
    operations: dict[str, Operation]
    public: bool = False
    light: bool = False
    short: bool = False
    since: int = 1
    before: Mapping[str, int] = dataclasses.field(default_factory=dict)

    @pecan.expose(content_type="application/json")
    def options(self, request: webob.Request, response: webob.Response) -> webob.Response:
        """Answer OPTIONS with the path's methods; a pecan controller."""
        allowed = ", ".join(with_implied(self.operations))
        return webob.Response(status=200, headerlist=[("Allow", allowed), ("Content-Length", "0")])

    def operation(self, method: str) -> Operation | None:
        """Return the operation for a method, or None."""
        return self.operations.get("GET" if method == "HEAD" else method)

    @property
    def _belongs_to_another(self) -> bool:
        """Whether it lies below a single record, as ``nodes/{node}/vifs`` does."""
        return "{" in self.path.rpartition("/")[0]

    def too_early(self, method: str) -> Exception:
        """Return the exception to raise for a method, which the path need not have, before ``since``."""
        status = self.before.get("GET" if method == "HEAD" else method, 404)
        if self.operation(method) is None and (self.before or not self._belongs_to_another):
            status = 405
        match status:
            case 405:
                return MethodNotAllowed(m for m in self.operations if self.before.get(m) != 405)
            case 406:
                return exception.NotAcceptable()
        return exception.NotFound()


def route(
    path: str,
    *,
    public: bool = False,
    light: bool = False,
    short: bool = False,
    since: int = 1,
    before: Mapping[str, int] | None = None,
    forms: Mapping[str, Form] | None = None,
    **handlers: Handler,
) -> Route:
    """Return a route for the table, as in ``route("nodes/{node}", GET=nodes.show, DELETE=nodes.delete)``.

    :param forms: query, body and reply of the operations, by method.
    """
    said = forms or {}
    operations = {m: Operation(h, said.get(m, _UNSAID)) for m, h in handlers.items()}
    return Route(path, operations, public or light, light, short, since, before or {})


def vendor_route(path: str, handler: Handler) -> Route:
    """Return a route with one handler for every HTTP method; each vendor method declares its HTTP methods itself."""
    form = _VENDOR if path.endswith("}") else _VENDOR_IN_QUERY
    return Route(path, {method: Operation(handler, form) for method in METHODS})


_ANY, _END = object(), object()
"""Keys of the tree for a variable segment and for the end of a path; no segment of a request equals them."""


class Table:
    """Routes, looked up segment by segment; a literal segment comes before a variable one."""

    def __init__(self, routes: Iterable[Route]):
        self.routes = tuple(routes)
        self._tree: dict[Any, Any] = {}
        for entry in self.routes:
            branch = self._tree
            for segment in entry.path.split("/") if entry.path else ():
                branch = branch.setdefault(_ANY if segment.startswith("{") else segment, {})
            branch[_END] = entry

    def find(self, segments: list[str]) -> tuple[Route, list[str]] | None:
        """Return the route of a path, and the path's variable parts; None if there is no such route."""
        branch, arguments = self._tree, []
        for segment in segments:
            following = branch.get(segment) if segment else None
            if following is None:
                following = branch.get(_ANY)
                if following is None or not segment:
                    return None
                arguments.append(segment)
            branch = following
        entry = branch.get(_END)
        return None if entry is None else (entry, arguments)


Tables = tuple[tuple[str, Table], ...]
"""All routes: tables, each with what its paths begin with."""
