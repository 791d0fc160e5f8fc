# SPDX-License-Identifier: Apache-2.0
"""The states of a node and its management: reading and changing them."""

from ironic_lite.common import operations
from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:node:get_boot_device",
        base.OWNER_MANAGER,
        "See what a node boots from, and what it could.",
        "GET /nodes/{node_ident}/management/boot_device",
        "GET /nodes/{node_ident}/management/boot_device/supported",
    ),
    base.rule(
        "baremetal:node:set_boot_device",
        base.OWNER_MANAGER,
        "Change what a node boots from.",
        "PUT /nodes/{node_ident}/management/boot_device",
    ),
    base.rule(
        "baremetal:node:get_indicator_state",
        base.OWNER_OR_LESSEE_READER,
        "See indicators.",
        "GET /nodes/{node_ident}/management/indicators/{indicator}",
        "GET /nodes/{node_ident}/management/indicators",
    ),
    base.rule(
        "baremetal:node:set_indicator_state",
        base.OWNER_MEMBER,
        "Switch indicators.",
        "PUT /nodes/{node_ident}/management/indicators/{indicator}",
    ),
    base.rule(
        "baremetal:node:inject_nmi",
        base.OWNER_MANAGER,
        "Send a non-maskable interrupt.",
        "PUT /nodes/{node_ident}/management/inject_nmi",
    ),
    base.rule(
        "baremetal:node:get_states",
        base.OWNER_OR_LESSEE_READER,
        "See the states of a node.",
        "GET /nodes/{node_ident}/states",
    ),
    base.rule(
        "baremetal:node:set_power_state",
        base.OWNER_OR_LESSEE_MEMBER,
        "Change the power state.",
        "PUT /nodes/{node_ident}/states/power",
    ),
    base.rule(
        "baremetal:node:set_boot_mode",
        base.OWNER_OR_LESSEE_MEMBER,
        "Change the boot mode.",
        "PUT /nodes/{node_ident}/states/boot_mode",
    ),
    base.rule(
        "baremetal:node:set_secure_boot",
        base.OWNER_OR_LESSEE_MEMBER,
        "Change secure boot.",
        "PUT /nodes/{node_ident}/states/secure_boot",
    ),
    base.rule(
        "baremetal:node:set_provision_state",
        base.OWNER_MEMBER_OR_LESSEE_MANAGER,
        "Ask for a provision state.",
        "PUT /nodes/{node_ident}/states/provision",
    ),
    *(
        base.rule(
            f"baremetal:node:set_provision_state:{name}",
            base.OWNER_MEMBER_OR_LESSEE_MANAGER,
            argument.rule,
            "PUT /nodes/{node_ident}/states/provision",
        )
        for name, argument in operations.ARGUMENTS.items()
        if argument.rule is not None
    ),
    base.rule(
        "baremetal:node:set_raid_state",
        base.OWNER_MEMBER,
        "Say which RAID is wanted.",
        "PUT /nodes/{node_ident}/states/raid",
    ),
    base.rule(
        "baremetal:node:get_console",
        base.OWNER_MEMBER,
        "See how to reach the console.",
        "GET /nodes/{node_ident}/states/console",
    ),
    base.rule(
        "baremetal:node:set_console_state",
        base.OWNER_MEMBER,
        "Switch the console on and off.",
        "PUT /nodes/{node_ident}/states/console",
    ),
)
