# SPDX-License-Identifier: Apache-2.0
"""All decisions about access are made here.

An operation declares what it requires of its client (``controllers.v1.route_access``), with Ironic's rule names
(``baremetal:node:get``), and ``routing.Operation`` asks before the body is parsed. The rules are those of
``common.policies`` and of the operator's policy file. Without authentication, and with http_basic without a roles file,
everybody is an administrator and no rule is checked.

A handler asks only what depends on values: ``narrow`` limits a list to the client's project;
``record_access.named_node`` finds a node in a query or body; ``concurrent_changes.new_node`` finds the node to which a
part moves. For the fields of a reply, the serialiser asks a :class:`Sight` for the rules that each ``Field`` declares.
"""

import functools
from collections.abc import Mapping
from typing import Any

from ironic_lite.common import exception, policy
from ironic_lite.common.context import RequestContext

Target = Mapping[str, Any]

_NO_TARGET: Target = {}
_OWNERS = ("node.owner", "node.lessee", "allocation.owner", "runbook.owner", "image.owner")


def of_node(owner: str | None, lessee: str | None) -> Target:
    """Return a node, or a part of one, as the target of a rule. A node without owner matches no project."""
    target = {"node.owner": owner, "node.lessee": lessee}
    return {key: project for key, project in target.items() if project}


def of_owner(kind: str, owner: str | None) -> Target:
    """Return an ``allocation``, ``runbook`` or ``image`` as the target of a rule."""
    return {f"{kind}.owner": owner} if owner else _NO_TARGET


def is_unrestricted(context: RequestContext) -> bool:
    """Tell whether no rule is checked, so that callers need not read the target."""
    return bool(context.is_admin)


def allows(context: RequestContext, rule: str, target: Target = _NO_TARGET) -> bool:
    """Tell whether ``rule`` is granted."""
    return is_unrestricted(context) or policy.allows(context, rule, target)


def authorize(context: RequestContext, rule: str, target: Target = _NO_TARGET) -> None:
    """Refuse the request unless the rule is granted.

    :param rule: name of the rule.
    :param target: the record, from ``of_node`` or ``of_owner``; omitted for a collection.
    :raises HTTPForbidden: the rule is not granted.
    :raises SystemScopeNeeded: the rule would be granted with system scope, but never with project scope.
    """
    if allows(context, rule, target):
        return
    project = context.project_id
    if (
        project
        and not policy.allows(context, rule, dict.fromkeys(_OWNERS, project))
        and policy.allows_in_system_scope(context, rule, target)
    ):
        raise exception.SystemScopeNeeded(resource=rule, project=project)
    raise exception.HTTPForbidden(resource=rule)


def listing(context: RequestContext, kind: str) -> str | None:
    """Return the project whose records a list may show; None when it may show all.

    :param kind: ``node``, ``port`` ...: for the rules ``baremetal:<kind>:list_all`` and ``baremetal:<kind>:list``.
    :raises HTTPForbidden: the client may list nothing.
    """
    everything = f"baremetal:{kind}:list_all"
    if allows(context, everything):
        return None
    if not context.project_id:
        raise exception.HTTPForbidden(resource=everything)
    authorize(context, f"baremetal:{kind}:list")
    return context.project_id


def narrow(filters: dict[str, Any], own: str | None, name: str = "project") -> None:
    """Limit a list to one project.

    :param filters: filters of the list, some of them from the client.
    :param own: the project from ``listing``.
    :param name: name of the filter.
    :raises HTTPForbidden: the client requests records of another project.
    """
    if own is not None and filters.setdefault(name, own) != own:
        raise exception.HTTPForbidden(resource=f"records of another {name}")


def owner_of_new(kind: str, context: RequestContext, owner: str | None) -> str | None:
    """Return the owner of a new node or runbook: with system scope the requested one, else the client's project.

    Without access rules there is one operator, who may set any owner.

    :raises Invalid: another owner was requested.
    """
    if context.system_scope == "all" or is_unrestricted(context):
        return owner
    if owner not in (None, context.project_id):
        raise exception.Invalid(
            f"Cannot create a {kind} as a project scoped admin with an owner other than your own project."
        )
    return context.project_id


class Sight:
    """The fields that one client may see.

    Each rule is checked at most once per request and relation of the client's project to the node (owner, lessee, both
    or neither), for any number of rows.
    """

    def __init__(self, context: RequestContext):
        self._context = context
        self._granted: dict[tuple[str, bool, bool], bool] = {}
        self._secrets: dict[str, bool] = {}

    @functools.cached_property
    def is_whole(self) -> bool:
        """Tell whether no field is withheld. Agents see few fields, but those completely."""
        return self._context.is_public_api or allows(
            self._context, "baremetal:node:get:filter_threshold"
        )

    def grants(self, rule: str, owner: str | None, lessee: str | None) -> bool:
        """Tell whether a field with this rule is shown, for a node with this owner and lessee."""
        project = self._context.project_id
        owns = project is not None and owner == project
        leases = project is not None and lessee == project
        key = (rule, owns, leases)
        if key not in self._granted:
            target = of_node(project if owns else None, project if leases else None)
            self._granted[key] = allows(self._context, rule, target)
        return self._granted[key]

    def shows_everywhere(self, rule: str) -> bool:
        """Tell whether a field with this rule is shown for every node that the client may list."""
        project = self._context.project_id
        return self.is_whole or (
            project is not None
            and self.grants(rule, project, None)
            and self.grants(rule, None, project)
        )

    def grants_secrets(self, rule: str) -> bool:
        """Tell whether secrets with this rule are shown. By default not even administrators see them."""
        granted = self._secrets.get(rule)
        if granted is None:
            granted = not policy.is_for_nobody(rule) and allows(self._context, rule)
            self._secrets[rule] = granted
        return granted
