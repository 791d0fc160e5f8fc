# SPDX-License-Identifier: Apache-2.0
"""The API as an OpenAPI 3.1 document, generated from the table of routes and the declarations of the resources.

A document is for one microversion: it has the routes, fields and arguments of that microversion. ``x-since`` is the
first microversion of each.
"""

import functools
import re
from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from ironic_lite import version
from ironic_lite.api import filters, forms, patch, replies, schemas, types, versions
from ironic_lite.api.resources.field import Field
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.routing import Operation, Route, Tables
from ironic_lite.conf import CONF

_VARIABLE = re.compile(r"\{(\w+)\}")
_JSON = "application/json"
_BINARY = "application/octet-stream"
_TAGGED = ("nodes/{node}", "ports/{port}")
"""Records that come with an entity tag."""

_ERROR = {
    "type": "object",
    "description": "error_message is JSON once more: an object with faultstring, or with title and description.",
    "properties": {"error_message": {"type": "string", "contentMediaType": _JSON}},
    "required": ["error_message"],
    "additionalProperties": False,
}
_SECURITY = {
    "http_basic": {"type": "http", "scheme": "basic"},
    "keystone": {"type": "apiKey", "in": "header", "name": "X-Auth-Token"},
}


@functools.lru_cache(maxsize=8)
def document(tables: Tables, minor: int) -> bytes:
    """Return the document of one microversion as JSON."""
    return orjson.dumps(_Document(tables, minor).build())


