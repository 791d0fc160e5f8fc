# SPDX-License-Identifier: Apache-2.0
"""Chassis."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.SYSTEM_READER: {"baremetal:chassis:get": "See chassis."},
        base.SYSTEM_ADMIN: {
            "baremetal:chassis:create": "Create chassis.",
            "baremetal:chassis:delete": "Delete chassis.",
        },
        base.SYSTEM_MEMBER: {"baremetal:chassis:update": "Change chassis."},
    },
    scopes=base.SYSTEM_ONLY,
)
