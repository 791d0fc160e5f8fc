# SPDX-License-Identifier: Apache-2.0
"""Deploy templates."""

from ironic_lite.common.policies import base

RULES = base.rules(
    {
        base.SYSTEM_READER: {"baremetal:deploy_template:get": "See deploy templates."},
        base.SYSTEM_ADMIN: {
            "baremetal:deploy_template:create": "Create deploy templates.",
            "baremetal:deploy_template:delete": "Delete deploy templates.",
            "baremetal:deploy_template:update": "Change deploy templates.",
        },
    }
)