class _Document:
    """Builds the document.

    :param tables: all routes.
    :param minor: the microversion.
    """

    def __init__(self, tables: Tables, minor: int):
        self._tables = tables
        self._minor = minor
        self._schemas: dict[str, Any] = {"Error": _ERROR}
        self._security = _SECURITY.get(CONF.auth_strategy)

    def build(self) -> dict[str, Any]:
        paths = dict(self._paths())
        components: dict[str, Any] = {
            "schemas": self._schemas,
            "responses": {
                "Refused": _response("What is wrong with the request.", _reference("Error")),
                "Unavailable": _response("To be tried again later.", _reference("Error")),
            },
            "parameters": {"Version": self._version_header()},
        }
        if self._security:
            components["securitySchemes"] = {CONF.auth_strategy: self._security}
        return {
            "openapi": "3.1.0",
            "info": {
                "title": "Bare metal API",
                "version": f"1.{self._minor}",
                "summary": f"ironic_lite {version.__version__}, compatible with OpenStack Ironic",
            },
            "servers": [{"url": (CONF.api.public_endpoint or "").rstrip("/") or "/"}],
            "paths": paths,
            "components": components,
        }

    def _paths(self) -> Iterator[tuple[str, Any]]:
        for prefix, table in self._tables:
            for route in table.routes:
                if self._has(route):
                    yield prefix + route.path, self._path(route)

    def _has(self, route: Route) -> bool:
        first = min((op.form.since for op in route.operations.values()), default=versions.MIN)
        return max(route.since, first) <= self._minor

    def _path(self, route: Route) -> dict[str, Any]:
        item: dict[str, Any] = {
            "parameters": [_reference("Version", "parameters"), *_path_parameters(route)]
        }
        if route.since > versions.MIN:
            item["x-since"] = f"1.{route.since}"
        for method, operation in route.operations.items():
            if operation.form.since <= self._minor:
                item[method.lower()] = self._operation(route, method, operation)
        return item

    def _operation(self, route: Route, method: str, operation: Operation) -> dict[str, Any]:
        form = operation.form
        words = [method.lower(), *re.findall(r"\w+", route.path)]
        said: dict[str, Any] = {
            "operationId": "_".join(words) if len(words) > 1 else f"{method.lower()}_root",
            "tags": [words[1] if len(words) > 1 else "root"],
            "responses": self._responses(form, _is_tagged(route, method)),
        }
        summary = re.sub(r"``[^`]*``(: )?", "", (operation.handler.__doc__ or "").split("\n")[0])
        if summary:
            said["summary"] = summary
        if form.since > versions.MIN:
            said["x-since"] = f"1.{form.since}"
        parameters = [
            *self._arguments(form),
            *_tag_headers(route, method),
            *_byte_headers(form.body),
        ]
        if parameters:
            said["parameters"] = parameters
        if form.body is not None:
            media = _BINARY if isinstance(form.body, forms.Bytes) else _JSON
            said["requestBody"] = {"content": {media: {"schema": self._body(form.body)}}}
        if route.public:
            said["security"] = []
        elif self._security:
            said["security"] = [{CONF.auth_strategy: []}]
        return said

    def _responses(self, form: forms.Form, tagged: bool) -> dict[str, Any]:
        responses: dict[str, Any] = {
            "4XX": _reference("Refused", "responses"),
            "503": _reference("Unavailable", "responses"),
        }
        if form.status is not None:
            schema = None if form.reply is None else self._reply(form.reply)
            responses[str(form.status)] = _response("Done.", schema, form.media)
        if isinstance(form.body, forms.Bytes):
            responses["507"] = _reference("Unavailable", "responses")
        if tagged:
            responses["304"] = _response("The client has it already.", None)
        return responses

    def _arguments(self, form: forms.Form) -> Iterator[dict[str, Any]]:
        reply = form.reply.resource if isinstance(form.reply, forms.Page) else form.reply
        for name, stated in form.query.items():
            kind, since = filters.kind_of(stated), filters.since_of(stated)
            if since > self._minor:
                continue
            schema = kind.schema
            if isinstance(reply, Resource) and name in ("fields", "sort_key"):
                schema = self._names(reply, name)
            argument: dict[str, Any] = {"name": name, "in": "query", "schema": schema}
            if kind is types.CSV:
                argument.update(style="form", explode=False)
            if since > versions.MIN:
                argument["x-since"] = f"1.{since}"
            yield argument

    def _names(self, resource: Resource, argument: str) -> Mapping[str, Any]:
        """Return the schema of ``fields`` or ``sort_key``, with the fields that it may name."""
        known = [f for f in resource.fields.values() if f.shown and f.since <= self._minor]
        if argument == "sort_key":
            return {"enum": ["id", *(f.name for f in known if f.sortable)]}
        return {"type": "array", "items": {"enum": [f.name for f in known]}}

    # Schemas.

    def _component(self, name: str, schema: Any) -> dict[str, str]:
        self._schemas.setdefault(name, schema)
        return _reference(name)

    def _reply(self, reply: Any) -> Mapping[str, Any]:
        match reply:
            case Resource():
                return self._component(_called(reply), self._record(reply))
            case forms.Page(resource):
                rows = replies.list_of(self._reply(resource))
                more = {"next": {"type": "string", "format": "uri"}}
                return replies.an_object({resource.collection: rows}, more)
        return self._filled_in(reply)

    def _filled_in(self, schema: Any) -> Any:
        """Return the schema with the resources in it replaced by their schemas."""
        match schema:
            case Resource():
                return self._reply(schema)
            case Mapping():
                return {key: self._filled_in(part) for key, part in schema.items()}
        return schema

    def _body(self, body: Any) -> Mapping[str, Any]:
        match body:
            case forms.New(resource):
                return self._component(f"{_called(resource)}Create", self._new(resource))
            case forms.Patch(resource):
                return self._component(f"{_called(resource)}Patch", _patch(resource, self._minor))
            case forms.Bytes():
                return {"type": "string", "format": "binary"}
            case forms.Unread(unread):
                return self._body(unread)
            case schemas.Body():
                return body.form
            case Mapping():
                return body
        return _arguments_schema(body)

    def _record(self, resource: Resource) -> dict[str, Any]:
        """Return the schema of a record in replies. No field is required, as the view and ``fields`` choose them."""
        return _object(
            {
                field.name: _with_since(field, _shown(field, resource))
                for field in resource.fields.values()
                if field.shown and field.since <= self._minor
            }
        )

    def _new(self, resource: Resource) -> dict[str, Any]:
        taken = [f for f in resource.fields.values() if f.create and f.since <= self._minor]
        return _object(
            {field.name: _with_since(field, field.kind.schema) for field in taken},
            [field.name for field in taken if field.mandatory],
        )

    def _version_header(self) -> dict[str, Any]:
        return {
            "name": versions.HEADER,
            "in": "header",
            "required": self._minor != versions.MIN,
            "schema": {"const": f"1.{self._minor}"},
        }


def _reference(name: str, kind: str = "schemas") -> dict[str, str]:
    return {"$ref": f"#/components/{kind}/{name}"}


