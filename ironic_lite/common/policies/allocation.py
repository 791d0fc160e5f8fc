# SPDX-License-Identifier: Apache-2.0
"""Allocations."""

from ironic_lite.common.policies import base

_OWNER = "project_id:%(allocation.owner)s"
_OWNER_MEMBER = f"({base.SYSTEM_MEMBER}) or (role:member and {_OWNER})"

RULES = (
    base.rule(
        "baremetal:allocation:get",
        f"({base.SYSTEM_READER}) or (role:reader and {_OWNER})",
        "See an allocation.",
        "GET /allocations/{allocation_id}",
        "GET /nodes/{node_ident}/allocation",
    ),
    base.rule(
        "baremetal:allocation:list",
        base.ANY_READER,
        "List the allocations of one's own project.",
        "GET /allocations",
    ),
    base.rule(
        "baremetal:allocation:list_all",
        base.SYSTEM_READER,
        "List all allocations.",
        "GET /allocations",
    ),
    base.rule(
        "baremetal:allocation:create",
        f"({base.SYSTEM_MEMBER}) or (role:member)",
        "Create allocations for any owner, or for one's own project.",
        "POST /allocations",
    ),
    base.rule(
        "baremetal:allocation:create_restricted",
        base.SYSTEM_MEMBER,
        "Create allocations for any owner.",
        "POST /allocations",
    ),
    base.rule(
        "baremetal:allocation:delete",
        _OWNER_MEMBER,
        "Delete allocations.",
        "DELETE /allocations/{allocation_id}",
        "DELETE /nodes/{node_ident}/allocation",
    ),
    base.rule(
        "baremetal:allocation:update",
        _OWNER_MEMBER,
        "Change allocations.",
        "PATCH /allocations/{allocation_id}",
    ),
    base.rule(
        "baremetal:allocation:create_pre_rbac",
        "(rule:is_member and role:baremetal_admin) or (is_admin_project:True and role:admin)",
        "Not used any more. The rule exists so that old policy files stay valid.",
        "PATCH /allocations/{allocation_id}",
        scopes=("project",),
    ),
)
