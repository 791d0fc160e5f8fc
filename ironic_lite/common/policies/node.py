# SPDX-License-Identifier: Apache-2.0
"""Nodes: enrolling, seeing, deleting, validation and maintenance."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        "(role:admin and system_scope:all) or (role:service and system_scope:all)": {
            "baremetal:node:create": "Enrol nodes, for any owner."
        },
        "(role:admin) or (role:service)": {
            "baremetal:node:create:self_owned_node": (
                "Enrol nodes that belong to one's own project, unless "
                "[api] project_admin_can_manage_own_nodes says otherwise."
            )
        },
        base.ANY_READER: {
            "baremetal:node:list": "List the nodes that one's own project owns or leases."
        },
        base.SYSTEM_READER: {
            "baremetal:node:list_all": "List all nodes.",
            "baremetal:node:get:filter_threshold": "See all fields of nodes, without the rules of single fields.",
        },
        base.OWNER_OR_LESSEE_READER: {
            "baremetal:node:get": "See a node. For everybody else the node does not exist."
        },
        base.OWNER_READER: {
            "baremetal:node:get:last_error": "See a node's last_error.",
            "baremetal:node:get:reservation": "See which conductor has a node locked.",
            "baremetal:node:get:driver_internal_info": "See a node's driver_internal_info.",
            "baremetal:node:get:driver_info": "See a node's driver_info; its secrets stay hidden.",
        },
        base.SYSTEM_ADMIN: {"baremetal:node:delete": "Delete any node."},
        "role:admin and project_id:%(node.owner)s": {
            "baremetal:node:delete:self_owned_node": (
                "Delete nodes of one's own project, unless "
                "[api] project_admin_can_manage_own_nodes says otherwise."
            )
        },
        base.OWNER_MEMBER_OR_LESSEE_MANAGER: {
            "baremetal:node:validate": "Validate the interfaces of a node.",
            "baremetal:node:set_maintenance": "Put a node into maintenance.",
            "baremetal:node:clear_maintenance": "Take a node out of maintenance.",
        },
    }
)
