# SPDX-License-Identifier: Apache-2.0
"""Portgroups."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.OWNER_OR_LESSEE_READER: {"baremetal:portgroup:get": "See portgroups."},
        base.SYSTEM_ADMIN_OR_OWNER_MANAGER: {
            "baremetal:portgroup:create": "Create portgroups.",
            "baremetal:portgroup:delete": "Delete portgroups.",
        },
        base.OWNER_MANAGER: {"baremetal:portgroup:update": "Change portgroups."},
        base.ANY_READER: {
            "baremetal:portgroup:list": "List the portgroups of nodes that one's own project owns or leases."
        },
        base.SYSTEM_READER: {"baremetal:portgroup:list_all": "List all portgroups."},
    }
)
