# SPDX-License-Identifier: Apache-2.0
"""The runbook: steps for cleaning and servicing that an operator has approved for some nodes."""

from typing import Any

from ironic_lite import objects
from ironic_lite.api import types
from ironic_lite.api.resources.fields import BODY, QUERY, Field, Resource, computed
from ironic_lite.api.steps import StepList
from ironic_lite.common import redaction

TRAITS_SINCE = 112
"""From then on nodes are matched by the runbook's traits; before, by its name, which has to be a trait."""

_BOTH: dict[str, Any] = {"create": True, "update": True}

RUNBOOK = Resource(
    "runbook",
    "runbooks",
    (
        Field(name="uuid", create=True, row=True),
        Field(name="created_at"),
        Field(name="updated_at"),
        Field(name="name", mandatory=True, row=True, **_BOTH),
        Field(name="extra", **_BOTH),
        Field(name="public", write_rule="baremetal:runbook:update:public", **_BOTH),
        Field(name="owner", write_rule="baremetal:runbook:update:owner", **_BOTH),
        Field(name="disable_ramdisk", **_BOTH),
        Field(name="description", since=TRAITS_SINCE, **_BOTH),
        Field(
            name="steps",
            kind=StepList("order", args_needed=False),
            mandatory=True,
            redact=redaction.mask,
            **_BOTH,
        ),
        # One query reads the runbook with its traits; only the routes below /traits change them.
        Field(name="traits", since=TRAITS_SINCE),
        Field(
            name="links",
            kind=types.LINKS,
            columns=("uuid",),
            reader=computed(lambda row, view: view.links(f"runbooks/{row['uuid']}")),
            row=True,
        ),
    ),
    record=objects.Runbook,
    hides=(QUERY, BODY),
)
