# SPDX-License-Identifier: Apache-2.0
"""Query, body and reply of an operation: ``routes`` declares them, ``call`` checks them, ``openapi`` documents them."""

import dataclasses
import enum
import functools
from collections.abc import Mapping
from typing import Any

from ironic_lite.api import filters, schemas, types, versions
from ironic_lite.api.resources.resource import DETAIL, ROW, Resource

Schema = Mapping[str, Any]


class Early(enum.Enum):
    """What an operation answers at microversions before its ``since``."""

    NOT_FOUND = enum.auto()
    """404, after the access check, so that 403 comes first."""
    NOT_ALLOWED = enum.auto()
    """405: the path does not have the method."""
    HANDLED = enum.auto()
    """The handler decides."""


@dataclasses.dataclass(frozen=True)
class Page:
    """The reply of a list: some records of a resource.

    :param view: the fields of the records, if the client does not choose them.
    :param end: the end of the list's path, after that of the collection.
    """

    resource: Resource
    view: str = ROW
    end: str = ""


@dataclasses.dataclass(frozen=True)
class Patch:
    """The body that changes a record: a JSON patch."""

    resource: Resource


@dataclasses.dataclass(frozen=True)
class New:
    """The body that creates a record."""

    resource: Resource


@dataclasses.dataclass(frozen=True)
class Unread:
    """A body that the handler reads and checks itself."""

    body: schemas.Body


@dataclasses.dataclass(frozen=True)
class Bytes:
    """A body of bytes, which the handler passes on without keeping them in memory.

    :param headers: the headers that say which bytes they are, with their meaning.
    """

    headers: Mapping[str, str] = dataclasses.field(default_factory=dict)


ANYTHING: Schema = {}

Query = Mapping[str, types.Kind | filters.Filter]
Body = New | Patch | Unread | Bytes | schemas.Body | Schema | type | None
Reply = Resource | Page | Schema | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Form:
    """Query, body and reply of one operation.

    :param query: the query arguments, by name.
    :param query_first: they are checked before the access is, as in Ironic.
    :param body: a WSME body class, a ``schemas.Body``, ``New`` or ``Patch``; a JSON schema, which is documented but not
        checked; None: no body.
    :param most: the option of ``[api]`` with the body's maximum size in bytes.
    :param status: the status of success, or ``2XX``; None: the operation always fails.
    :param reply: the JSON schema of the reply, which may contain resources; None: an empty reply.
    :param media: the reply's media type.
    :param since: the first microversion (1.N) that has the operation, if it is newer than its path.
    :param early: the answer before ``since``.
    :param asks: the access rules that the handler asks itself, because they depend on values.
    """

    query: Query = dataclasses.field(default_factory=dict)
    query_first: bool = False
    body: Body = None
    most: str = "max_body_size"
    status: int | str | None = 200
    reply: Reply = None
    media: str = "application/json"
    since: int = versions.MIN
    early: Early = Early.NOT_FOUND
    asks: tuple[str, ...] = ()

    @functools.cached_property
    def kinds(self) -> dict[str, types.Kind]:
        """The kinds of the query arguments, by name."""
        return {name: filters.kind_of(stated) for name, stated in self.query.items()}

    @functools.cached_property
    def resource(self) -> Resource:
        """The resource in the reply.

        :raises TypeError: the reply is none.
        """
        found = self.reply.resource if isinstance(self.reply, Page) else self.reply
        if not isinstance(found, Resource):
            raise TypeError("The form's reply is neither a record nor a list of records.")
        return found

    def since_of(self, argument: str) -> int:
        """Return the first microversion (1.N) that has a query argument."""
        return filters.since_of(self.query.get(argument))


REFUSED = Form(status=None)
TEXT = Form(reply=types.WORD.schema, media="text/plain")
DONE = Form(status=204)

PAGING: Query = {
    "limit": types.INTEGER,
    "marker": types.UUID,
    "sort_key": types.TEXT,
    "sort_dir": types.Word("asc", "desc"),
}
"""What chooses the page of a list."""

CHOOSING: Query = {"fields": types.CSV, "detail": types.BOOLEAN}
"""What chooses the fields of a list's rows, where the path does not."""

FIELDS: Query = {"fields": filters.Filter(types.CSV, 8)}
CHOOSING_SINCE: Query = {**FIELDS, "detail": filters.Filter(types.BOOLEAN, 43)}
"""The same, where later microversions brought them."""


def page(
    resource: Resource,
    narrowed_by: Query | None = None,
    choosing: Query = CHOOSING_SINCE,
    view: str = ROW,
) -> Form:
    """Return the form of GET of a list whose fields the client can choose."""
    return Form(query={**PAGING, **choosing, **(narrowed_by or {})}, reply=Page(resource, view))


def details(resource: Resource, narrowed_by: Query | None = None) -> Form:
    """Return the form of GET of a list with all fields."""
    query = {**PAGING, **(narrowed_by or {})}
    return Form(query=query, reply=Page(resource, DETAIL, "/detail"))


def record(resource: Resource, query_first: bool = True) -> Form:
    """Return the form of GET of one record."""
    return Form(query=FIELDS, query_first=query_first, reply=resource)


def creation(resource: Resource) -> Form:
    """Return the form of POST of a collection."""
    return Form(body=New(resource), status=201, reply=resource)


def change(resource: Resource) -> Form:
    """Return the form of PATCH of one record."""
    return Form(body=Patch(resource), reply=resource)
