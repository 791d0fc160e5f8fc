# SPDX-License-Identifier: Apache-2.0
"""What an operation takes and answers: said in ``routes`` beside its path, held to by ``call``, told by ``openapi``."""

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
    """The body that makes a record."""

    resource: Resource


ANYTHING: Schema = {}

Query = Mapping[str, types.Kind | filters.Filter]
Reply = Resource | Page | Schema | None


@dataclasses.dataclass(frozen=True, kw_only=True)
class Form:
    """One operation.

    :param query: the arguments in the URL.
    :param body: a WSME body class, a ``schemas.Body``, a JSON schema, or what a resource says; None: no body.
    :param most: the option of ``[api]`` that says how many bytes the body may have.
    :param status: when all goes well, or ``2XX``; None: the operation is always refused.
    :param reply: what is answered then, a schema that may hold resources; None: an empty body.
    :param media: the reply's media type.
    :param since: the first microversion that has it, where its path is older.
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
        """What the arguments in the URL may be."""
        return {name: filters.kind_of(stated) for name, stated in self.query.items()}

    def since_of(self, argument: str) -> int:
        """The first microversion (1.N) that knows an argument in the URL."""
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
    """A GET without arguments."""
    return {"GET": Form(reply=reply)}


def asks(body: Any, status: int) -> dict[str, Form]:
    """A PUT that is answered with an empty body."""
    return {"PUT": Form(body=body, status=status)}


def collection(
    resource: Resource, narrowed_by: Query | None = None, choosing: Query = _CHOOSING
) -> dict[str, Form]:
    """A list whose rows show what the client chooses, and the way to make one more."""
    query = {**PAGING, **choosing, **(narrowed_by or {})}
    return {
        "GET": Form(query=query, reply=Page(resource)),
        "POST": Form(body=New(resource), status=201, reply=resource),
        "PATCH": REFUSED,
        "DELETE": REFUSED,
    }


def details(resource: Resource, narrowed_by: Query | None = None) -> dict[str, Form]:
    """A list whose rows show everything."""
    query = {**PAGING, **(narrowed_by or {})}
    return {"GET": Form(query=query, reply=Page(resource))}


def record(resource: Resource, **more: Form) -> dict[str, Form]:
    """One record: read, changed, deleted.

    :param more: operations that differ.
    """
    return {
        "GET": Form(query=FIELDS, reply=resource),
        "PATCH": Form(body=Patch(resource), reply=resource),
        "DELETE": DONE,
        **more,
    }
