# SPDX-License-Identifier: Apache-2.0
"""Who may do what: the one place where it is decided.

Controllers ask before they look at the body, and name the rule as Ironic does (``baremetal:node:get``). The rules
are those of ``common.policies`` and of the operator's policy file. Without authentication, and with http_basic as long
as it has no file of roles, everybody is an administrator, and no rule is asked.
"""

import functools
from collections.abc import Mapping
from typing import Any

from ironic_lite.common import exception, policy
from ironic_lite.common.context import RequestContext
from ironic_lite.conf import CONF

Target = Mapping[str, Any]

_NO_TARGET: Target = {}
_OWNERS = ("node.owner", "node.lessee", "allocation.owner", "runbook.owner")


def of_node(owner: str | None, lessee: str | None) -> Target:
    """A node, or what belongs to one, as the target of a rule. Nobody's project matches none."""
    target = {"node.owner": owner, "node.lessee": lessee}
    return {key: project for key, project in target.items() if project}


def of_owner(kind: str, owner: str | None) -> Target:
    """An ``allocation`` or ``runbook`` as the target of a rule."""
    return {f"{kind}.owner": owner} if owner else _NO_TARGET


def is_unrestricted(context: RequestContext) -> bool:
    """Whether no rule is asked, so that what a rule would have to know need not be read."""
    return bool(context.is_admin)


def allows(context: RequestContext, rule: str, target: Target = _NO_TARGET) -> bool:
    """Whether ``rule`` is granted."""
    return is_unrestricted(context) or policy.allows(context, rule, target)


def authorize(context: RequestContext, rule: str, target: Target = _NO_TARGET) -> None:
    """Let the request pass, or refuse it.

    :param rule: what is asked for.
    :param target: the record that it is asked of, from ``of_node`` or ``of_owner``; nothing for a collection.
    :raises HTTPForbidden: it is not granted.
    :raises SystemScopeNeeded: nor is it to any project with these roles, but they would do in the scope of the system.
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
    """The project to whose records a list is narrowed; None: all are listed.

    :param kind: ``node``, ``port`` ...: of the rules ``baremetal:<kind>:list_all`` and ``baremetal:<kind>:list``.
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
    """Narrow a list to one project.

    :param filters: of the list, some of them from the client.
    :param own: from ``listing``.
    :param name: of the filter.
    :raises HTTPForbidden: the client asks for the records of another project.
    """
    if own is not None and filters.setdefault(name, own) != own:
        raise exception.HTTPForbidden(resource=f"records of another {name}")


def authorize_enrolment(context: RequestContext) -> None:
    """Let somebody enrol nodes: an administrator of the system, or of a project for that project.

    :raises HTTPForbidden:
    """
    own = "baremetal:node:create:self_owned_node"
    if not (CONF.api.project_admin_can_manage_own_nodes and allows(context, own)):
        authorize(context, "baremetal:node:create")


def owner_of_new_node(context: RequestContext, owner: str | None) -> str | None:
    """Whose a new node is: from the scope of the system whoever is named, else the client's project.

    Where no rule is asked there is one operator, who may name whom they like.

    :raises Invalid: it was to be somebody else's.
    """
    if context.system_scope == "all" or is_unrestricted(context):
        return owner
    if owner not in (None, context.project_id):
        raise exception.Invalid(
            "Cannot create a node as a project scoped admin with an owner other than your own project."
        )
    return context.project_id


def authorize_deletion(context: RequestContext, node: Target) -> None:
    """Let somebody delete a node: an administrator of the system, or of the project that owns it.

    :raises HTTPForbidden:
    """
    own = "baremetal:node:delete:self_owned_node"
    if not (CONF.api.project_admin_can_manage_own_nodes and allows(context, own, node)):
        authorize(context, "baremetal:node:delete", node)


class Sight:
    """What one client sees of records, field by field.

    Each rule is asked at most once per request and relation of the client's project to the node (owner, lessee, both or
    neither), however many rows there are.
    """

    def __init__(self, context: RequestContext):
        self._context = context
        self._granted: dict[tuple[str, bool, bool], bool] = {}
        self._secrets: dict[str, bool] = {}

    @functools.cached_property
    def is_whole(self) -> bool:
        """Whether no field of any node is withheld. Agents see few fields, and those whole."""
        return self._context.is_public_api or allows(
            self._context, "baremetal:node:get:filter_threshold"
        )

    def grants(self, rule: str, owner: str | None, lessee: str | None) -> bool:
        """Whether a field with this rule is shown, of a node with this owner and lessee."""
        project = self._context.project_id
        owns = project is not None and owner == project
        leases = project is not None and lessee == project
        key = (rule, owns, leases)
        if key not in self._granted:
            target = of_node(project if owns else None, project if leases else None)
            self._granted[key] = allows(self._context, rule, target)
        return self._granted[key]

    def shows_everywhere(self, rule: str) -> bool:
        """Whether a field with this rule is shown of every node that the client may list, owned or leased."""
        project = self._context.project_id
        return self.is_whole or (
            project is not None
            and self.grants(rule, project, None)
            and self.grants(rule, None, project)
        )

    def grants_secrets(self, rule: str) -> bool:
        """Whether secrets with this rule are shown. Administrators see none unless the policy file says so."""
        granted = self._secrets.get(rule)
        if granted is None:
            granted = not policy.is_for_nobody(rule) and allows(self._context, rule)
            self._secrets[rule] = granted
        return granted
