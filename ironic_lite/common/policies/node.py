# SPDX-License-Identifier: Apache-2.0
"""Nodes: enrolling, seeing, deleting, validation and maintenance."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:node:create",
        "(role:admin and system_scope:all) or (role:service and system_scope:all)",
        "Enrol nodes, for any owner.",
        "POST /nodes",
    ),
    base.rule(
        "baremetal:node:create:self_owned_node",
        "(role:admin) or (role:service)",
        "Enrol nodes that belong to one's own project, unless [api] project_admin_can_manage_own_nodes says otherwise.",
        "POST /nodes",
    ),
    base.rule(
        "baremetal:node:list",
        base.ANY_READER,
        "List the nodes that one's own project owns or leases.",
        "GET /nodes",
        "GET /nodes/detail",
        "GET /chassis/{chassis_uuid}/nodes",
        "GET /chassis/{chassis_uuid}/nodes/detail",
    ),
    base.rule(
        "baremetal:node:list_all",
        base.SYSTEM_READER,
        "List all nodes.",
        "GET /nodes",
        "GET /nodes/detail",
        "GET /chassis/{chassis_uuid}/nodes",
        "GET /chassis/{chassis_uuid}/nodes/detail",
    ),
    base.rule(
        "baremetal:node:get",
        base.OWNER_OR_LESSEE_READER,
        "See a node. For everybody else the node does not exist.",
        "GET /nodes/{node_ident}",
        "GET /nodes/{node_ident}/children",
    ),
    base.rule(
        "baremetal:node:get:filter_threshold",
        base.SYSTEM_READER,
        "See all fields of nodes, without the rules of single fields.",
        "GET /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:get:last_error",
        base.OWNER_READER,
        "See a node's last_error.",
        "GET /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:get:reservation",
        base.OWNER_READER,
        "See which conductor has a node locked.",
        "GET /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:get:driver_internal_info",
        base.OWNER_READER,
        "See a node's driver_internal_info.",
        "GET /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:get:driver_info",
        base.OWNER_READER,
        "See a node's driver_info; its secrets stay hidden.",
        "GET /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:delete",
        base.SYSTEM_ADMIN,
        "Delete any node.",
        "DELETE /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:delete:self_owned_node",
        "role:admin and project_id:%(node.owner)s",
        "Delete nodes of one's own project, unless [api] project_admin_can_manage_own_nodes says otherwise.",
        "DELETE /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:validate",
        base.OWNER_MEMBER_OR_LESSEE_MANAGER,
        "Validate the interfaces of a node.",
        "GET /nodes/{node_ident}/validate",
        "GET /nodes/validate",
    ),
    base.rule(
        "baremetal:node:set_maintenance",
        base.OWNER_MEMBER_OR_LESSEE_MANAGER,
        "Put a node into maintenance.",
        "PUT /nodes/{node_ident}/maintenance",
    ),
    base.rule(
        "baremetal:node:clear_maintenance",
        base.OWNER_MEMBER_OR_LESSEE_MANAGER,
        "Take a node out of maintenance.",
        "DELETE /nodes/{node_ident}/maintenance",
    ),
)
