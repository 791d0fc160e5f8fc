# SPDX-License-Identifier: Apache-2.0
"""Ports."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.OWNER_OR_LESSEE_READER: {"baremetal:port:get": "See ports."},
        base.ANY_READER: {
            "baremetal:port:list": "List the ports of nodes that one's own project owns or leases."
        },
        base.SYSTEM_READER: {"baremetal:port:list_all": "List all ports."},
        base.SYSTEM_ADMIN_OR_OWNER_MANAGER: {
            "baremetal:port:create": "Create ports.",
            "baremetal:port:delete": "Delete ports.",
        },
        base.OWNER_MANAGER: {"baremetal:port:update": "Change ports."},
    }
)
