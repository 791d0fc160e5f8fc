# SPDX-License-Identifier: Apache-2.0
"""One request as the controllers see it: who asks, in which microversion, with which arguments; and its replies."""

import functools
from collections.abc import Callable
from typing import Any

import orjson
import webob
from oslo_serialization import jsonutils

from ironic_lite.api import access, bodies, etag, forms, schemas, types, versions
from ironic_lite.api import patch as json_patch
from ironic_lite.api.middleware.parsed_body_limit import ROOM
from ironic_lite.api.routing import Tables
from ironic_lite.api.view import View, base_url
from ironic_lite.common import exception, json_reading
from ironic_lite.common.context import RequestContext
from ironic_lite.conductor import rpcapi
from ironic_lite.conf import CONF

CONTEXT = "ironic_lite.context"
"""Where the middleware leaves the request context in the WSGI environment."""


def encode(value: Any) -> bytes:
    """JSON of a reply."""
    try:
        return orjson.dumps(value)
    except TypeError:
        return _encode_unusual(value)


def _encode_unusual(value: Any) -> bytes:
    """The same for what drivers may have recorded."""
    try:
        # To look for other keys than text takes as long again as all the rest.
        return orjson.dumps(value, option=orjson.OPT_NON_STR_KEYS)
    except TypeError:
        # Integers beyond 64 bits are legal JSON.
        return jsonutils.dump_as_bytes(value, default=_plain)


def _plain(value: Any) -> Any:
    if isinstance(value, orjson.Fragment):
        return json_reading.read(orjson.dumps(value))
    return jsonutils.to_primitive(value)


class Call:
    """A request, and what is needed to answer it.

    :param minor: the microversion, 1.<minor>.
    :param conductors: the way to the conductors.
    :param form: what the operation takes; the request is held to it.
    :param tables: all routes of the service, for the document that tells of them.
    :param suffix: ``.json`` where the path ended in it and the microversion reads it as a format suffix.
    """

    def __init__(
        self,
        request: webob.Request,
        minor: int,
        conductors: rpcapi.ConductorAPI,
        form: forms.Form,
        tables: Tables,
        suffix: str = "",
    ):
        self.request = request
        self.minor = minor
        self.conductors = conductors
        self.suffix = suffix
        self.form = form
        self.tables = tables
        self.context: RequestContext = request.environ[CONTEXT]

    @functools.cached_property
    def base(self) -> str:
        """The URL under which the client reached this service, without a slash at its end."""
        return base_url(self.request.environ)

    @functools.cached_property
    def view(self) -> View:
        sight = access.Sight(self.context)
        return View(self.base, self.conductors.conductors_of(), sight)

    def query(self) -> dict[str, Any]:
        """The query arguments, checked against the form.

        :raises InvalidParameterValue: unknown or unfit.
        """
        if not self.request.query_string:
            return {}
        return types.query(self.form.kinds, self.request.GET.mixed())

    def body(self) -> bytes:
        """The body, as ``bodies.read`` gives it and refuses it."""
        return bodies.read(self.request.environ, getattr(CONF.api, self.form.most))

    def document(self, first: Callable[[], object] | None = None) -> Any:
        """The body, parsed; an empty body reads as an empty object, as Ironic's does.

        To be asked for after the questions of access. Where these need the body itself, ``first`` asks what can be
        asked without it, and raises for those who may not send it. It is not called when the body is here already.

        :raises Invalid: not JSON, nested too deeply, or of too many parts.
        :raises NoRoom: it is large, and others are too.
        """
        if first is not None and not bodies.is_here(self.request.environ):
            first()
        return self._read(json_reading.read)

    def agents_document(self) -> Any:
        """The same of an agent, whose body is taken as Python's own module reads it, and cleaned.

        :raises Invalid: not JSON, nested too deeply, or of too many parts.
        :raises NoRoom: it is large, and others are too.
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
        # What is known of the failure does not hold the body.
        del body
        raise exception.Invalid(problem)

    def arguments(self) -> dict[str, Any]:
        """The body where it holds named arguments, checked against the form.

        :raises InvalidParameterValue: naming what is wrong.
        """
        stated, document = self.form.body, self.document()
        if isinstance(stated, schemas.Body):
            checked: dict[str, Any] = stated.check(document)
            return checked
        return types.parse_body(stated, document)

    def new(self, document: Any) -> dict[str, Any]:
        """The values of a record that is to be made, checked against the form's resource.

        :param document: the body.
        :raises InvalidParameterValue, NotAcceptable: naming the field that is wrong.
        """
        return self.form.body.resource.parse(document, self.minor)

    def patch(self, document: Any) -> list[dict[str, Any]]:
        """The operations of a JSON patch, checked against the form's resource.

        :param document: the body.
        :raises PatchError: naming the operation that is wrong.
        """
        return json_patch.check(self.form.body.resource, document, self.minor)

    def check_precondition(self, record: Any) -> None:
        """Hold a request to change ``record`` to its ``If-Match``; its conductor will do so again, under the lock.

        :raises PreconditionFailed: the client has seen another state of it.
        """
        wanted = self.request.environ.get("HTTP_IF_MATCH")
        if wanted is None or self.request.method in ("GET", "HEAD"):
            return
        if not etag.matches(record.revision, wanted):
            raise exception.PreconditionFailed(what=f"{record.obj_name()} {record.uuid}")
        if etag.revisions(wanted) is not None:
            self.context.required_revision = {"uuid": record.uuid, "revision": record.revision}

    # Replies.

    def reply(self, value: Any, status: int = 200, location: str | None = None) -> webob.Response:
        """The JSON of ``value``."""
        return self._response(status, encode(value), "application/json", location)

    def encoded(self, body: bytes) -> webob.Response:
        """JSON that is text already."""
        return self._response(200, body, "application/json", None)

    def reply_tagged(
        self, value: Any, record: Any, status: int = 200, location: str | None = None
    ) -> webob.Response:
        """The JSON of a record, with its entity tag; 304 when the client has it already.

        :param record: the object that ``value`` shows.
        """
        if not record.obj_attr_is_set("revision"):
            # It comes from a conductor of a release that does not know revisions.
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
        """A file, as it is."""
        return self._response(200, value.encode(), "application/octet-stream", None)

    def text(self, value: str) -> webob.Response:
        return self._response(200, value.encode(), "text/plain; charset=utf-8", None)

    def empty(self, status: int, location: str | None = None) -> webob.Response:
        """A reply without a body: 202 of what goes on, 204 of what is done."""
        return self._response(status, b"", None, location)

    def url(self, path: str) -> str:
        """The address of a resource, for ``Location``."""
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
