# SPDX-License-Identifier: Apache-2.0
"""The operations that plain resources share: list, show, create, change and delete.

``Records`` is for records of their own, ``Parts`` for those that belong to a node. A resource with something special
overrides a hook. Each class also says which access its operations require, for the routes.
"""

from collections.abc import Callable
from typing import Any

import webob

from ironic_lite.api import access, filters, forms, paging, request_notifications
from ironic_lite.api import patch as json_patch
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import concurrent_changes, record_access
from ironic_lite.api.controllers.v1.route_access import Allowed, Listing, NewPart, OnRecord
from ironic_lite.api.forms import Form
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.routing import Access
from ironic_lite.conductor.contract import ConductorCalls
from ironic_lite.objects.node import Node

Values = dict[str, Any]


class Records:
    """Records whose access rules are about no owner.

    :param resource: their fields.
    :param kind: their object.
    :param rules: the name of the resource in access rules, as in ``baremetal:chassis:get``.
    :param variable: the record in the path of a route.
    :param ident: the name of the identifier in errors; ``..._uuid`` if it can only be a UUID.
    :param listed: the verb of the rule for lists.
    :param tagged: replies have an entity tag.
    """

    owner_filter = "project"
    """The filter of lists for the client's project."""

    def __init__(
        self,
        resource: Resource,
        kind: Any,
        *,
        rules: str,
        variable: str,
        ident: str,
        listed: str = "get",
        tagged: bool = False,
    ):
        self.resource = resource
        self.kind = kind
        self.path = resource.collection
        self.variable = variable
        self.ident = ident
        self._rules = f"baremetal:{rules}"
        self._listed = listed
        self._tagged = tagged

    # Forms and access of the routes.

    @property
    def creation(self) -> Form:
        """The form of POST."""
        return forms.creation(self.resource)

    @property
    def change(self) -> Form:
        """The form of PATCH."""
        return forms.change(self.resource)

    def to_list(self) -> Access:
        """Return the access that lists require."""
        return Allowed(f"{self._rules}:{self._listed}")

    def to_create(self) -> Access:
        """Return the access that POST requires."""
        return Allowed(f"{self._rules}:create")

    def to(self, verb: str) -> Access:
        """Return the access that an operation on one record requires: ``get``, ``update`` or ``delete``."""
        return OnRecord(self.variable, self.find, f"{self._rules}:{verb}")

    def find(self, call: Call, ident: str, *rules: str) -> Any:
        """Return the record of an identifier in the path, if the rules are granted.

        :raises NotFound, Invalid: as ``get``.
        :raises HTTPForbidden: a rule is not granted.
        """
        for rule in rules:
            access.authorize(call.context, rule)
        # As in Ironic, a wrong query comes before a missing record.
        call.check_query()
        return self.get(call, ident)

    def get(self, call: Call, ident: str) -> Any:
        """Return the record of an identifier in the path.

        :raises NotFound: the resource's own.
        :raises Invalid: the identifier is not of the resource's kind.
        """
        self.check_ident(ident)
        return self.kind.get(call.context, ident)

    def check_ident(self, ident: str) -> None:
        """Check the form of an identifier.

        :raises Invalid: the text in the path cannot identify such a record.
        """
        if self.ident.endswith("_uuid"):
            record_access.check_uuid(self.ident, ident)
        else:
            record_access.check_ident(self.ident, ident)

    # Operations.

    def index(self, call: Call, own: str | None = None) -> webob.Response:
        """``GET /v1/{collection}``"""
        return self._list(call, self.path, own, {})

    def _list(self, call: Call, path: str, own: str | None, within: Values) -> webob.Response:
        """Return the reply with a page.

        :param path: the path of the list.
        :param own: the project whose records the client may list; None: all.
        :param within: the filters that the path implies.
        """
        wanted = paging.page(call)
        narrowed = filters.check(call.query, call.form.query, call.minor)
        access.narrow(narrowed, own, self.owner_filter)
        self.narrow(call, narrowed)
        rows = paging.rows(call, self.kind.rows, wanted, {**narrowed, **within})
        return paging.reply(call, rows, wanted, path)

    def show(self, call: Call, record: Any) -> webob.Response:
        """``GET /v1/{collection}/{record}``"""
        return self._reply(call, record)

    def create(self, call: Call, body: Values) -> webob.Response:
        """``POST /v1/{collection}``"""
        self.prepare(call, body)
        record = self.kind(call.context, **body)
        with request_notifications.request(record, "create"):
            record.create()
        return self._reply_created(call, record)

    def update(self, call: Call, record: Any, body: list[Values]) -> webob.Response:
        """``PATCH /v1/{collection}/{record}``"""
        concurrent_changes.patch(
            record,
            self.resource,
            body,
            lambda before, changes: self.check(call, record, before, changes),
        )
        return self._reply(call, record)

    def delete(self, call: Call, record: Any) -> webob.Response:
        """``DELETE /v1/{collection}/{record}``"""
        with request_notifications.request(record, "delete"):
            self.destroy(call, record)
        return call.empty(204)

    def _reply(
        self, call: Call, record: Any, status: int = 200, location: str | None = None
    ) -> webob.Response:
        if self._tagged:
            return call.reply_tagged(call.shown(record), record, status, location)
        return call.reply(call.shown(record), status, location)

    def _reply_created(self, call: Call, record: Any) -> webob.Response:
        return self._reply(call, record, 201, call.url(f"{self.path}/{record.uuid}"))

    # Hooks.

    def narrow(self, call: Call, narrowed: Values) -> None:
        """Convert the filters of the API to those of the objects, in place."""

    def prepare(self, call: Call, values: Values) -> None:
        """Check the values of a new record, and add those that the client left out, in place."""

    def check(self, call: Call, record: Any, before: Values, changes: Values) -> None:
        """Check the changes of a patch, or add some, in place.

        :param before: the present values.
        """

    def destroy(self, call: Call, record: Any) -> None:
        record.destroy()


