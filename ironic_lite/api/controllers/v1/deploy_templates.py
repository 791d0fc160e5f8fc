# SPDX-License-Identifier: Apache-2.0
"""Deploy templates."""

from ironic_lite.api.controllers.v1.records import Records
from ironic_lite.api.resources.deploy_template import DEPLOY_TEMPLATE
from ironic_lite.objects.templates_and_rules import DeployTemplate

RECORDS = Records(
    DEPLOY_TEMPLATE,
    DeployTemplate,
    rules="deploy_template",
    variable="template",
    ident="template_ident",
)
