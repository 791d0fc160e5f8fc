# SPDX-License-Identifier: Apache-2.0
"""Pages of a list: their query arguments, their fields, and the link to the next page."""

import dataclasses
from collections.abc import Callable, Sequence
from typing import Any
from urllib.parse import urlencode

import webob

from ironic_lite.api.call import Call
from ironic_lite.api.resources.fields import DETAIL, ROW, Resource, Serialiser
from ironic_lite.common import exception
from ironic_lite.conf import CONF


@dataclasses.dataclass(frozen=True)
class Page:
    """The arguments of one page of a list, for the ``rows`` method of an object."""

    limit: int
    marker: str | None
    sort_key: str
    sort_dir: str
    rule: str | None = None
    """The access rule for seeing the field that the list is sorted by; None: everybody may."""


def page(query: dict[str, Any], resource: Resource, minor: int) -> Page:
    """Remove the paging arguments from the query, and return them as a page.

    :raises InvalidParameterValue: the limit, sort key or sort direction is invalid.
    :raises NotAcceptable: the sort key is newer than the microversion.
    """
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
    sort_key = resource.check_sort_key(query.pop("sort_key", None) or "id", minor)
    field = resource.fields.get(sort_key)
    return Page(
        min(limit, CONF.api.max_limit),
        query.pop("marker", None),
        sort_key,
        sort_dir,
        field.rule if field else None,
    )


def serialiser(
    call: Call, query: dict[str, Any], resource: Resource, view: str = ROW
) -> Serialiser:
    """Remove ``fields`` and ``detail`` from the query, and return the serialiser for them.

    :param view: the fields to show if the query has neither argument.
    :raises InvalidParameterValue: the query has both, a field does not exist, or ``detail`` is newer than the
        microversion.
    :raises NotAcceptable: ``fields``, or one of the fields, is newer than the microversion.
    """
    names, detail = query.pop("fields", None), query.pop("detail", None)
    minor = call.minor
    if detail and minor < call.form.since_of("detail"):
        raise exception.InvalidParameterValue("Invalid query parameter ?detail=True received.")
    if names is None:
        return resource.serialiser(minor, None, DETAIL if detail else view)
    if minor < call.form.since_of("fields"):
        raise exception.NotAcceptable()
    if detail:
        raise exception.InvalidParameterValue(
            "Can not specify ?detail=True and fields in the same request."
        )
    return resource.serialiser(minor, resource.check_fields(names, minor), view)


def rows(
    call: Call,
    source: Callable[..., Sequence[dict[str, Any]]],
    serialise: Serialiser,
    wanted: Page,
    filters: dict[str, Any],
) -> Sequence[dict[str, Any]]:
    """Read the rows of a page, with only the columns that the serialiser needs.

    :raises HTTPForbidden: the client may not see the field that the list is sorted by in every row.
    """
    if wanted.rule is not None and not call.view.sight.shows_everywhere(wanted.rule):
        raise exception.HTTPForbidden(resource=wanted.rule)
    return source(
        call.context,
        serialise.columns,
        limit=wanted.limit,
        marker=wanted.marker,
        sort_key=wanted.sort_key,
        sort_dir=wanted.sort_dir,
        filters=filters,
    )


def reply(
    call: Call,
    resource: Resource,
    records: Sequence[dict[str, Any]],
    serialise: Serialiser,
    wanted: Page,
    path: str,
) -> webob.Response:
    """Return the reply with the page, and a ``next`` link if the page is full, as in Ironic.

    :param path: the path of the list, below ``/v1``.
    """
    marker = records[-1][resource.key] if records else None
    view = call.view
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
        document["next"] = f"{view.base}/v1/{path}?{urlencode(query, safe=',')}"
    return call.reply(document)
