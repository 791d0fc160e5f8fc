# SPDX-License-Identifier: Apache-2.0
"""What operators prepare for their nodes: deploy templates, runbooks, inspection rules."""

import sqlalchemy as sa

from ironic_lite.db.models.base import NAME, UUID, belongs_to, table
from ironic_lite.db.types import JSONDict, LongJSONList

DEPLOY_TEMPLATES = table(
    "deploy_templates",
    sa.Column("uuid", UUID, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("steps", LongJSONList),
    sa.Column("extra", JSONDict),
    sa.UniqueConstraint("uuid", name="uniq_deploy_templates_uuid"),
    sa.UniqueConstraint("name", name="uniq_deploy_templates_name"),
)
"""Deploy steps for instances that ask for the trait of the template's name."""

RUNBOOKS = table(
    "runbooks",
    sa.Column("uuid", UUID, nullable=False),
    sa.Column("name", NAME, nullable=False),
    sa.Column("description", NAME),
    sa.Column("steps", LongJSONList),
    sa.Column("disable_ramdisk", sa.Boolean, nullable=False),
    sa.Column("extra", JSONDict),
    sa.Column("public", sa.Boolean, nullable=False),
    sa.Column("owner", NAME),
    sa.UniqueConstraint("uuid", name="uniq_runbooks_uuid"),
    sa.UniqueConstraint("name", name="uniq_runbooks_name"),
    sa.Index("ix_runbooks_owner", "owner"),
)
"""Steps for cleaning and servicing, for the nodes that have one of its traits."""

RUNBOOK_TRAITS = table(
    "runbook_traits",
    belongs_to("runbooks", "runbook_id", of="runbook_traits"),
    sa.Column("trait", NAME, nullable=False),
    sa.UniqueConstraint("runbook_id", "trait", name="uniq_runbook_traits_runbook_id_trait"),
)

INSPECTION_RULES = table(
    "inspection_rules",
    sa.Column("uuid", UUID, nullable=False),
    sa.Column("description", NAME),
    sa.Column("phase", sa.String(16), nullable=False),
    sa.Column("priority", sa.Integer, nullable=False),
    sa.Column("sensitive", sa.Boolean, nullable=False),
    sa.Column("conditions", LongJSONList),
    sa.Column("actions", LongJSONList),
    sa.UniqueConstraint("uuid", name="uniq_inspection_rules_uuid"),
)
"""What to do with a node when its inspection found what the conditions describe."""