def _response(
    description: str, schema: Mapping[str, Any] | None, media: str = _JSON
) -> dict[str, Any]:
    response: dict[str, Any] = {"description": description}
    if schema is not None:
        response["content"] = {media: {"schema": schema}}
    return response


def _called(resource: Resource) -> str:
    return "".join(word.capitalize() for word in re.split(r"[ _]", resource.name))


def _object(properties: dict[str, Any], required: list[str] | None = None) -> dict[str, Any]:
    schema = {"type": "object", "properties": properties, "additionalProperties": False}
    return {**schema, "required": required} if required else schema


def _patch(resource: Resource, minor: int) -> Mapping[str, Any]:
    """Return the schema of a patch: it sets or removes fields, or changes parts of fields that are objects."""
    fields = {
        name: field
        for name, field in resource.patchable_at(minor).items()
        if field.patchable_since <= minor
    }
    setting: forms.Schema = {"enum": ["add", "replace"]}
    removing: forms.Schema = {"const": "remove"}
    operations = [
        replies.an_object({"op": setting, "path": _only(f"/{name}"), "value": field.kind.schema})
        for name, field in fields.items()
    ]
    removable = [f"/{name}" for name, field in fields.items() if field.removable_at(minor)]
    if removable:
        operations.append(replies.an_object({"op": removing, "path": _only(*removable)}))
    objects = [name for name, field in fields.items() if field.kind.schema.get("type") == "object"]
    if objects:
        pattern = f"^/({'|'.join(objects)}){patch.inside(minor)}$"
        path: forms.Schema = {"type": "string", "pattern": pattern}
        operations.append(replies.an_object({"op": setting, "path": path, "value": {}}))
        operations.append(replies.an_object({"op": removing, "path": path}))
    return {"type": "array", "maxItems": patch.MAX_OPERATIONS, "items": {"anyOf": operations}}


def _only(*words: str) -> forms.Schema:
    return {"enum": list(words)}


def _shown(field: Field, resource: Resource) -> Mapping[str, Any]:
    """Return the schema of a field's values in replies."""
    schema = field.kind.shown or field.kind.schema
    stored = field.reader is None and (field.mandatory or field.default is not None)
    if stored or field.name == resource.key or not field.kind.nullable:
        return schema
    return {"anyOf": [schema, {"type": "null"}]}


def _with_since(field: Field, schema: Mapping[str, Any]) -> dict[str, Any]:
    return {**schema, "x-since": f"1.{field.since}"} if field.since > versions.MIN else dict(schema)


def _arguments_schema(body: type) -> dict[str, Any]:
    """Return the schema of a WSME body class."""
    order: tuple[str, ...] = body._wsme_attr_order  # type: ignore[attr-defined]
    attributes = {name: getattr(body, name) for name in order}
    return _object(
        {name: dict(attribute.datatype.schema) for name, attribute in attributes.items()},
        [name for name, attribute in attributes.items() if attribute.mandatory],
    )


def _path_parameters(route: Route) -> Iterator[dict[str, Any]]:
    for name in _VARIABLE.findall(route.path):
        # A record's name or UUID; another text is a record that does not exist.
        yield {
            "name": name,
            "in": "path",
            "required": True,
            "schema": {"type": "string", "pattern": "^[^/]+$"},
        }


def _is_tagged(route: Route, method: str) -> bool:
    """Whether replies have an entity tag, which clients can send as ``If-None-Match``."""
    return method == "GET" and route.path in _TAGGED


def _byte_headers(body: Any) -> Iterator[dict[str, Any]]:
    """Yield the headers that say which bytes a body has."""
    for name, meaning in body.headers.items() if isinstance(body, forms.Bytes) else ():
        yield {
            "name": name,
            "in": "header",
            "description": meaning,
            "schema": {"type": "string"},
        }


def _tag_headers(route: Route, method: str) -> Iterator[dict[str, Any]]:
    """Yield the parameters for the request headers ``If-None-Match`` and ``If-Match``."""
    if _is_tagged(route, method):
        yield _header("If-None-Match", "Answer 304 if the representation has this tag.")
    elif method != "GET" and route.path.startswith(_TAGGED):
        yield _header("If-Match", "Refuse (412) if the record has changed since it had this tag.")


def _header(name: str, description: str) -> dict[str, Any]:
    schema = {"type": "string", "pattern": '^(\\*|(W/)?"[!#-~]*")$'}
    return {"name": name, "in": "header", "description": description, "schema": schema}
