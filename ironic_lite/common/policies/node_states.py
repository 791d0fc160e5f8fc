# SPDX-License-Identifier: Apache-2.0
"""The states of a node and its management: reading and changing them."""

from ironic_lite.common import operations
from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.OWNER_MANAGER: {
            "baremetal:node:get_boot_device": "See what a node boots from, and what it could.",
            "baremetal:node:set_boot_device": "Change what a node boots from.",
            "baremetal:node:console:force": "Take the right to type away from others.",
            "baremetal:node:inject_nmi": "Send a non-maskable interrupt.",
        },
        base.OWNER_OR_LESSEE_READER: {
            "baremetal:node:get_indicator_state": "See indicators.",
            "baremetal:node:get_states": "See the states of a node.",
        },
        base.OWNER_MEMBER: {
            "baremetal:node:set_indicator_state": "Switch indicators.",
            "baremetal:node:set_raid_state": "Say which RAID is wanted.",
            "baremetal:node:get_console": "See how to reach the console.",
            "baremetal:node:console:log": "Read the log of the console.",
            "baremetal:node:console:attach": "Watch the console, and type.",
            "baremetal:node:set_console_state": "Switch the console on and off.",
        },
        base.OWNER_OR_LESSEE_MEMBER: {
            "baremetal:node:set_power_state": "Change the power state.",
            "baremetal:node:set_boot_mode": "Change the boot mode.",
            "baremetal:node:set_secure_boot": "Change secure boot.",
        },
        base.OWNER_MEMBER_OR_LESSEE_MANAGER: {
            "baremetal:node:set_provision_state": "Ask for a provision state.",
            **{
                f"baremetal:node:set_provision_state:{name}": argument.rule
                for name, argument in operations.ARGUMENTS.items()
                if argument.rule is not None
            },
        },
    }
)
