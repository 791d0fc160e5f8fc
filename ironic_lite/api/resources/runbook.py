# SPDX-License-Identifier: Apache-2.0
"""The runbook: steps for cleaning and servicing that an operator has approved for some nodes."""

from ironic_lite import objects
from ironic_lite.api.resources.field import BOTH, Field, links
from ironic_lite.api.resources.resource import BODY, QUERY, Resource
from ironic_lite.api.steps import StepList
from ironic_lite.common import redaction

TRAITS_SINCE = 112
"""From then on nodes are matched by the runbook's traits; before, by its name, which has to be a trait."""


RUNBOOK = Resource(
    "runbook",
    "runbooks",
    (
        Field(name="uuid", create=True, row=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="name", mandatory=True, row=True, **BOTH),
        Field(name="extra", **BOTH),
        Field(name="public", write_rule="baremetal:runbook:update:public", **BOTH),
        Field(name="owner", write_rule="baremetal:runbook:update:owner", **BOTH),
        Field(name="disable_ramdisk", **BOTH),
        Field(name="description", since=TRAITS_SINCE, **BOTH),
        Field(
            name="steps",
            kind=StepList("order", args_needed=False),
            mandatory=True,
            redact=redaction.mask,
            **BOTH,
        ),
        # One query reads the runbook with its traits; only the routes below /traits change them.
        Field(name="traits", since=TRAITS_SINCE),
        links("runbooks"),
    ),
    record=objects.Runbook,
    hides=(QUERY, BODY),
)
