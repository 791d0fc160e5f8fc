# SPDX-License-Identifier: Apache-2.0
"""Pages of a list: their query arguments, their rows, and the link to the next page."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import webob

from ironic_lite.api import forms
from ironic_lite.api.call import Call
from ironic_lite.common import exception
from ironic_lite.conf import CONF


@dataclasses.dataclass(frozen=True)
class Page:
    """The arguments of one page of a list, for the ``rows`` method of an object."""

    columns: tuple[str, ...]
    limit: int
    marker: str | None
    sort_key: str
    sort_dir: str
    rule: str | None = None
    """The access rule for seeing the field that the list is sorted by; None: everybody may."""


def page(call: Call) -> Page:
    """Remove the arguments for fields and paging from the query, and return them as a page.

    :raises InvalidParameterValue: the fields, the limit, the sort key or the sort direction are invalid.
    :raises NotAcceptable: the sort key or a field is newer than the microversion.
    """
    columns, query, resource = call.serialiser.columns, call.query, call.form.resource
    limit = query.pop("limit", None)
    if limit is None:
        limit = CONF.api.max_limit
    if limit <= 0:
        raise exception.InvalidParameterValue("Limit must be positive")
    sort_dir = query.pop("sort_dir", "asc")
    if sort_dir not in ("asc", "desc"):
        raise exception.InvalidParameterValue(
            f"Invalid sort direction: {sort_dir[:32]}. Acceptable values are 'asc' or 'desc'"
        )
    sort_key = resource.check_sort_key(query.pop("sort_key", None) or "id", call.minor)
    field = resource.fields.get(sort_key)
    return Page(
        columns,
        min(limit, CONF.api.max_limit),
        query.pop("marker", None),
        sort_key,
        sort_dir,
        field.rule if field else None,
    )


def check_order(call: Call, wanted: Page) -> None:
    """:raises HTTPForbidden: the client may not see the field that the list is sorted by in every row."""
    if wanted.rule is not None and not call.view.sight.shows_everywhere(wanted.rule):
        raise exception.HTTPForbidden(resource=wanted.rule)


def rows(
    call: Call,
    source: Callable[..., Sequence[dict[str, Any]]],
    wanted: Page,
    filters: dict[str, Any],
) -> Sequence[dict[str, Any]]:
    """Read the rows of a page, with only the columns that the serialiser needs.

    :raises HTTPForbidden: as ``check_order``.
    """
    check_order(call, wanted)
    return source(
        call.context,
        wanted.columns,
        limit=wanted.limit,
        marker=wanted.marker,
        sort_key=wanted.sort_key,
        sort_dir=wanted.sort_dir,
        filters=filters,
    )


def reply(call: Call, records: Sequence[dict[str, Any]], wanted: Page, path: str) -> webob.Response:
    """Return the reply with the page, and a ``next`` link if the page is full, as in Ironic.

    :param path: the path of the collection, below ``/v1``.
    """
    resource, view, serialise = call.form.resource, call.view, call.serialiser
    marker = records[-1][resource.key] if records else None
    document: dict[str, Any] = {resource.collection: [serialise(row, view) for row in records]}
    if len(records) >= wanted.limit:
        # The link keeps the filters of the request; Ironic's does not.
        given = [
            item
            for item in call.request.GET.items()
            if item[0] not in ("limit", "marker", "sort_key", "sort_dir")
        ]
        query = [
            ("sort_key", wanted.sort_key),
            ("sort_dir", wanted.sort_dir),
            *given,
            ("limit", str(wanted.limit)),
            ("marker", str(marker)),
        ]
        end = call.form.reply.end if isinstance(call.form.reply, forms.Page) else ""
        document["next"] = f"{view.base}/v1/{path}{end}?{urlencode(query, safe=',')}"
    return call.reply(document)
