# SPDX-License-Identifier: Apache-2.0
"""Allocations."""

from ironic_lite.common.policies import base

_OWNER = "project_id:%(allocation.owner)s"
_OWNER_MEMBER = f"({base.SYSTEM_MEMBER}) or (role:member and {_OWNER})"

RULES = (
    *base.rules(
        {
            f"({base.SYSTEM_READER}) or (role:reader and {_OWNER})": {
                "baremetal:allocation:get": "See an allocation."
            },
            base.ANY_READER: {
                "baremetal:allocation:list": "List the allocations of one's own project."
            },
            base.SYSTEM_READER: {"baremetal:allocation:list_all": "List all allocations."},
            f"({base.SYSTEM_MEMBER}) or (role:member)": {
                "baremetal:allocation:create": "Create allocations for any owner, or for one's own project."
            },
            base.SYSTEM_MEMBER: {
                "baremetal:allocation:create_restricted": "Create allocations for any owner."
            },
            _OWNER_MEMBER: {
                "baremetal:allocation:delete": "Delete allocations.",
                "baremetal:allocation:update": "Change allocations.",
            },
        }
    ),
    *base.rules(
        {
            "(rule:is_member and role:baremetal_admin) or (is_admin_project:True and role:admin)": {
                "baremetal:allocation:create_pre_rbac": (
                    "Not used any more. The rule exists so that old policy files stay valid."
                )
            },
        },
        scopes=("project",),
    ),
)
