# SPDX-License-Identifier: Apache-2.0
"""The building blocks of all rules, with Ironic's names and defaults.

A token has a scope: the whole system (``system_scope:all``), or one project. With system scope a role applies to every
node. With project scope it applies to the nodes that the project owns or leases. Roles imply each
other: an admin is a manager, a manager a member, a member a reader. ``service`` is separate.
"""

from collections.abc import Mapping, Sequence

from oslo_policy import policy

SYSTEM_ONLY = ("system",)
ANY_SCOPE = ("system", "project")

ANYBODY = ""
NOBODY = "!"

_OWNER = "project_id:%(node.owner)s"
_LESSEE = "project_id:%(node.lessee)s"
_SERVICE = "(role:service and system_scope:all)"
_OWNER_SERVICE = f"(role:service and {_OWNER})"
_OWNER_MANAGER = f"(role:admin and {_OWNER}) or (role:manager and {_OWNER})"
_LESSEE_MANAGER = f"(role:admin and {_LESSEE}) or (role:manager and {_LESSEE})"

SYSTEM_ADMIN = "role:admin and system_scope:all"
SYSTEM_MEMBER = "(role:member and system_scope:all) or rule:service_role"
SYSTEM_READER = f"(role:reader and system_scope:all) or {_SERVICE} or rule:service_role"

ANY_READER = "(role:reader) or (role:service)"

OWNER_READER = f"({SYSTEM_READER}) or {_SERVICE} or (role:reader and {_OWNER}) or {_OWNER_SERVICE}"
OWNER_OR_LESSEE_READER = (
    f"({SYSTEM_READER}) or (role:reader and ({_OWNER} or {_LESSEE})) or {_OWNER_SERVICE}"
)
OWNER_MEMBER = f"({SYSTEM_MEMBER}) or {_SERVICE} or (role:member and {_OWNER}) or {_OWNER_SERVICE}"
OWNER_OR_LESSEE_MEMBER = (
    f"({SYSTEM_MEMBER}) or (role:member and ({_OWNER} or {_LESSEE})) or {_SERVICE}"
)
OWNER_MEMBER_OR_LESSEE_MANAGER = (
    f"({SYSTEM_MEMBER}) or {_SERVICE} or (role:member and {_OWNER}) or {_LESSEE_MANAGER}"
    f" or {_OWNER_SERVICE}"
)
OWNER_MANAGER = f"({SYSTEM_MEMBER}) or {_SERVICE} or {_OWNER_MANAGER} or {_OWNER_SERVICE}"
OWNER_OR_LESSEE_MANAGER = (
    f"({SYSTEM_MEMBER}) or {_SERVICE} or {_OWNER_MANAGER} or {_LESSEE_MANAGER} or {_OWNER_SERVICE}"
)
SYSTEM_ADMIN_OR_OWNER_MANAGER = (
    f"({SYSTEM_ADMIN}) or {_SERVICE} or {_OWNER_MANAGER} or {_OWNER_SERVICE}"
)


def rules(
    granted: Mapping[str, Mapping[str, str]], scopes: Sequence[str] | None = ANY_SCOPE
) -> tuple[policy.RuleDefault, ...]:
    """Return rules of the API.

    The routes say which operations ask them; see ``api.documented_rules``.

    :param granted: for each check, what the rules with this check allow, by their names.
    :param scopes: allowed scopes of tokens; None: any.
    """
    allowed = None if scopes is None else list(scopes)
    return tuple(
        policy.RuleDefault(name, check, description, scope_types=allowed)
        for check, actions in granted.items()
        for name, description in actions.items()
    )


def _part(name: str, check: str, description: str) -> policy.RuleDefault:
    return policy.RuleDefault(name=name, check_str=check, description=description)


RULES = (
    _part("admin_api", "role:admin or role:administrator", "Administrators, for old policy files."),
    _part("public_api", "is_public_api:True", "Clients of a route that is open to everybody."),
    _part("show_password", NOBODY, "See the secrets in driver_info."),
    _part("show_instance_secrets", NOBODY, "See the secrets in instance_info."),
    _part(
        "service_role",
        "role:service and project_name:%(config.service_project_name)s",
        "Other services, if [DEFAULT] rbac_service_role_elevated_access is set.",
    ),
    _part(
        "is_member",
        "(project_domain_id:default or project_domain_id:None) and (project_name:demo or project_name:baremetal)",
        "Members of projects, for old policy files.",
    ),
    _part(
        "is_observer",
        "rule:is_member and (role:observer or role:baremetal_observer)",
        "Observers, for old policy files.",
    ),
    _part(
        "is_admin",
        "rule:admin_api or (rule:is_member and role:baremetal_admin)",
        "Administrators, for old policy files.",
    ),
    _part("is_node_owner", _OWNER, "The project that owns the node."),
    _part("is_node_lessee", _LESSEE, "The project that leases the node."),
    _part(
        "is_allocation_owner",
        "project_id:%(allocation.owner)s",
        "The project that owns the allocation.",
    ),
)
