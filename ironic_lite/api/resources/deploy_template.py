# SPDX-License-Identifier: Apache-2.0
"""The deploy template: deploy steps for instances that ask for the trait of the template's name."""

from ironic_lite import objects
from ironic_lite.api.resources.field import Field, links
from ironic_lite.api.resources.resource import Resource
from ironic_lite.api.steps import StepList
from ironic_lite.api.traits import TRAIT
from ironic_lite.common import redaction

DEPLOY_TEMPLATE = Resource(
    "template",
    "deploy_templates",
    (
        Field(name="uuid", create=True, row=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="name", kind=TRAIT, create=True, update=True, mandatory=True, row=True),
        Field(name="extra", create=True, update=True),
        Field(
            name="steps",
            kind=StepList("priority", args_needed=True),
            create=True,
            update=True,
            mandatory=True,
            redact=redaction.mask,
        ),
        links("deploy_templates"),
    ),
    record=objects.DeployTemplate,
)
