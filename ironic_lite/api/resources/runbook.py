# SPDX-License-Identifier: Apache-2.0
"""The runbook: steps for cleaning and servicing that an operator has approved for some nodes."""

from typing import Any

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
        Field(name="uuid", kind=types.UUID, create=True, row=True),
        Field(name="created_at", kind=types.CREATED),
        Field(name="updated_at", kind=types.MOMENT),
        Field(name="name", kind=types.TEXT, mandatory=True, row=True, **_BOTH),
        Field(name="extra", kind=types.OBJECT, default={}, sort=False, **_BOTH),
        Field(
            name="public",
            kind=types.BOOLEAN,
            default=False,
            write_rule="baremetal:runbook:update:public",
            **_BOTH,
        ),
        Field(name="owner", kind=types.TEXT, write_rule="baremetal:runbook:update:owner", **_BOTH),
        Field(name="disable_ramdisk", kind=types.BOOLEAN, default=False, **_BOTH),
        Field(name="description", kind=types.TEXT, since=TRAITS_SINCE, **_BOTH),
        Field(
            name="steps",
            kind=StepList("order", args_needed=False),
            mandatory=True,
            sort=False,
            redact=redaction.mask,
            **_BOTH,
        ),
        # Read with the runbook in one query, and written by a route of their own.
        Field(name="traits", kind=types.WORDS, since=TRAITS_SINCE, sort=False),
        Field(
            name="links",
            kind=types.LINKS,
            columns=("uuid",),
            reader=computed(lambda row, view: view.links(f"runbooks/{row['uuid']}")),
            row=True,
        ),
    ),
    hides=(QUERY, BODY),
)
