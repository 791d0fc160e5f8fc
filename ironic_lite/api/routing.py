# SPDX-License-Identifier: Apache-2.0
"""The table of routes, and how it finds the operation for a request."""

import copy
import enum
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, Protocol

import pecan
import webob

from ironic_lite.api import types
from ironic_lite.api.forms import ANYTHING, REFUSED, Early, Form
from ironic_lite.common import exception

Handler = Callable[..., webob.Response]

_VARIABLE = re.compile(r"\{(\w+)\}")


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


class Access(Protocol):
    """What an operation requires of its client."""

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the access rules that it may ask."""

    def admit(self, call: Any, given: dict[str, Any]) -> None:
        """Ask the rules, and replace the names in the path by the records.

        :param call: the request.
        :param given: the arguments of the handler, at first the variable parts of the path by their names.
        :raises NotFound: the record does not exist, or the client may not see it.
        :raises HTTPForbidden: a rule is not granted.
        """


class Operation:
    """One method of one path, as a pecan controller.

    :param handler: gets the call, and as keyword arguments the variable parts of the path, or the records that
        ``access`` found for them, and the checked arguments of query and body (see ``Call.arguments``).
    :param access: what it requires of the client; None: nothing.
    :param form: its query, body and reply.
    :ivar absent_before: the first microversion (1.N) at which the path has the method.
    """

    def __init__(self, handler: Handler, access: Access | None, form: Form):
        self.handler = handler
        self.access = access
        self.form = form
        self._since = form.since if form.early is Early.NOT_FOUND else 1
        self.absent_before = form.since if form.early is Early.NOT_ALLOWED else 1

    @property
    def rules(self) -> tuple[str, ...]:
        """The names of the access rules that the operation asks."""
        return (*(self.access.rules if self.access else ()), *self.form.asks)

    @pecan.expose(content_type="application/json")
    def serve(self, request: webob.Request, response: webob.Response) -> webob.Response:
        """Check the request, in the order that clients rely on, and call the handler."""
        call = request.environ[CALL]
        given = call.parts
        # Most requests have neither query nor body.
        asks = bool(request.environ.get("QUERY_STRING"))
        if asks and self.form.query_first:
            call.check_query()
        if self.access is not None:
            given = given.copy()
            self.access.admit(call, given)
        if call.minor < self._since:
            raise exception.NotFound()
        if asks:
            call.check_query()
        elif self.form.body is None:
            return self.handler(call, **given)
        return self.handler(call, **given, **call.arguments())


CALL = "ironic_lite.call"
"""The key of the WSGI environment with the call."""


def missing(
    name: str,
    access: Access | None = None,
    doc: str = "PATCH and DELETE of the collection, which are errors.",
) -> Operation:
    """Return the operation of a collection's path with a method that only its records have.

    :param name: the identifier that the path lacks.
    :param doc: the text of the OpenAPI document.
    """

    def refuse(_call: Any, **_given: Any) -> webob.Response:
        raise exception.InvalidParameterValue(f"Missing mandatory parameter: {name}")

    refuse.__doc__ = doc
    return Operation(refuse, access, REFUSED)


class Route:
    """A path and its methods, as in ``Route("nodes/{node}", GET=Operation(...), DELETE=Operation(...))``.

    :param path: such as ``nodes/{node}/states``.
    :param public: it needs no authentication.
    :param weight: what GET depends on. A light route is public; the event loop answers it at once, also when all
        threads are busy. If the database is a file and there is no authentication, the event loop answers a short GET
        at once, unless it would have to wait for a lock.
    :param since: the first microversion that has the path.
    :param before: status of each method (404, 405 or 406) at earlier microversions; 404 if the method is not named.
    """

    def __init__(
        self,
        path: str,
        *,
        public: bool = False,
        weight: Weight = Weight.FULL,
        since: int = 1,
        before: Mapping[str, int] | None = None,
        **operations: Operation,
    ):
        self.path = path
        self.public = public or weight is Weight.LIGHT
        self.weight = weight
        self.since = since
        self.before = before or {}
        self.operations = operations
        self.variables = tuple(_VARIABLE.findall(path))

    def at(self, path: str) -> "Route":
        """Return a full route with the same operations and variables at another path."""
        other = copy.copy(self)
        other.path, other.weight = path, Weight.FULL
        return other

    @pecan.expose(content_type="application/json")
    def options(self, request: webob.Request, response: webob.Response) -> webob.Response:
        """Answer OPTIONS with the path's methods; a pecan controller."""
        allowed = ", ".join(with_implied(self.operations))
        return webob.Response(status=200, headerlist=[("Allow", allowed), ("Content-Length", "0")])

    def operation(self, method: str) -> Operation | None:
        """Return the operation for a method, or None."""
        return self.operations.get("GET" if method == "HEAD" else method)

    def operation_at(self, method: str, minor: int) -> Operation:
        """Return the operation for a method at a microversion.

        :raises MethodNotAllowed: the path does not have the method.
        :raises NotFound: the path is newer than the microversion; ``MethodNotAllowed`` or ``NotAcceptable`` for paths
            that Ironic answers so.
        """
        if minor < self.since:
            raise self._too_early(method)
        operation = self.operations.get("GET" if method == "HEAD" else method)
        if operation is None or minor < operation.absent_before:
            raise MethodNotAllowed(
                m for m, each in self.operations.items() if minor >= each.absent_before
            )
        return operation

    @property
    def _belongs_to_another(self) -> bool:
        """Whether it lies below a single record, as ``nodes/{node}/vifs`` does."""
        return "{" in self.path.rpartition("/")[0]

    def _too_early(self, method: str) -> Exception:
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


Found = tuple[Route, list[str]]
"""The route of a path, and the variable parts of the path in order."""


def vendor_route(path: str, handler: Handler, access: Access) -> Route:
    """Return a route with one handler for every HTTP method; each vendor method declares its HTTP methods itself."""
    query = {} if path.endswith("}") else {"method": types.TEXT}
    form = Form(query=query, body=types.OBJECT.schema, status="2XX", reply=ANYTHING)
    each = Operation(handler, access, form)
    return Route(path, GET=each, POST=each, PUT=each, PATCH=each, DELETE=each)


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

    def find(self, segments: list[str]) -> Found | None:
        """Return the route of a path, and the path's variable parts; None if there is no such route."""
        branch, parts = self._tree, []
        for segment in segments:
            following = branch.get(segment) if segment else None
            if following is None:
                following = branch.get(_ANY)
                if following is None or not segment:
                    return None
                parts.append(segment)
            branch = following
        entry = branch.get(_END)
        return None if entry is None else (entry, parts)


Tables = tuple[tuple[str, Table], ...]
"""All routes: tables, each with what its paths begin with."""
