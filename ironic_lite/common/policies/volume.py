# SPDX-License-Identifier: Apache-2.0
"""Volume connectors and targets."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.SYSTEM_READER: {"baremetal:volume:list_all": "List the volumes of all nodes."},
        base.ANY_READER: {
            "baremetal:volume:list": "List the volumes of nodes that one's own project owns or leases."
        },
        base.OWNER_OR_LESSEE_READER: {"baremetal:volume:get": "See volume connectors and targets."},
        base.OWNER_OR_LESSEE_MANAGER: {
            "baremetal:volume:create": "Create volume connectors and targets.",
            "baremetal:volume:delete": "Delete volume connectors and targets.",
        },
        base.OWNER_MEMBER_OR_LESSEE_MANAGER: {
            "baremetal:volume:update": "Change volume connectors and targets."
        },
        f"({base.SYSTEM_READER}) or (role:admin)": {
            "baremetal:volume:view_target_properties": "See the properties of targets, which may hold credentials."
        },
    }
)