# A part always has a node: removing that changes nothing, as in Ironic.
_WITHOUT_EFFECT = ("remove", "/node_uuid")


class Parts(Records):
    """Records that belong to a node, whose owner and lessee the access rules are about."""

    def to_list(self) -> Access:
        return Listing(self._rules.partition(":")[2])

    def to_create(self) -> Access:
        return NewPart(f"{self._rules}:create")

    def find(self, call: Call, ident: str, *rules: str) -> Any:
        """Return the part of an identifier in the path, if the rules are granted for its node.

        :raises NotFound, Invalid: as ``get``; also if the client may not see the part.
        :raises HTTPForbidden: the client may see the part, but a rule is not granted.
        :raises PreconditionFailed: the request is a change, and the record has another revision than its If-Match.
        """
        part = self.get(call, ident)
        for rule in rules:
            seen = f"{self._rules}:get"
            record_access.authorize_part(call, part, rule, seen, self.kind.missing(ident))
        if self._tagged:
            call.check_precondition(part)
        return part

    def index_of_node(self, call: Call, node: Node) -> webob.Response:
        """``GET /v1/nodes/{node}/{collection}``"""
        return self._list(call, f"nodes/{node.uuid}/{self.path}", None, {"node_id": node.id})

    def create(self, call: Call, body: Values) -> webob.Response:
        """``POST /v1/{collection}``"""
        ident = self.node_of(body)
        self.prepare(call, body)
        node = concurrent_changes.named_node(call.context, ident)
        part = self.kind(call.context, node_id=node.id, **body)
        create = self.creator(call, node)
        with request_notifications.request(part, "create", node_uuid=node.uuid):
            created = create(part)
        return self._reply_created(call, created)

    def update(self, call: Call, record: Any, body: list[Values]) -> webob.Response:
        """``PATCH /v1/{collection}/{record}``"""
        operations = [each for each in body if (each["op"], each["path"]) != _WITHOUT_EFFECT]
        updated = concurrent_changes.until_settled(
            record, lambda: self._apply(call, record, operations)
        )
        return self._reply(call, updated)

    def _apply(self, call: Call, part: Any, operations: list[Values]) -> Any:
        before = json_patch.before(part, self.resource, operations)
        changes = json_patch.apply(self.resource, operations, before)
        expected = {name: before[name] for name in changes if self.resource.fields[name].shown}
        self.check(call, part, before, changes)
        named = [changes.pop(name, None) for name in ("node_uuid", "node_ident")]
        wanted = named[0] or named[1]
        if wanted is None:
            node = Node.get_by_id(call.context, part.node_id)
        else:
            rule = f"{self._rules}:create"
            node = concurrent_changes.new_node(call.context, wanted, rule)
            expected["node_id"] = part.node_id
            changes["node_id"] = node.id
        for name, value in changes.items():
            setattr(part, name, value)
        conductor = call.conductors.of(node)
        with request_notifications.request(part, "update"):
            return self.save(call, conductor, part, expected)

    def destroy(self, call: Call, record: Any) -> None:
        node = Node.get_by_id(call.context, record.node_id)
        self.remove(call, call.conductors.of(node), record)

    def narrow(self, call: Call, narrowed: Values) -> None:
        named = narrowed.pop("node", None)
        if named is not None:
            narrowed["node_id"] = record_access.named_node(call.context, named).id
        groups = narrowed.pop("conductor_groups", None)
        if groups:
            narrowed["conductor_group_in"] = groups

    # Hooks.

    def node_of(self, values: Values) -> str:
        """Remove the node from the values of a new part, and return its UUID or name."""
        ident: str = values.pop("node_uuid")
        return ident

    def creator(self, call: Call, node: Node) -> Callable[[Any], Any]:
        """Return the function that stores a new part, and returns it."""

        def create(part: Any) -> Any:
            part.create()
            return part

        return create

    def save(self, call: Call, conductor: ConductorCalls, part: Any, expected: Values) -> Any:
        """Let the conductor write the changes of a part, and return it as it is then.

        :param expected: the values of the changed fields when the changes were computed.
        """
        raise NotImplementedError

    def remove(self, call: Call, conductor: ConductorCalls, part: Any) -> None:
        """Let the conductor delete a part."""
        raise NotImplementedError
