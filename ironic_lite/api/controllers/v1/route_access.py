# SPDX-License-Identifier: Apache-2.0
"""What a route may require of its client: which access rules, asked about which record.

``routing.Operation`` asks before the handler runs. The handler gets the records that were found.
"""

import contextlib
from collections.abc import Callable, Iterable
from typing import Any

from ironic_lite.api import access
from ironic_lite.api.call import Call
from ironic_lite.api.controllers.v1 import record_access
from ironic_lite.api.forms import Form
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.routing import Access, Handler, Operation
from ironic_lite.common import exception
from ironic_lite.conf import CONF
from ironic_lite.objects.node import Node

Given = dict[str, Any]
Find = Callable[..., Any]
"""Returns the record of an identifier in the path: takes the call, the identifier, and the rules to ask about it."""


class Allowed:
    """The rules are granted; they are about no record. Handlers get nothing."""

    def __init__(self, *rules: str):
        self.rules = rules

    def admit(self, call: Call, given: Given) -> None:
        for rule in self.rules:
            access.authorize(call.context, rule)


class Listing:
    """The client may list records. Handlers get ``own``: the project whose records it may list; None: all.

    :param kind: ``node``, ``port`` ...: for the rules ``baremetal:<kind>:list_all`` and ``baremetal:<kind>:list``.
    """

    def __init__(self, kind: str):
        self._kind = kind
        self.rules: tuple[str, ...] = tuple(
            f"baremetal:{kind}:{verb}" for verb in ("list_all", "list")
        )

    def admit(self, call: Call, given: Given) -> None:
        given["own"] = access.listing(call.context, self._kind)


class OnRecord:
    """The record in the path exists, and the rules are granted for it. Handlers get it as ``record``.

    :param variable: the variable part of the path.
    """

    def __init__(self, variable: str, find: Find, *rules: str):
        self._variable = variable
        self._find = find
        self.rules = rules

    def admit(self, call: Call, given: Given) -> None:
        given["record"] = self._find(call, given.pop(self._variable), *self.rules)


class OnNode:
    """The node in the path exists, and the rules are granted for it. Handlers get it as ``node``."""

    def __init__(self, *rules: str):
        self.rules = rules

    def admit(self, call: Call, given: Given) -> None:
        given["node"] = record_access.node(call, given["node"], *self.rules)


class OnNodeInQuery(OnNode):
    """Like ``OnNode``, for a node in the query argument ``node_uuid`` or ``node``."""

    def admit(self, call: Call, given: Given) -> None:
        named, plain = call.query.pop("node_uuid", None), call.query.pop("node", None)
        given["node"] = named or plain
        if given["node"] is None:
            raise exception.InvalidParameterValue(
                "Expected a logical name or UUID but received None."
            )
        super().admit(call, given)


class OnNodeByBody:
    """Like ``OnNode``; the body determines the rules.

    :param rules_of: takes the body, which is not checked yet, and returns the rules.
    :param rules: all rules that ``rules_of`` may return.
    :param first: the rules that do not depend on the body; they are asked before it is read.
    """

    def __init__(self, rules_of: Callable[[Any], Iterable[str]], rules: Iterable[str], *first: str):
        self._rules_of = rules_of
        self._first = first
        self.rules = tuple(rules)

    def admit(self, call: Call, given: Given) -> None:
        ident = given["node"]
        body = call.document(lambda: record_access.node(call, ident, *self._first))
        given["node"] = record_access.node(call, ident, *self._rules_of(body))


class OnNodeToDelete(OnNode):
    """Like ``OnNode``, for an administrator of the system or of the owner's project."""

    def __init__(self) -> None:
        super().__init__("baremetal:node:delete", "baremetal:node:delete:self_owned_node")

    def admit(self, call: Call, given: Given) -> None:
        any_node, own = self.rules
        node = record_access.node(call, given["node"])
        of = record_access.target(node)
        if not (
            CONF.api.project_admin_can_manage_own_nodes and access.allows(call.context, own, of)
        ):
            access.authorize(call.context, any_node, of)
        given["node"] = node


class New:
    """The rule is granted, and the client may set the fields in the body of a new record with an owner.

    :param resource: the fields of the records.
    :param own: a rule that suffices for records of the client's own project, if the operator allows that.
    """

    def __init__(self, resource: Resource, rule: str, own: str | None = None):
        self._resource = resource
        self._rule = rule
        self._own = own
        self.rules = (*filter(None, (rule, own)), *resource.all_creation_rules)

    def admit(self, call: Call, given: Given) -> None:
        own = CONF.api.project_admin_can_manage_own_nodes and self._own
        if not (own and access.allows(call.context, own)):
            access.authorize(call.context, self._rule)
        body = call.document()
        if not access.is_unrestricted(call.context) and isinstance(body, dict):
            self._authorize_values(call, body)

    def _authorize_values(self, call: Call, body: dict[str, Any]) -> None:
        """Check the rule of each field that a body sets.

        A project's new record belongs to the project: naming it as the owner needs no rule, and another owner is
        refused when the body is checked.
        """
        values = dict(body)
        if call.context.system_scope != "all":
            values.pop("owner", None)
            owner = call.context.project_id
        else:
            owner = _project(values.get("owner"))
        if self._resource.owned:
            of = access.of_node(owner, _project(values.get("lessee")))
        else:
            of = access.of_owner(self._resource.name, owner)
        for rule in self._resource.creation_rules(values):
            access.authorize(call.context, rule, of)


def _project(value: Any) -> str | None:
    return value if isinstance(value, str) else None


class NewPart:
    """The rule is granted for the node that the body names; the answer is the same for a missing node.

    Before the body is read, the rule has to be granted at least for nodes of the client's project. The body is not
    checked yet, so an invalid one counts as a node without owner.
    """

    def __init__(self, *rules: str):
        self.rules = rules

    def admit(self, call: Call, given: Given) -> None:
        context = call.context
        own = access.of_node(context.project_id, context.project_id)
        body = call.document(lambda: self._authorize(call, own))
        if not access.is_unrestricted(context):
            self._authorize(call, _named_node(call, body if isinstance(body, dict) else {}))

    def _authorize(self, call: Call, of: access.Target) -> None:
        for rule in self.rules:
            access.authorize(call.context, rule, of)


def _named_node(call: Call, body: dict[str, Any]) -> access.Target:
    ident = body.get("node_uuid") or body.get("node_ident")
    if isinstance(ident, str):
        with contextlib.suppress(exception.NodeNotFound):
            return record_access.target(Node.get(call.context, ident))
    return access.of_node(None, None)


Declared = Callable[[Handler], Operation]


def operation(access_needed: Access | None, form: Form) -> Declared:
    """Return the decorator that makes a handler an operation.

    :param access_needed: what it requires of the client; None: nothing.
    :param form: its query, body and reply.
    """
    return lambda handler: Operation(handler, access_needed, form)


def allowed(rule: str, form: Form) -> Declared:
    """Return the decorator for an operation that asks one rule about no record, named without ``baremetal:``."""
    return operation(Allowed(f"baremetal:{rule}"), form)


def on_node(rule: str, form: Form) -> Declared:
    """Return the decorator for an operation on the node in the path that asks one rule, named as in ``allowed``."""
    return operation(OnNode(f"baremetal:{rule}"), form)
