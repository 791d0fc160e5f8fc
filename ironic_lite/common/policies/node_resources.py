# SPDX-License-Identifier: Apache-2.0
"""Resources of a node: virtual interfaces, traits, BIOS settings, history, media."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.OWNER_OR_LESSEE_READER: {
            "baremetal:node:vif:list": "List the virtual interfaces attached to a node.",
            "baremetal:node:traits:list": "See the traits of a node.",
            "baremetal:node:bios:get": "See BIOS settings.",
            "baremetal:node:firmware:get": "See firmware components.",
            "baremetal:node:vmedia:get": "See attached virtual media.",
        },
        base.OWNER_MEMBER_OR_LESSEE_MANAGER: {
            "baremetal:node:vif:attach": "Attach a virtual interface.",
            "baremetal:node:vif:detach": "Detach a virtual interface.",
        },
        base.OWNER_MANAGER: {
            "baremetal:node:traits:set": "Set traits.",
            "baremetal:node:traits:delete": "Delete traits.",
        },
        base.OWNER_READER: {
            "baremetal:node:history:get": "See the history of a node.",
            "baremetal:node:timeline:get": "See the journal of a node, and the explanation of its state.",
            "baremetal:node:plan:get": "See the plan of an operation.",
            "baremetal:node:inventory:get": "See the data of the last inspection.",
        },
        base.OWNER_OR_LESSEE_MEMBER: {
            "baremetal:node:vmedia:attach": "Attach virtual media.",
            "baremetal:node:vmedia:detach": "Detach virtual media.",
        },
        base.SYSTEM_MEMBER: {
            "baremetal:node:logs:get": "See the logs of ramdisks, which may hold secrets."
        },
        base.SYSTEM_ADMIN: {"baremetal:node:vendor_passthru": "Call vendor methods of a node."},
    }
)
