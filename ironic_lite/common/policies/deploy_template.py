# SPDX-License-Identifier: Apache-2.0
"""Deploy templates."""

from ironic_lite.common.policies import base

RULES = (
    base.rule(
        "baremetal:deploy_template:get",
        base.SYSTEM_READER,
        "See deploy templates.",
        "GET /deploy_templates",
        "GET /deploy_templates/{deploy_template_ident}",
    ),
    base.rule(
        "baremetal:deploy_template:create",
        base.SYSTEM_ADMIN,
        "Create deploy templates.",
        "POST /deploy_templates",
    ),
    base.rule(
        "baremetal:deploy_template:delete",
        base.SYSTEM_ADMIN,
        "Delete deploy templates.",
        "DELETE /deploy_templates/{deploy_template_ident}",
    ),
    base.rule(
        "baremetal:deploy_template:update",
        base.SYSTEM_ADMIN,
        "Change deploy templates.",
        "PATCH /deploy_templates/{deploy_template_ident}",
    ),
)
