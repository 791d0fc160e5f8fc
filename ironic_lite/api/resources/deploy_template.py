# SPDX-License-Identifier: Apache-2.0
"""The deploy template: deploy steps for instances that ask for the trait of the template's name."""

from ironic_lite.api import types
from ironic_lite.api.resources.fields import Field, Resource, computed
from ironic_lite.api.steps import StepList
from ironic_lite.api.traits import TRAIT
from ironic_lite.common import redaction

DEPLOY_TEMPLATE = Resource(
    "template",
    "deploy_templates",
    (
        Field(name="uuid", kind=types.UUID, create=True, row=True),
        Field(name="created_at", kind=types.CREATED),
        Field(name="updated_at", kind=types.MOMENT),
        Field(name="name", kind=TRAIT, create=True, update=True, mandatory=True, row=True),
        Field(name="extra", kind=types.OBJECT, create=True, update=True, default={}, sort=False),
        Field(
            name="steps",
            kind=StepList("priority", args_needed=True),
            create=True,
            update=True,
            mandatory=True,
            sort=False,
            redact=redaction.mask,
        ),
        Field(
            name="links",
            kind=types.LINKS,
            columns=("uuid",),
            reader=computed(lambda row, view: view.links(f"deploy_templates/{row['uuid']}")),
            row=True,
        ),
    ),
)
