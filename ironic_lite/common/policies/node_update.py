# SPDX-License-Identifier: Apache-2.0
"""Changing a node: PATCH asks for the rule of each field that it names."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:node:update:driver_info",
        base.OWNER_MEMBER,
        "Change driver_info.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:properties",
        base.OWNER_MEMBER,
        "Change properties.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:chassis_uuid",
        base.SYSTEM_ADMIN,
        "Move a node to another chassis.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:instance_uuid",
        base.OWNER_MEMBER,
        "Change instance_uuid.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:lessee",
        base.OWNER_MEMBER,
        "Lease a node to a project.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:owner",
        base.SYSTEM_MEMBER,
        "Give a node to a project.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:driver_interfaces",
        base.OWNER_MANAGER,
        "Change the driver and the hardware interfaces.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:network_data",
        base.OWNER_MEMBER,
        "Change network_data.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:conductor_group",
        base.SYSTEM_MEMBER,
        "Move a node to another conductor group.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:name",
        base.OWNER_MEMBER,
        "Rename a node.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:retired",
        base.OWNER_MEMBER,
        "Retire a node, or end its retirement.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update",
        base.OWNER_OR_LESSEE_MEMBER,
        "Change fields that have no rule of their own.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update_extra",
        base.OWNER_OR_LESSEE_MEMBER,
        "Change extra.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update_instance_info",
        base.OWNER_MEMBER_OR_LESSEE_MANAGER,
        "Change instance_info.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update_owner_provisioned",
        base.SYSTEM_ADMIN,
        "Change the owner while an instance is on the node; required in addition to the rule for the owner.",
        "PATCH /nodes/{node_ident}",
        scopes=base.SYSTEM_ONLY,
    ),
    base.rule(
        "baremetal:node:disable_cleaning",
        base.SYSTEM_ADMIN,
        "Disable automated cleaning of a node.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:shard",
        base.SYSTEM_ADMIN,
        "Change the shard.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:parent_node",
        base.SYSTEM_MEMBER,
        "Change the parent node.",
        "PATCH /nodes/{node_ident}",
    ),
    base.rule(
        "baremetal:node:update:disable_power_off",
        base.SYSTEM_ADMIN,
        "Change disable_power_off.",
        "PATCH /nodes/{node_ident}",
    ),
)
