# SPDX-License-Identifier: Apache-2.0
"""Ports."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:port:get",
        base.OWNER_OR_LESSEE_READER,
        "See ports.",
        "GET /ports/{port_id}",
        "GET /nodes/{node_ident}/ports",
        "GET /nodes/{node_ident}/ports/detail",
        "GET /portgroups/{portgroup_ident}/ports",
        "GET /portgroups/{portgroup_ident}/ports/detail",
    ),
    base.rule(
        "baremetal:port:list",
        base.ANY_READER,
        "List the ports of nodes that one's own project owns or leases.",
        "GET /ports",
        "GET /ports/detail",
    ),
    base.rule(
        "baremetal:port:list_all",
        base.SYSTEM_READER,
        "List all ports.",
        "GET /ports",
        "GET /ports/detail",
    ),
    base.rule(
        "baremetal:port:create",
        base.SYSTEM_ADMIN_OR_OWNER_MANAGER,
        "Create ports.",
        "POST /ports",
    ),
    base.rule(
        "baremetal:port:delete",
        base.SYSTEM_ADMIN_OR_OWNER_MANAGER,
        "Delete ports.",
        "DELETE /ports/{port_id}",
    ),
    base.rule(
        "baremetal:port:update",
        base.OWNER_MANAGER,
        "Change ports.",
        "PATCH /ports/{port_id}",
    ),
)
