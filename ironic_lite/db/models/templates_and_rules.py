# SPDX-License-Identifier: Apache-2.0
"""Deploy templates, runbooks and inspection rules."""

import sqlalchemy as sa

from ironic_lite.db.encryption.guards import WHOLE
from ironic_lite.db.models.base import NAME, belongs_to, column, identity, table
from ironic_lite.db.types import JSONDict, LongJSONList

DEPLOY_TEMPLATES = table(
    "deploy_templates",
    identity(),
    column("name", NAME, nullable=False, notified=True, unique=True),
    column("steps", LongJSONList, notified=True),
    column("extra", JSONDict, notified=True),
)
"""Deploy steps for instances that require the trait of the template's name."""

RUNBOOKS = table(
    "runbooks",
    identity(),
    column("name", NAME, nullable=False, notified=True, unique=True),
    column("description", NAME, notified=True),
    column("steps", LongJSONList, notified=True),
    column("disable_ramdisk", sa.Boolean, nullable=False, default=False, notified=True),
    column("extra", JSONDict, notified=True),
    column("public", sa.Boolean, nullable=False, default=False, notified=True),
    column("owner", NAME, notified=True, index=True),
)
"""Steps for cleaning and servicing of the nodes that have one of its traits."""

RUNBOOK_TRAITS = table(
    "runbook_traits",
    belongs_to("runbooks", "runbook_id"),
    column("trait", NAME, nullable=False),
    sa.UniqueConstraint("runbook_id", "trait"),
)

INSPECTION_RULES = table(
    "inspection_rules",
    identity(),
    column("description", NAME, notified=True),
    column("phase", sa.String(16), nullable=False, default="main", notified=True),
    column("priority", sa.Integer, nullable=False, default=0, notified=True),
    column("sensitive", sa.Boolean, nullable=False, default=False, notified=True),
    column("conditions", LongJSONList, secret=WHOLE, notified=True),
    column("actions", LongJSONList, secret=WHOLE, notified=True),
)
"""Actions on a node whose inspection data meets the conditions."""
