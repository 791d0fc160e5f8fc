# SPDX-License-Identifier: Apache-2.0
"""Finding the operation that a request asks for, in the table of ``routes``."""

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
    """What a request needs besides this process. The front door decides by it which thread answers."""

    LIGHT = enum.auto()
    """Nothing: no file, no database, no other service."""
    SHORT = enum.auto()
    """One record of the database."""
    FULL = enum.auto()
    """Whatever the operation uses."""


class RouteNotFound(Exception):
    """No such path (404)."""


class MethodNotAllowed(Exception):
    """The path exists, the method does not (405)."""

    def __init__(self, allowed: Iterable[str]):
        super().__init__()
        self.allowed = with_implied(allowed)


def with_implied(methods: Iterable[str]) -> list[str]:
    """All methods of a path, for ``Allow``."""
    named = set(methods)
    return sorted(named | {"OPTIONS"} | ({"HEAD"} if "GET" in named else set()))


_UNSAID = Form(reply=ANYTHING)
_VENDOR = Form(body=types.OBJECT.schema, status="2XX", reply=ANYTHING)
_VENDOR_IN_QUERY = dataclasses.replace(_VENDOR, query={"method": types.TEXT})


class Operation:
    """One method of one path, as pecan calls it.

    :param form: what it takes and answers.
    """

    def __init__(self, handler: Handler, form: Form = _UNSAID):
        self.handler = handler
        self.form = form

    @pecan.expose(content_type="application/json")
    def serve(self, request: webob.Request, response: webob.Response) -> webob.Response:
        call, arguments = request.environ[MATCH]
        return self.handler(call, *arguments)


MATCH = "ironic_lite.match"
"""Where the call and the variable parts of its path stand in the WSGI environment."""


@dataclasses.dataclass
class Route:
    """A path and its methods.

    :param path: ``nodes/{node}/states``; what stands in braces is passed to the handlers, in order.
    :param public: answered without authentication.
    :param light: public, and answered without asking anybody else, a file or the database: the server does so at once,
        whatever else it is busy with.
    :param short: GET reads one record. If the database is a file and there is no authentication, the event loop answers
        it at once, unless it would have to wait for a lock.
    :param since: the first microversion in which the path exists.
    :param before: status of each method (404, 405 or 406) before that; 404 where it is not named.
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
        """What may be asked of this path, as pecan calls it."""
        allowed = ", ".join(with_implied(self.operations))
        return webob.Response(status=200, headerlist=[("Allow", allowed), ("Content-Length", "0")])

    def operation(self, method: str) -> Operation | None:
        """What answers a method."""
        return self.operations.get("GET" if method == "HEAD" else method)

    @property
    def _belongs_to_another(self) -> bool:
        """Whether it lies below a single record, as ``nodes/{node}/vifs`` does."""
        return "{" in self.path.rpartition("/")[0]

    def too_early(self, method: str) -> Exception:
        """What a method raises before ``since``, also one that the path will never have."""
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
    """A line of the table: ``route("nodes/{node}", GET=nodes.show, DELETE=nodes.delete)``.

    :param forms: what the operations take and answer, by method.
    """
    said = forms or {}
    operations = {m: Operation(h, said.get(m, _UNSAID)) for m, h in handlers.items()}
    return Route(path, operations, public or light, light, short, since, before or {})


def vendor_route(path: str, handler: Handler) -> Route:
    """A line whose handler is called with every HTTP method: vendor methods choose theirs themselves."""
    form = _VENDOR if path.endswith("}") else _VENDOR_IN_QUERY
    return Route(path, {method: Operation(handler, form) for method in METHODS})


_ANY, _END = object(), object()
"""Where the tree goes on for a variable segment, and where a path ends: no segment of a request equals them."""


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
        """The route of a path, and the variable parts of it; None when there is none."""
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
