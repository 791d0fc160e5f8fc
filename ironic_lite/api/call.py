# SPDX-License-Identifier: Apache-2.0
"""One request as the controllers see it: its client, microversion and checked arguments; and the reply to it."""

import functools
from collections.abc import Callable
from typing import Any

import orjson
import webob
from oslo_serialization import jsonutils

from ironic_lite.api import access, bodies, etag, forms, schemas, types, versions
from ironic_lite.api import patch as json_patch
from ironic_lite.api.middleware.parsed_body_limit import ROOM
from ironic_lite.api.resources.resource import DETAIL, Resource, Serialiser
from ironic_lite.api.routing import Tables
from ironic_lite.api.view import View, base_url
from ironic_lite.common import exception, json_reading
from ironic_lite.common.context import RequestContext
from ironic_lite.conductor import rpcapi
from ironic_lite.conf import CONF

CONTEXT = "ironic_lite.context"
"""Where the middleware leaves the request context in the WSGI environment."""


def encode(value: Any) -> bytes:
    """Encode the value of a reply as JSON."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return _encode_unusual(value)


def _encode_unusual(value: Any) -> bytes:
    """Encode values that drivers recorded: with keys that are not strings, or integers beyond 64 bits."""
    try:
        # Not the default, because the check for such keys doubles the time that encoding takes.
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        return jsonutils.dump_as_bytes(value, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, orjson.Fragment):
        return json_reading.read(orjson.dumps(value))
    return jsonutils.to_primitive(value)


class Call:
    """A request, with what its controller needs to answer it.

    :param minor: the microversion, 1.<minor>.
    :param conductors: the RPC client of the conductors.
    :param form: the query, body and reply that the route declares, against which arguments are checked.
    :param tables: all routes of the service, for the OpenAPI document.
    :param parts: the variable parts of the path, by name.
    :param suffix: ``.json`` if the path ended in it and it is a format suffix at this microversion; else empty.
    """

    def __init__(
        self,
        request: webob.Request,
        minor: int,
        conductors: rpcapi.ConductorAPI,
        form: forms.Form,
        tables: Tables,
        parts: dict[str, str],
        suffix: str = "",
    ):
        self.request = request
        self.minor = minor
        self.conductors = conductors
        self.suffix = suffix
        self.form = form
        self.tables = tables
        self.parts = parts
        self.context: RequestContext = request.environ[CONTEXT]
        self._query: dict[str, Any] | None = None
        self._serialiser: Serialiser | None = None

    @functools.cached_property
    def base(self) -> str:
        """The URL at which the client reached this service, without a slash at its end."""
        return base_url(self.request.environ)

    @functools.cached_property
    def view(self) -> View:
        sight = access.Sight(self.context)
        return View(self.base, self.conductors.conductors_of(), sight)

    # The query.

    # Properties with a lock, as those of functools, take longer than these need in most requests.

    @property
    def query(self) -> dict[str, Any]:
        """The query arguments, checked against the form.

        :raises InvalidParameterValue: an argument is unknown or its value is invalid.
        """
        if self._query is None:
            given = self.request.environ.get("QUERY_STRING")
            self._query = types.query(self.form.kinds, self.request.GET.mixed()) if given else {}
        return self._query

    def check_query(self) -> None:
        """Check the query arguments, and the fields that they choose for the reply with one record.

        :raises InvalidParameterValue, NotAcceptable: as ``query`` and ``serialiser``.
        """
        if self.query and isinstance(self.form.reply, Resource):
            _ = self.serialiser

    @property
    def serialiser(self) -> Serialiser:
        """The serialiser of the resource that the form replies with; removes ``fields`` and ``detail`` from ``query``.

        :raises InvalidParameterValue: the query has both, a field does not exist, or ``detail`` is newer than the
            microversion.
        :raises NotAcceptable: ``fields``, or one of the fields, is newer than the microversion.
        """
        if self._serialiser is None:
            self._serialiser = self._chosen()
        return self._serialiser

    def _chosen(self) -> Serialiser:
        resource, minor = self.form.resource, self.minor
        view = self.form.reply.view if isinstance(self.form.reply, forms.Page) else DETAIL
        query = self.query
        names, detail = query.pop("fields", None), query.pop("detail", None)
        if detail and minor < self.form.since_of("detail"):
            raise exception.InvalidParameterValue("Invalid query parameter ?detail=True received.")
        if names is None:
            return resource.serialiser(minor, None, DETAIL if detail else view)
        if detail:
            raise exception.InvalidParameterValue(
                "Can not specify ?detail=True and fields in the same request."
            )
        if minor < self.form.since_of("fields"):
            raise exception.NotAcceptable()
        return resource.serialiser(minor, resource.check_fields(names, minor), view)

    # The body.

    def body(self) -> bytes:
        """Return the body; raises what ``bodies.read`` does."""
        return bodies.read(self.request.environ, getattr(CONF.api, self.form.most))

    def document(self, first: Callable[[], object] | None = None) -> Any:
        """Return the parsed body; an empty body is an empty object, as in Ironic.

        Access is checked before this is called. If a rule depends on the body, ``first`` checks what does not depend on
        it, and raises if the client may not send any body. It is called only if the body is not read yet.

        :raises Invalid: the body is not JSON, nested too deeply, or has too many values.
        :raises NoRoom: the body is large, and other large bodies use up the limit for all.
        """
        if first is not None and not bodies.is_here(self.request.environ):
            first()
        return self._document

    @functools.cached_property
    def _document(self) -> Any:
        return self._read(json_reading.read)

    def agents_document(self) -> Any:
        """Return the parsed and cleaned body of an agent's request, which may have what only Python's ``json`` accepts.

        :raises Invalid: the body is not JSON, nested too deeply, or has too many values.
        :raises NoRoom: the body is large, and other large bodies use up the limit for all.
        """
        return self._read(json_reading.read_agents)

    def _read(self, read: Callable[[bytes, json_reading.Limits], Any]) -> Any:
        body = self.body()
        if not body:
            return {}
        limits = json_reading.Limits(CONF.api.max_json_depth, CONF.api.max_json_values)
        self.request.environ[ROOM].take_for(body, limits)
        try:
            return read(body, limits)
        except json_reading.TooMuch as exc:
            problem = f"The request body is not accepted: {exc}."
        except json_reading.Unreadable as exc:
            problem = f"The request body is not valid JSON: {exc}"
        # So that the traceback of an error does not keep the body in memory.
        del body
        raise exception.Invalid(problem)

    def arguments(self) -> dict[str, Any]:
        """Return the arguments of the handler: those of the query, except of a list's, and those of the body.

        The attributes of a WSME body class are arguments of their own, and come before those of the query. Other bodies
        are the argument ``body``: the values of a new record, the operations of a JSON patch, or a document.

        :raises InvalidParameterValue: the body does not fit the form.
        :raises NotAcceptable: a field is newer than the microversion.
        :raises Invalid, NoRoom: as ``document``.
        """
        stated, named = self.form.body, self.query
        if named and isinstance(self.form.reply, forms.Page):
            named = {}
        match stated:
            case None | forms.Unread() | forms.Bytes():
                return named
            case forms.New(resource):
                body: Any = resource.parse(self.document(), self.minor)
            case forms.Patch(resource):
                body = json_patch.check(resource, self.document(), self.minor)
            case schemas.Body():
                body = stated.check(self.document())
            case type():
                return {**named, **types.parse_body(stated, self.document())}
            case _:
                body = self.document()
        return {**named, "body": body}

    def check_precondition(self, record: Any) -> None:
        """Check ``record`` against the ``If-Match`` of a change; the conductor repeats the check under the lock.

        :raises PreconditionFailed: the record has changed since the client read it.
        """
        wanted = self.request.environ.get("HTTP_IF_MATCH")
        if wanted is None or self.request.method in ("GET", "HEAD"):
            return
        if not etag.matches(record.revision, wanted):
            raise exception.PreconditionFailed(what=f"{record.obj_name()} {record.uuid}")
        if etag.revisions(wanted) is not None:
            self.context.required_revision = {"uuid": record.uuid, "revision": record.revision}

    # Replies.

    def shown(self, record: Any) -> dict[str, Any]:
        """Return the representation of a record, with the fields that the form or the query choose."""
        return self.serialised(record, self.serialiser)

    def serialised(self, record: Any, serialise: Serialiser) -> dict[str, Any]:
        """Return the representation of a record for the client."""
        row = record.as_row(serialise.columns)
        for name in serialise.disclosed_to(self.view):
            row[name] = getattr(record, name)
        return serialise(row, self.view)

    def reply(self, value: Any, status: int = 200, location: str | None = None) -> webob.Response:
        """Return a reply with ``value`` as JSON."""
        return self._response(status, encode(value), "application/json", location)

    def encoded(self, body: bytes) -> webob.Response:
        """Return a reply with a body that is JSON already."""
        return self._response(200, body, "application/json", None)

    def reply_tagged(
        self, value: Any, record: Any, status: int = 200, location: str | None = None
    ) -> webob.Response:
        """Return a reply with a record as JSON and its entity tag, or 304 if ``If-None-Match`` has that tag.

        :param value: the representation of ``record``.
        """
        if not record.obj_attr_is_set("revision"):
            # The record comes from a conductor of a release without revisions.
            return self.reply(value, status, location)
        body = encode(value)
        tag = etag.make(record.revision, body)
        known = self.request.environ.get("HTTP_IF_NONE_MATCH")
        if (
            known is not None
            and self.request.method in ("GET", "HEAD")
            and etag.is_known(tag, known)
        ):
            response = self._response(304, b"", None, None)
        else:
            response = self._response(status, body, "application/json", location)
        response.headerlist.append(("ETag", tag))
        return response

    def attachment(self, value: str) -> webob.Response:
        """Return a reply with a file to download."""
        return self._response(200, value.encode(), "application/octet-stream", None)

    def text(self, value: str) -> webob.Response:
        return self._response(200, value.encode(), "text/plain; charset=utf-8", None)

    def empty(self, status: int, location: str | None = None) -> webob.Response:
        """Return a reply without a body: 202 for work that a conductor continues, 204 for work that is done."""
        return self._response(status, b"", None, location)

    def url(self, path: str) -> str:
        """Return the URL of a resource, for ``Location``."""
        return f"{self.base}/v1/{path}"

    def _response(
        self, status: int, body: bytes, content_type: str | None, location: str | None
    ) -> webob.Response:
        headers = [*versions.headers(self.minor), ("Content-Length", str(len(body)))]
        if content_type:
            headers.append(("Content-Type", content_type))
        if location:
            headers.append(("Location", location))
        return webob.Response(
            status=status, headerlist=headers, app_iter=[body], conditional_response=False
        )
