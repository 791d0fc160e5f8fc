# SPDX-License-Identifier: Apache-2.0
"""Changing a node: PATCH asks for the rule of each field that it names."""

from ironic_lite.common.policies import base

RULES = (
    *base.rules(
        {
            base.OWNER_MEMBER: {
                "baremetal:node:update:driver_info": "Change driver_info.",
                "baremetal:node:update:properties": "Change properties.",
                "baremetal:node:update:instance_uuid": "Change instance_uuid.",
                "baremetal:node:update:lessee": "Lease a node to a project.",
                "baremetal:node:update:network_data": "Change network_data.",
                "baremetal:node:update:name": "Rename a node.",
                "baremetal:node:update:retired": "Retire a node, or end its retirement.",
            },
            base.SYSTEM_ADMIN: {
                "baremetal:node:update:chassis_uuid": "Move a node to another chassis.",
                "baremetal:node:disable_cleaning": "Disable automated cleaning of a node.",
                "baremetal:node:update:shard": "Change the shard.",
                "baremetal:node:update:disable_power_off": "Change disable_power_off.",
            },
            base.SYSTEM_MEMBER: {
                "baremetal:node:update:owner": "Give a node to a project.",
                "baremetal:node:update:conductor_group": "Move a node to another conductor group.",
                "baremetal:node:update:parent_node": "Change the parent node.",
            },
            base.OWNER_MANAGER: {
                "baremetal:node:update:driver_interfaces": "Change the driver and the hardware interfaces."
            },
            base.OWNER_OR_LESSEE_MEMBER: {
                "baremetal:node:update": "Change fields that have no rule of their own.",
                "baremetal:node:update_extra": "Change extra.",
            },
            base.OWNER_MEMBER_OR_LESSEE_MANAGER: {
                "baremetal:node:update_instance_info": "Change instance_info."
            },
        }
    ),
    *base.rules(
        {
            base.SYSTEM_ADMIN: {
                "baremetal:node:update_owner_provisioned": (
                    "Change the owner while an instance is on the node; "
                    "required in addition to the rule for the owner."
                )
            },
        },
        scopes=base.SYSTEM_ONLY,
    ),
)
