# SPDX-License-Identifier: Apache-2.0
"""Inspection rules."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.SYSTEM_READER: {
            "baremetal:inspection_rule:get": "See inspection rules.",
            "baremetal:inspection_rule:list_all": "List inspection rules.",
        },
        base.SYSTEM_ADMIN: {
            "baremetal:inspection_rule:create": "Create inspection rules.",
            "baremetal:inspection_rule:update": "Change inspection rules.",
            "baremetal:inspection_rule:delete": "Delete inspection rules.",
        },
    }
)
