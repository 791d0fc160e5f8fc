# SPDX-License-Identifier: Apache-2.0
"""Query, body and reply of an operation: ``routes`` declares them, ``call`` checks them, ``openapi`` documents them."""

import dataclasses
import functools
from collections.abc import Mapping
from typing import Any

from ironic_lite.api import filters, types, versions
from ironic_lite.api.resources.fields import Resource

Schema = Mapping[str, Any]


@dataclasses.dataclass(frozen=True)
class Page:
    """The reply of a list: some records of a resource."""

    resource: Resource


@dataclasses.dataclass(frozen=True)
class Patch:
    """The body that changes a record: a JSON patch."""

    resource: Resource


@dataclasses.dataclass(frozen=True)
class New:
    """The body that creates a record."""

    resource: Resource


ANYTHING: Schema = {}

Query = Mapping[str, types.Kind | filters.Filter]
Reply = Resource | Page | Schema | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Form:
    """Query, body and reply of one operation.

    :param query: the query arguments, by name.
    :param body: a WSME body class, a ``schemas.Body``, a JSON schema, ``New`` or ``Patch``; None: no body.
    :param most: the option of ``[api]`` with the body's maximum size in bytes.
    :param status: the status of success, or ``2XX``; None: the operation always fails.
    :param reply: the JSON schema of the reply, which may contain resources; None: an empty reply.
    :param media: the reply's media type.
    :param since: the first microversion (1.N) that has the operation, if it is newer than its path.
    """

    query: Query = dataclasses.field(default_factory=dict)
    body: Any = None
    most: str = "max_body_size"
    status: int | str | None = 200
    reply: Reply = None
    media: str = "application/json"
    since: int = versions.MIN

    @functools.cached_property
    def kinds(self) -> dict[str, types.Kind]:
        """The kinds of the query arguments, by name."""
        return {name: filters.kind_of(stated) for name, stated in self.query.items()}

    def since_of(self, argument: str) -> int:
        """Return the first microversion (1.N) that has a query argument."""
        return filters.since_of(self.query.get(argument))


REFUSED = Form(status=None)
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
_CHOOSING: Query = {**FIELDS, "detail": filters.Filter(types.BOOLEAN, 43)}


def reads(reply: Reply) -> dict[str, Form]:
    """Return the form of a GET without arguments."""
    return {"GET": Form(reply=reply)}


def asks(body: Any, status: int) -> dict[str, Form]:
    """Return the form of a PUT with an empty reply."""
    return {"PUT": Form(body=body, status=status)}


def collection(
    resource: Resource, narrowed_by: Query | None = None, choosing: Query = _CHOOSING
) -> dict[str, Form]:
    """Return the forms of GET, with fields that the client can choose, and of POST of a collection."""
    query = {**PAGING, **choosing, **(narrowed_by or {})}
    return {
        "GET": Form(query=query, reply=Page(resource)),
        "POST": Form(body=New(resource), status=201, reply=resource),
        "PATCH": REFUSED,
        "DELETE": REFUSED,
    }


def details(resource: Resource, narrowed_by: Query | None = None) -> dict[str, Form]:
    """Return the form of GET of a list with all fields."""
    query = {**PAGING, **(narrowed_by or {})}
    return {"GET": Form(query=query, reply=Page(resource))}


def record(resource: Resource, **more: Form) -> dict[str, Form]:
    """Return the forms of GET, PATCH and DELETE of one record.

    :param more: forms that replace these or add to them, by method.
    """
    return {
        "GET": Form(query=FIELDS, reply=resource),
        "PATCH": Form(body=Patch(resource), reply=resource),
        "DELETE": DONE,
        **more,
    }
