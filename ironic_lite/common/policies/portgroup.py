# SPDX-License-Identifier: Apache-2.0
"""Portgroups."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:portgroup:get",
        base.OWNER_OR_LESSEE_READER,
        "See portgroups.",
        "GET /portgroups",
        "GET /portgroups/detail",
        "GET /portgroups/{portgroup_ident}",
        "GET /nodes/{node_ident}/portgroups",
        "GET /nodes/{node_ident}/portgroups/detail",
    ),
    base.rule(
        "baremetal:portgroup:create",
        base.SYSTEM_ADMIN_OR_OWNER_MANAGER,
        "Create portgroups.",
        "POST /portgroups",
    ),
    base.rule(
        "baremetal:portgroup:delete",
        base.SYSTEM_ADMIN_OR_OWNER_MANAGER,
        "Delete portgroups.",
        "DELETE /portgroups/{portgroup_ident}",
    ),
    base.rule(
        "baremetal:portgroup:update",
        base.OWNER_MANAGER,
        "Change portgroups.",
        "PATCH /portgroups/{portgroup_ident}",
    ),
    base.rule(
        "baremetal:portgroup:list",
        base.ANY_READER,
        "List the portgroups of nodes that one's own project owns or leases.",
        "GET /portgroups",
        "GET /portgroups/detail",
    ),
    base.rule(
        "baremetal:portgroup:list_all",
        base.SYSTEM_READER,
        "List all portgroups.",
        "GET /portgroups",
        "GET /portgroups/detail",
    ),
)
